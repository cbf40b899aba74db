"""A log cut into blocks of whole lines, whatever the sizes of the chunks it comes in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["BLOCK", "OVERLAP", "Block", "blocks"]

BLOCK = 64 * 1024
OVERLAP = 4 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, each with its line feed but perhaps the last of the file; or a window of one long line.

    A window has no line feed. `opens` and `closes` say whether the line begins and ends in this block.
    """

    data: bytes
    opens: bool = True
    closes: bool = True

    @property
    def whole(self) -> bool:
        return self.opens and self.closes


def blocks(chunks: Iterable[bytes], size: int = BLOCK, overlap: int = OVERLAP) -> Iterator[Block]:
    """Blocks of at most `size` bytes (and a line feed); a line longer than `size` comes in overlapping windows."""
    rest, inside = b"", False
    for data, last in _gathered(chunks, size):
        buffer, at = rest + data, 0
        while len(buffer) - at > size or (last and at < len(buffer)):
            block, at = _next(buffer, at, size, overlap, inside)
            inside = not block.closes
            yield block
        rest = buffer[at:]


def _gathered(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Chunks joined until they are worth cutting, each with whether it is the last."""
    parts: list[bytes] = []
    held = 0
    for chunk in chunks:
        parts.append(chunk)
        held += len(chunk)
        if held > size:
            yield b"".join(parts), False
            parts, held = [], 0
    yield b"".join(parts), True


def _next(buffer: bytes, at: int, size: int, overlap: int, inside: bool) -> tuple[Block, int]:
    """The block that begins at `at`, and where the next one begins; `inside` a long line that is a window."""
    if not inside:
        if len(buffer) - at <= size:
            return Block(buffer[at:]), len(buffer)
        cut = buffer.rfind(b"\n", at, at + size + 1)
        if cut >= 0:
            return Block(buffer[at : cut + 1]), cut + 1
        return Block(buffer[at : at + size], closes=False), at + size - overlap
    end = buffer.find(b"\n", at, at + size + 1)
    if end >= 0:
        return Block(buffer[at:end], opens=False), end + 1
    if len(buffer) - at <= size:
        return Block(buffer[at:], opens=False), len(buffer)
    return Block(buffer[at : at + size], opens=False, closes=False), at + size - overlap

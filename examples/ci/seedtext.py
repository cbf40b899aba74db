"""Lines of log made from seeds: `<<n:1-9>>` and the like in a template become text, by a random source that is fixed.

`<<n:LOW-HIGH>>` a whole number, `<<f:LOW-HIGH>>` with two decimals, `<<hex:LENGTH>>`, `<<uuid>>`, `<<pick:LIST>>` one
of a list in words.yaml; anything else is a name that the caller gives. `<ESC>`, `<NUL>` and `<CR>` are
those characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random

import yaml
from examples.ci.plan import HERE
from pydantic import TypeAdapter

__all__ = ["SEEDS", "Noise", "fill", "seed_lines"]

SEEDS = HERE / "seeds"
POOL = 1200
"""How many different lines a noise is drawn from: making each line anew would take minutes."""

_PLACE = re.compile(r"<<(\w+)(?::([^<>]*))?>>")
_CHARACTERS = {"<ESC>": "\x1b", "<NUL>": "\0", "<CR>": "\r"}
_WORDS = TypeAdapter(dict[str, list[str]])

Maker = Callable[[Random, Mapping[str, str]], str]


@cache
def _words() -> dict[str, list[str]]:
    return _WORDS.validate_python(yaml.safe_load((SEEDS / "words.yaml").read_text(encoding="utf-8")))


@cache
def seed_lines(path: Path) -> tuple[str, ...]:
    """The lines of a seed file, with the characters that a text file cannot well hold put in."""
    text = path.read_text(encoding="utf-8")
    for name, character in _CHARACTERS.items():
        text = text.replace(name, character)
    return tuple(text.removesuffix("\n").split("\n"))


def _number(argument: str) -> Maker:
    low, high = map(int, argument.split("-"))
    return lambda rng, _: str(low + int(rng.random() * (high - low + 1)))


def _decimal(argument: str) -> Maker:
    low, high = map(float, argument.split("-"))
    return lambda rng, _: f"{low + rng.random() * (high - low):.2f}"


def _hexadecimal(argument: str) -> Maker:
    length = int(argument)
    return lambda rng, _: f"{rng.getrandbits(4 * length):0{length}x}"


def _word(argument: str) -> Maker:
    words = _words()[argument]
    return lambda rng, _: words[int(rng.random() * len(words))]


def _uuid(_argument: str) -> Maker:
    def make(rng: Random, _: Mapping[str, str]) -> str:
        text = f"{rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    return make


_MAKERS: dict[str, Callable[[str], Maker]] = {
    "n": _number,
    "f": _decimal,
    "hex": _hexadecimal,
    "pick": _word,
    "uuid": _uuid,
}


class Template:
    """One line with places to fill."""

    def __init__(self, text: str) -> None:
        pieces = _PLACE.split(text)  # text, name, argument, text, name, argument, ..., text
        self._texts = pieces[::3]
        self._makers = [self._maker(name, argument) for name, argument in zip(pieces[1::3], pieces[2::3], strict=True)]

    @staticmethod
    def _maker(name: str, argument: str | None) -> Maker:
        if name in _MAKERS:
            return _MAKERS[name](argument or "")
        return lambda _, names: names[name]

    def fill(self, rng: Random, names: Mapping[str, str]) -> str:
        """The line with every place filled. Raises KeyError for a name that is not given."""
        filled = [self._texts[0]]
        for maker, text in zip(self._makers, self._texts[1:], strict=True):
            filled += (maker(rng, names), text)
        return "".join(filled)


@cache
def _template(line: str) -> Template:
    return Template(line)


def fill(line: str, rng: Random, names: Mapping[str, str]) -> str:
    """One seed line, filled."""
    return _template(line).fill(rng, names)


class Noise:
    """Endless harmless lines in the manner of one tool."""

    PROGRESS = "\x01"
    STAMP = "\x02"

    def __init__(self, name: str, rng: Random, names: Mapping[str, str]) -> None:
        self._rng = rng
        lines = seed_lines(SEEDS / "noise" / f"{name}.txt")
        known = {**names, "progress": self.PROGRESS, "stamp": self.STAMP}
        self._pool: Sequence[str] = [fill(lines[int(rng.random() * len(lines))], rng, known) for _ in range(POOL)]
        self._marked = any("<<progress>>" in line for line in lines)

    def lines(self, count: int) -> Iterator[str]:
        """`count` lines; a progress in them runs from 0 to 100, a time stamp stays a mark for the caller."""
        random, pool = self._rng.random, self._pool
        for number in range(count):
            line = pool[int(random() * POOL)]
            yield line.replace(self.PROGRESS, f"{100 * (number + 1) // count:3d}") if self._marked else line

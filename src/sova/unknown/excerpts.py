"""Suspicious lines of a failure that no pattern explains: what a person would scroll to first."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

from sova.model import Excerpt

__all__ = ["error_like", "excerpts"]

BEFORE, AFTER, TAIL = 12, 4, 20
_LONGEST = 2000  # characters of one line that are worth showing
_ERROR = re.compile(
    rb"\b(?:error|errors|fail|failed|failure|fatal|critical|severe|exception|traceback|panic(?:ked)?|abort(?:ed)?|"
    rb"denied|refused|unreachable|segmentation fault|core dumped|killed|timed out|not found)\b|"
    rb"RESULT_(?:TIMED_OUT|UNREACHABLE|DISK_FULL|FAILURE)\b|"  # Zuul's words at the end of a playbook
    rb"(?-i:[A-Za-z](?:Error|Exception)\b)",  # TypeError, and not liberror-perl
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    rb"\b(?:0|no) (?:errors?|fail(?:ed|ures?)|tests? failed)\b|\bfail(?:ed|ures?)[=:] ?0\b|\berrors?[=:] ?0\b|"
    rb"continue-on-error|fail-fast|if-no-files-found|"
    rb"(?:\.\.\.|::\S+) (?:ok|passed)\b",  # a test that passed, whatever it is called
    re.IGNORECASE,
)
# Where a CI system starts to clean up: what it prints from there on is rarely the reason.
_POST_RUN = re.compile(
    rb"POST-RUN START|CLEANUP-RUN START|Post job cleanup\.|section_start:\d+:(?:after_script|cleanup_file_variables|"
    rb"upload_artifacts_on_failure)|\[SCP\] Copying console log|Recording test results|Archiving artifacts"
)


def error_like(line: bytes) -> bool:
    """Whether a person who looks for the reason of a failure would stop at this line."""
    return _ERROR.search(line) is not None and not _HARMLESS.search(line)


def excerpts(chunks: Iterable[bytes], file: str) -> tuple[Excerpt, ...]:
    """The lines around the last error-like line before the clean-up began, and the last 20 lines of the log.

    One pass, bounded memory. An empty log has none; when both overlap, one excerpt holds both. A log without an
    error-like line has only its end, with score 0.
    """
    tail: deque[tuple[int, bytes]] = deque(maxlen=TAIL)
    before: deque[tuple[int, bytes]] = deque(maxlen=BEFORE)
    around: list[tuple[int, bytes]] = []
    wanted_after = 0
    cleaning = False
    for number, line in enumerate(_lines(chunks), 1):
        tail.append((number, line))
        cleaning = cleaning or _POST_RUN.search(line) is not None
        if not cleaning and error_like(line):
            around, wanted_after = [*before, (number, line)], AFTER
        elif wanted_after:
            around.append((number, line))
            wanted_after -= 1
        before.append((number, line))
    end = _excerpt(list(tail), file, 0.0, f"the last {len(tail)} lines")
    if not around:
        return (end,) if tail else ()
    if around[-1][0] >= tail[0][0]:
        whole = {**dict(around), **dict(tail)}
        return (_excerpt(sorted(whole.items()), file, 1.0, "the last error-like line, and the end of the log"),)
    return (_excerpt(around, file, 1.0, "around the last error-like line before the clean-up"), end)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their end, each cut to what can be shown."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line[: _LONGEST * 4] for line in lines)
        rest = rest[: _LONGEST * 4]
    if rest:
        yield rest


def _excerpt(numbered: list[tuple[int, bytes]], file: str, score: float, why: str) -> Excerpt:
    texts = tuple(line.rstrip(b"\r").decode("utf-8", "replace")[:_LONGEST] for _, line in numbered)
    first, last = (numbered[0][0], numbered[-1][0]) if numbered else (0, 0)
    return Excerpt(file, first, last, texts, score, why)

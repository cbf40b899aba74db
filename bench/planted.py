"""Logs in which a rule of the seed is planted at the places where a search by blocks could lose it."""

from __future__ import annotations

import random
import re
import string

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bench.seed_rules import Rule

BLOCK = 64 * 1024
LONG = 70 * 1024
_WORDS = (
    "ok:",
    "changed",
    "[node-1]",
    "TASK",
    "included:",
    "2024-01-01",
    "00:00:01.123456",
    "|",
    "{",
    "}",
    "rc=0",
    "=>",
)
_TEXT = "".join(set(string.printable) - set("\n\r\x0b\x0c"))


def samples(rule: Rule, count: int) -> list[str]:
    """Texts in ASCII that a rule's pattern finds, always the same ones."""
    if isinstance(rule.pattern, str):
        return [rule.pattern] * count
    found: list[str] = []

    @seed(rule.number)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.from_regex(re.compile(rule.pattern.pattern), alphabet=st.sampled_from(_TEXT)))
    def gather(text: str) -> None:
        found.append(text.replace("\n", ""))

    gather()
    fitting = [text for text in found if rule.matches(text)]
    return (fitting * count)[:count]


def filler(size: int, random_: random.Random) -> bytes:
    """One line of so many bytes with its line feed, in which no rule is meant to be found."""
    text = b""
    while len(text) < size:
        text += random_.choice(_WORDS).encode() + b" "
    return text[: size - 1] + b"\n"


def planted_log(rule: Rule, line: int = 1500) -> tuple[bytes, int]:
    """A log and how often the rule was planted in it: on the first and the last line of the file and of a block, with
    CR LF, beside invalid UTF-8, and in lines of 70 KB at the start, in the middle, over the edge of a window and at the
    end. Where the next line matters, the rule is there twice more, both times before a line that speaks against it."""
    random_ = random.Random(rule.number)
    first, end, start, crlf, bad, *long, last = (text.encode() for text in samples(rule, 10))
    log = first + b"\n"
    while len(log) + 2 * line + len(end) < BLOCK:
        log += filler(line, random_)
    log += filler(BLOCK - len(end) - len(log), random_) + end + b"\n"  # its line feed is the last byte of a block
    log += start + b"\n" + filler(line, random_) + crlf + b"\r\n" + bad + b" \xff\xfe\x80\n"
    for at, text in zip((0, LONG // 2, BLOCK - 3, LONG), long, strict=True):
        padding = filler(LONG, random_)[:-1]
        log += padding[:at] + text + b" " + padding[at:] + b"\n"
    if rule.follows:
        log += (bad + b"\n..." + rule.follows.encode() + b"\n") * 2
    return log + filler(line, random_) + last, 10

"""Patterns and logs for differential tests: every construct on which hyperscan and `re` are known to differ.

Each case tells which rows of the table of differences it holds, so that a run can say how often each occurred.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import assume
from hypothesis import strategies as st

from sova.model import Match, Pattern
from sova.patterns.literals import required_literals
from sova.patterns.regexes import compiled, faults, needs_timeout

ROWS = (
    r"\A", r"\Z", "^", "$", "^ after prefix", "^ inside", r"\b", r"\B",
    "a{,2}", "a{,}", "a{2}", "a{1,}", "a{1,3}", "lazy", "possessive", "atomic",
    "lookahead", "negative lookahead", "lookbehind", "negative lookbehind",
    "back-reference", "named back-reference", "conditional", "named group", "alternation",
    "alternation at the top", "empty alternative",
    "(?i)", "(?s)", "(?m)", "(?a)", "(?i:)", "(?-i:)", "comment",
    "dot", "class", "negated class", "set", "negated set", "odd set", "escape", "octal", r"\v", "literal brace",
    "non-ASCII literal", "text", "exclude", "not_followed_by", "time limit", "time limit by length", "raw", "message",
    "ANSI", "CR LF", "CR inside", "NUL", "invalid UTF-8", "long line", "prefix", "BOM",
    "no final newline", "empty line",
    "one literal", "several literals", "literal in any case", "no literal",
    "block edge", "not followed across an edge", "without hyperscan", "real block size",
)  # fmt: skip
"""What has to occur in a run, and occur in a pattern or a log with hits."""

SHORT = 14
"""Bytes of a line on which `re` soon has tried all the ways of an expression that needs a time limit."""

REFUSED_ROWS = ("[[:alpha:]]", "(?x)", "repeat over 32,000", "matches the empty string", "non-ASCII set", "(?L)")
"""What the loader has to refuse."""


@dataclass(frozen=True, slots=True)
class Case:
    """Patterns, a log in chunks, and the sizes to search it with. `rows` has those of each pattern and of the log."""

    patterns: tuple[Pattern, ...]
    pattern_rows: tuple[frozenset[str], ...]
    log: bytes
    log_rows: frozenset[str]
    chunks: tuple[bytes, ...]
    block: int
    overlap: int
    hyperscan: bool
    long: int


@dataclass(slots=True)
class _Writer:
    """Writes one expression together with bytes that it may match."""

    draw: st.DrawFn
    rows: set[str] = field(default_factory=set)
    groups: list[bytes] = field(default_factory=list)
    names: list[tuple[str, bytes]] = field(default_factory=list)

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def count(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def sequence(self, depth: int) -> tuple[str, bytes]:
        parts = [self.item(depth) for _ in range(self.count(1, 4))]
        return "".join(text for text, _ in parts), b"".join(sample for _, sample in parts)

    def item(self, depth: int) -> tuple[str, bytes]:
        kind = self.pick(
            *("literal",) * 5, "leaf", "leaf", "anchor", "repeat", "repeat", "repeat", "rare",
            *(("group", "group", "look", "alternatives") if depth else ()),
        )  # fmt: skip
        deeds: dict[str, Callable[[], tuple[str, bytes]]] = {
            "literal": self.literal,
            "leaf": self.leaf,
            "anchor": self.anchor,
            "rare": self.rare,
            "repeat": lambda: self.repeat(depth),
            "group": lambda: self.group(depth - 1),
            "look": self.look,
            "alternatives": lambda: self.alternatives(depth - 1),
        }
        return deeds[kind]()

    def literal(self) -> tuple[str, bytes]:
        text = self.pick(
            "a",
            "b",
            "B",
            "1",
            "_",
            " ",
            "-",
            ":",
            "ab",
            "é",
            "{",
            "}",
            "]",
            "a{x}",
            "a{,b",
            "E ",
            "Error: ",
            "fatal",
            "a-b",
        )
        if text == "é":
            self.rows.add("non-ASCII literal")
        if set(text) & set("{}"):
            self.rows.add("literal brace")
        return text, text.encode()

    def leaf(self) -> tuple[str, bytes]:
        row, options = self.draw(st.sampled_from(_LEAVES))
        self.rows.add(row)
        text = self.pick(*options)
        matching = [byte for byte in _BYTES if re.fullmatch(text.encode(), byte)][:12]
        return text, self.draw(st.sampled_from(matching))

    def anchor(self) -> tuple[str, bytes]:
        text = self.pick("^", "$", r"\A", r"\Z", r"\b", r"\B", "^", "$")
        self.rows.add(text)
        return text, b""

    def repeat(self, depth: int) -> tuple[str, bytes]:
        text, sample = self.draw(st.sampled_from((self.literal, self.leaf)))() if depth < 1 else self.group(depth - 1)
        if len(text) > 1 and text[0] not in "\\[(":
            text = f"(?:{text})"
        low, high, row = self.draw(st.sampled_from(_REPEATS))
        suffix = self.pick("", "", "?", "+")
        self.rows.update({row, {"?": "lazy", "+": "possessive"}.get(suffix, row)} - {""})
        times = self.count(low, high)
        return f"{text}{self.pick(*_WRITTEN[row, low])}{suffix}", sample * times

    def group(self, depth: int) -> tuple[str, bytes]:
        opening = self.pick("(", "(", "(?:", "(?>", "(?P<", "(?i:", "(?-i:", "(?s:")
        if opening == "(?>":
            self.rows.add("atomic")
        if opening in ("(?i:", "(?-i:"):
            self.rows.add(opening + ")")
        text, sample = self.sequence(depth)
        if opening == "(?P<":
            self.rows.add("named group")
            opening = f"(?P<n{len(self.groups)}>"
            self.names.append((f"n{len(self.groups)}", sample))
        return f"{opening}{text})", sample

    def alternatives(self, depth: int) -> tuple[str, bytes]:
        branches = [self.sequence(depth) for _ in range(self.count(2, 3))]
        self.rows.add("alternation")
        if self.count(0, 3) == 0:
            self.rows.add("empty alternative")
            branches.append(("", b""))
        return "(?:" + "|".join(text for text, _ in branches) + ")", self.draw(st.sampled_from(branches))[1]

    def look(self) -> tuple[str, bytes]:
        row, opening, sign = self.draw(st.sampled_from(_LOOKS))
        self.rows.add(row)
        text, sample = self.draw(st.sampled_from((self.literal, self.leaf, self.anchor)))()
        return f"{opening}{text})", sample if sign else b""

    def rare(self) -> tuple[str, bytes]:
        kind = self.pick("back-reference", "named back-reference", "conditional", "comment")
        self.rows.add(kind)
        text, sample = self.literal()
        name = f"r{self.count(0, 10**9)}"
        if kind == "back-reference":
            number = self.count(1, 3)
            return rf"({text}).?\{number}", sample * 2
        if kind == "named back-reference":
            return rf"(?P<{name}>{text})-(?P={name})", sample + b"-" + sample
        if kind == "conditional":
            return rf"(?P<{name}>a)?(?({name}){text}|b)", self.draw(st.sampled_from((b"a" + sample, b"b")))
        return "(?#a|b)", b""


_BYTES = [bytes((byte,)) for byte in dict.fromkeys((*b"ab1_ -:B]\x00\x0b\x07\t\xe9\\.", *range(256))) if byte != 10]

_LEAVES = (
    ("dot", (".",)),
    ("class", (r"\d", r"\w", r"\s")),
    ("negated class", (r"\D", r"\W", r"\S")),
    ("set", ("[ab]", "[a-z0-9_]", r"[\w-]", r"[\s\d]")),
    ("negated set", ("[^a]", r"[^\s]", "[^0]", r"[^\w ]", "[^]a]")),
    ("odd set", ("[]a]", r"[\x00-\x20]", r"[\]\\]", r"[a\^]", r"[\b\t1]", "[.$]", r"[\101-\103b]")),
    ("escape", (r"\x61", r"\t", r"\.", r"\-", r"\x00", r"\a", r"\:", r"\xe9")),
    ("octal", (r"\0", r"\101", r"\061", r"\007")),
    (r"\v", (r"\v", r"[\v1]")),
)

_REPEATS = (
    (0, 2, "a{,2}"), (0, 2, "a{,}"), (2, 2, "a{2}"), (1, 2, "a{1,}"), (1, 3, "a{1,3}"),
    (0, 2, ""), (1, 3, ""), (0, 1, ""),
)  # fmt: skip

_WRITTEN = {
    ("a{,2}", 0): ("{,2}",),
    ("a{,}", 0): ("{,}",),
    ("a{2}", 2): ("{2}",),
    ("a{1,}", 1): ("{1,}",),
    ("a{1,3}", 1): ("{1,3}",),
    ("", 0): ("*", "?"),
    ("", 1): ("+",),
}

_LOOKS = (
    ("lookahead", "(?=", False),
    ("negative lookahead", "(?!", False),
    ("lookbehind", "(?<=", True),
    ("negative lookbehind", "(?<!", False),
)


@st.composite
def expressions(draw: st.DrawFn) -> tuple[str, bytes, frozenset[str]]:
    """An expression without faults, bytes that it may match, and its rows."""
    writer = _Writer(draw)
    text, sample = writer.sequence(writer.count(0, 2))
    if writer.count(0, 5) == 0:
        writer.rows.add("alternation at the top")
        other, _ = writer.sequence(1)
        text = f"{text}|{other}"
    opening = writer.pick("", "", "", "", "^", "(?i)", "(?s)", "(?m)", "(?a)")
    if opening:
        writer.rows.add(opening)
    text = opening + text
    try:
        empty = compiled(text).search(b"")
    except re.error:  # a lookbehind of no fixed width, a reference to no group
        assume(False)
        raise
    if empty or "matches the empty string" in str(faults(text)):
        text, sample = _with_b(text), sample + b"b"
    assume(not faults(text))
    if re.search(r"[^[\\(|:)]\^", text[1:]):
        writer.rows.add("^ inside")
    if needs_timeout(text):
        writer.rows.add("time limit")
    literals = required_literals(text)
    writer.rows.add(
        ("no literal", "one literal")[len(literals.texts)] if len(literals.texts) < 2 else "several literals"
    )
    if literals.ignore_case:
        writer.rows.add("literal in any case")
    return text, sample, frozenset(writer.rows)


def _with_b(text: str) -> str:
    """The expression with a `b` after every alternative, so that it cannot match nothing."""
    flags = re.match(r"(?:\(\?[a-z]+\))?", text)
    start = flags.end() if flags else 0
    return f"{text[:start]}(?:{text[start:]})b"


@st.composite
def patterns(draw: st.DrawFn, identity: str) -> tuple[Pattern, tuple[bytes, ...], frozenset[str]]:
    """A pattern, bytes to put into a log for it, and its rows."""
    match = draw(st.sampled_from(Match))
    rows, samples = {match.value}, []
    exclude: tuple[str, ...] = ()
    following = ""
    if draw(st.integers(0, 3)) == 0:
        rows.add("exclude")
        exclude = (draw(st.sampled_from(("1", "ab", "é", "::"))),)
        samples.append(exclude[0].encode())
    if draw(st.integers(0, 3)) == 0:
        rows.add("not_followed_by")
        following, sample, more = draw(expressions())
        samples.append(sample)
        rows |= more & {"time limit"}
    if draw(st.integers(0, 5)) == 0:
        text = draw(st.sampled_from(("a", "ab", "b.", "é", "(", "1 -", "::", "mError", "\x1b[3")))
        pattern = Pattern(identity, "", text=text, match=match, exclude=exclude, not_followed_by=following)
        return pattern, (text.encode(), *samples), frozenset({*rows, "text"})
    regex, sample, more = draw(expressions())
    pattern = Pattern(identity, "", regex=regex, match=match, exclude=exclude, not_followed_by=following)
    return pattern, (sample, *samples), frozenset(rows | more)


_PIECES = (
    ("", b" "), ("", b"a"), ("", b"b1"), ("", b"_-:"), ("", "é".encode()), ("", b"B"), ("", b"1 - "),
    ("ANSI", b"\x1b[1;31m"), ("ANSI", b"\x1b[0m"), ("ANSI", b"\x1b[0K"), ("ANSI", b"\x1b]0;a\x07"), ("ANSI", b"\x1b"),
    ("CR inside", b"\rb"), ("NUL", b"\x00"), ("invalid UTF-8", b"\xff"), ("invalid UTF-8", b"\xe9"), ("", b"\x0b"),
)  # fmt: skip

_STARTS = (
    ("", b""), ("", b""), ("", b""), ("BOM", b"\xef\xbb\xbf"), ("BOM", b"\xef\xbb\xbf12:00:00 "),
    ("prefix", b"2024-01-01 00:00:00.123456 | host | "), ("prefix", b"2024-01-01 00:00:00.123456 | "),
    ("prefix", b"2024-01-01T00:00:00.1234567Z "), ("prefix", b"[2024-01-01T00:00:00+00:00] "), ("prefix", b"01:02:03 "),
    ("prefix", b"2024-01-01T00:00:00Z 00O+"), ("prefix", b"2024-01-01T00:00:00Z 01E a.b-c | "),
    ("prefix", b"\x1b[0m12:00:00,1 "),
)  # fmt: skip

_ENDS = (("", b""), ("", b""), ("CR LF", b"\r"), ("CR LF", b"\r"), ("CR LF", b"\r\r"), ("ANSI", b"\r\x1b[0m"))


@st.composite
def lines(draw: st.DrawFn, samples: tuple[bytes, ...], most: int) -> tuple[bytes, frozenset[str]]:
    """A line with some of the samples in it, of at most `most` bytes, and its rows."""
    rows = set()
    parts = []
    pieces = st.one_of(st.sampled_from(_PIECES), st.sampled_from([("", sample) for sample in samples]))
    for row, part in [
        draw(st.sampled_from(_STARTS)), *draw(st.lists(pieces, max_size=6)), draw(st.sampled_from(_ENDS))
    ]:  # fmt: skip
        rows.add(row)
        parts.append(part.replace(b"\n", b""))
    line = b"".join(parts)
    if draw(st.integers(0, 9)) == 0:
        line = line[: len(line) // 2] + draw(st.sampled_from((b"x", b" ", b"a-"))) * 100 + line[len(line) // 2 :]
    if not line:
        rows.add("empty line")
    return line[:most], frozenset(rows - {""})


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Some patterns, a log, and how it is cut."""
    drawn = [draw(patterns(f"p{number}")) for number in range(draw(st.integers(1, 4)))]
    samples = tuple({sample for _, those, _ in drawn for sample in those})
    limited = any("time limit" in rows for _, _, rows in drawn)
    block = draw(st.sampled_from((24, 40, 64, 100, 65536)))
    found = draw(st.lists(lines(samples, SHORT if limited else 400), min_size=1, max_size=8))
    log = b"\n".join(line for line, _ in found)
    log_rows = {row for _, rows in found for row in rows}
    if draw(st.booleans()):
        log += b"\n"
    else:
        log_rows.add("no final newline")
    if any(len(line) > block for line, _ in found):
        log_rows.add("long line")
    if len(log) > block:
        log_rows.add("block edge")
        if any("not_followed_by" in rows for _, _, rows in drawn):
            log_rows.add("not followed across an edge")
    if block == 65536:
        log_rows.add("real block size")
    hyperscan = draw(st.integers(0, 7)) > 0
    if not hyperscan:
        log_rows.add("without hyperscan")
    long = draw(st.sampled_from((5, 1000)))
    if long < 1000:
        log_rows.add("time limit by length")
    if "prefix" in log_rows and any(pattern.match is Match.MESSAGE and "^" in rows for pattern, _, rows in drawn):
        log_rows.add("^ after prefix")
    return Case(
        patterns=tuple(pattern for pattern, _, _ in drawn),
        pattern_rows=tuple(rows for _, _, rows in drawn),
        log=log,
        log_rows=frozenset(log_rows),
        chunks=draw(_chunks(log)),
        block=block,
        overlap=draw(st.integers(1, min(block // 2, 30))),
        hyperscan=hyperscan,
        long=long,
    )


@st.composite
def _chunks(draw: st.DrawFn, log: bytes) -> tuple[bytes, ...]:
    cuts = sorted(draw(st.sets(st.integers(0, len(log)), max_size=8)))
    return tuple(log[start:end] for start, end in zip([0, *cuts], [*cuts, len(log)], strict=True))


@st.composite
def refused(draw: st.DrawFn) -> tuple[str, str]:
    """A row of REFUSED_ROWS, and an expression that holds it."""
    writer = _Writer(draw)
    text, _ = writer.sequence(1)
    row = draw(st.sampled_from(REFUSED_ROWS))
    part = {
        "[[:alpha:]]": "[[:alpha:]]",
        "(?x)": "(?x:a b)",
        "repeat over 32,000": "a{32001}",
        "matches the empty string": "|",
        "non-ASCII set": "[aé]",
        "(?L)": "",
    }[row]
    return row, f"(?L)a{text}" if row == "(?L)" else f"{text}{part}"

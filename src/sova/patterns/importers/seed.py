"""The `patterns.yml` of sova, the TripleO CI monitor, and of collect-logs.

    regexes:  [{name, regex, multiline}]
    patterns: {file key: [{id, pattern, msg, tag, logstash, exclude}]}

`pattern` is the name of a regex, or else a literal. It is held against the bytes of a line as they are (`match: raw`).
`{}` in `msg` is the first group. What those files hold of defects is mended where the meaning is plain, and told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sova.documents import Document, Value, mistakes_of
from sova.errors import Mistake
from sova.model import Kind, Match, Pattern
from sova.patterns.message import placeholders
from sova.patterns.regexes import compiled, faults

__all__ = ["Imported", "is_seed", "patterns_of"]

At = tuple[str | int, ...]

TAGS = ("infra", "code", "info")
_NOT_IGNORED = re.compile(r"\\n\(\?!\.\*(\w+)\)\.\*$")
"""The end of a regex that wants the next line not to hold a word; it never worked, as lines are tested alone."""
_NAME = re.compile(r"[A-Za-z]\w*\Z")


@dataclass(frozen=True, slots=True)
class Imported:
    """The patterns of one file with the place of each in the document, what is wrong, and what was mended."""

    patterns: tuple[tuple[At, Pattern], ...]
    mistakes: tuple[Mistake, ...]
    notes: tuple[Mistake, ...]


class _Regex(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    name: str = Field(min_length=1)
    regex: str = Field(min_length=1)
    multiline: bool = False


class _Row(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    id: int | str
    pattern: str = Field(min_length=1)
    msg: str = Field(min_length=1)
    tag: str = "code"
    logstash: str | None = ""
    exclude: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """What has been read of one document so far."""

    document: Document
    regexes: dict[str, tuple[At, str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    messages: dict[str, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[Mistake] = field(default_factory=list)

    def wrong(self, at: At, text: str) -> None:
        self.mistakes.append(self.document.mistake(at, text))

    def note(self, at: At, text: str) -> None:
        self.notes.append(self.document.mistake(at, text))


def is_seed(value: Value) -> bool:
    """Whether a document is of the seed's form: `patterns` is a mapping of file keys, where ours is a list."""
    return isinstance(value, dict) and isinstance(value.get("patterns"), dict)


def patterns_of(document: Document) -> Imported:
    """Every rule of the document as a pattern. Never raises: mistakes are in the result."""
    reading = _Reading(document, mistakes=list(document.mistakes))
    value = document.value if isinstance(document.value, dict) else {}
    _read_regexes(reading, value.get("regexes"))
    found = tuple(
        (at, pattern) for at, file, row in _rows(reading, value) for pattern in _pattern(reading, at, file, row)
    )
    for name, (at, _) in reading.regexes.items():
        if name not in reading.used:
            reading.note(at, f"no pattern uses the regex {name!r}")
    notes = sorted(reading.notes, key=lambda note: (note.line, note.column))
    return Imported(found, tuple(reading.mistakes), tuple(notes))


def _read_regexes(reading: _Reading, rows: Value) -> None:
    if rows is not None and not isinstance(rows, list):
        reading.wrong(("regexes",), "should be a list of mappings with `name` and `regex`")
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        at = ("regexes", index)
        try:
            regex = _Regex.model_validate(row)
        except ValidationError as error:
            reading.mistakes += mistakes_of(error, reading.document, _Regex, at)
            continue
        if regex.name in reading.regexes:
            reading.note((*at, "name"), f"the regex {regex.name!r} is there already; the later one is used")
        if regex.multiline:
            reading.note((*at, "multiline"), "has no meaning where lines are tested alone; left out")
        reading.regexes[regex.name] = ((*at, "regex"), regex.regex)


def _rows(reading: _Reading, value: dict[str, Value]) -> Iterator[tuple[At, str, _Row]]:
    files = value["patterns"]
    for file, rows in files.items() if isinstance(files, dict) else ():
        if not isinstance(rows, list):
            reading.wrong(("patterns", file), "should be a list of rules with `id`, `pattern` and `msg`")
            continue
        for index, row in enumerate(rows):
            at = ("patterns", file, index)
            try:
                yield at, file, _Row.model_validate(row)
            except ValidationError as error:
                reading.mistakes += mistakes_of(error, reading.document, _Row, at)


def _pattern(reading: _Reading, at: At, file: str, row: _Row) -> Iterator[Pattern]:
    named = row.pattern in reading.regexes
    reading.used.add(row.pattern)
    text, regex, not_followed_by = row.pattern, "", ""
    if named:
        text = ""
        place, written = reading.regexes[row.pattern]
        regex, not_followed_by = _translated(reading, at, row, written)
        wrong = faults(regex)
        for fault in wrong:
            reading.wrong(place, fault)
        if wrong:
            return
    _note_names(reading, at, row, named)
    _note_groups(reading, at, row, regex)
    yield Pattern(
        id=str(row.id),
        message=row.msg,
        files=(file,),
        text=text,
        regex=regex,
        exclude=tuple(word for word in row.exclude if word),
        not_followed_by=not_followed_by,
        match=Match.RAW,
        tag=row.tag,
        kind=Kind.INFO if row.tag == "info" else Kind.CAUSE,
        log_search=_log_search(reading, at, row),
    )


def _translated(reading: _Reading, at: At, row: _Row, written: str) -> tuple[str, str]:
    """The regex for one line, and the word that must not stand on the next one."""
    found = _NOT_IGNORED.search(written)
    if not found:
        return written, ""
    said = f"the end {found[0]} of regex {row.pattern} can never see the next line"
    reading.note((*at, "pattern"), f"{said}; read as not_followed_by: {found[1]}")
    return written[: found.start()], found[1]


def _note_names(reading: _Reading, at: At, row: _Row, named: bool) -> None:
    """Defects of tag, literal, message and keys."""
    if row.tag not in TAGS:
        reading.note((*at, "tag"), f"the tag {row.tag!r} is none of {', '.join(TAGS)}; kept")
    if not named and _NAME.match(row.pattern):
        reading.note(
            (*at, "pattern"), f"{row.pattern!r} looks like the name of a regex, and there is none; read as text"
        )
    other = reading.messages.setdefault(row.msg, str(row.id))
    if other != str(row.id):
        reading.note((*at, "msg"), f"the same message as that of {other}")
    for key in row.model_extra or ():
        reading.note((*at, key), "unknown key, left out")


def _note_groups(reading: _Reading, at: At, row: _Row, regex: str) -> None:
    """Defects between the groups of the regex and the places for them."""
    groups = compiled(regex).groups if regex else 0
    wanted = "" in placeholders(row.msg)
    if wanted and not groups:
        reading.note((*at, "msg"), "holds {} but the pattern has no group; shown as written")
    if groups and not wanted:
        reading.note((*at, "msg"), "the regex has a group, but the message has no {} for it")


def _log_search(reading: _Reading, at: At, row: _Row) -> str:
    """The query that the seed's link asked its log search for."""
    text = row.logstash or ""
    if not text:
        return ""
    if text in reading.regexes:
        if text != row.pattern:
            reading.note((*at, "logstash"), f"names the regex {text!r}, but the pattern is {row.pattern!r}")
        return 'message:"{0}"'
    if "" in placeholders(text) and row.pattern not in reading.regexes:
        reading.note((*at, "logstash"), "holds {} but the pattern is a literal without a group")
    literal = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'message:"{literal}"'

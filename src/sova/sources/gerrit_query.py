"""The command line of `gerrit query` and its answer: one JSON object a line, the last one statistics. No I/O."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sova.sources.fields import Row, flag, text

__all__ = ["Answer", "phrase", "query_text", "query_words", "read_answer"]

_KEPT_BAD_LINES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What one `gerrit query` said. `more` is None when it did not tell whether there are more changes.

    `error` is Gerrit's own refusal, `unread` the lines that could not be understood (the first few), `complete`
    whether the last line of a whole answer was there.
    """

    changes: tuple[Row, ...] = ()
    more: bool | None = None
    error: str = ""
    unread: tuple[str, ...] = ()
    complete: bool = False


def read_answer(lines: Iterable[str]) -> Answer:
    """Sort the lines of an answer by their `type`: changes have none."""
    changes: list[Row] = []
    unread: list[str] = []
    more, error, complete = None, "", False
    for line in lines:
        if not line.strip():
            continue
        row = _row(line)
        kind = text(row, "type") if row else ""
        if kind == "stats":
            complete = True
            more = flag(row, "moreChanges", default=False) if "moreChanges" in row else None
        elif kind == "error":
            error = text(row, "message") or line[:300]
        elif row and not kind and "number" in row:
            changes.append(row)
        elif len(unread) < _KEPT_BAD_LINES:
            unread.append(line[:200])
    return Answer(tuple(changes), more, error, tuple(unread), complete)


def _row(line: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def phrase(value: str) -> str:
    """The value as one word of Gerrit's query language. Raises ValueError when no quotes can hold it."""
    if re.search(r"[\x00-\x1f]", value):
        raise ValueError(f"should be plain text, got {value!r}")
    if '"' not in value:
        return f'"{value}"'
    if "{" not in value and "}" not in value:
        return f"{{{value}}}"
    raise ValueError(f'cannot be asked for: Gerrit has no way to write both " and braces, got {value!r}')


def query_text(
    project: str, branches: Sequence[str], changes: Sequence[int], since: dt.datetime | None, extra: str
) -> str:
    """The query for open and merged changes with something new since then. Raises ValueError, see `phrase`.

    A comment updates its change, so every change with a CI comment since then is asked for. The day is that of UTC,
    which is the zone of Gerrit's `after:`.
    """
    parts = ["(status:open OR status:merged)"]
    if project:
        parts.append(f"project:{phrase(project)}")
    parts += _any_of("branch", [phrase(branch) for branch in branches])
    parts += _any_of("change", [str(number) for number in changes])
    if since:
        parts.append(f'after:"{since.astimezone(dt.UTC):%Y-%m-%d}"')
    if extra:
        parts.append(f"({extra})")
    return " ".join(parts)


def _any_of(operator: str, values: Sequence[str]) -> list[str]:
    alternatives = " OR ".join(f"{operator}:{value}" for value in values)
    return [f"({alternatives})" if len(values) > 1 else alternatives] if values else []


def query_words(query: str, limit: int, start: int) -> list[str]:
    """The command for the server, word by word; `start` is how many changes there are already."""
    options = ["--format=JSON", "--comments", "--current-patch-set", "--commit-message"]
    return ["gerrit", "query", *options, *(["--start", str(start)] if start else []), "--", query, f"limit:{limit}"]

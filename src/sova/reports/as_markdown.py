"""Diagnoses as Markdown, for a chat or a comment on a change: a headline, and a table with one line a build.

Text from outside stands in code spans only. There nothing is markup in any dialect: no link, image, HTML, mention or
reference comes of it. Links lead to http(s) addresses of builds, changes, logs and bugs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sova.model import Diagnosis
from sova.reports.clean import http_url, shorten
from sova.reports.overview import headline
from sova.reports.tags import tag_order
from sova.reports.wording import ACTIONS, count

__all__ = ["literal", "markdown_text"]

_LONGEST_REASON = 160
_LONGEST_NAME = 60
_HEAD = "| when (UTC) | job | change | why | reason |\n| --- | --- | --- | --- | --- |\n"
_ESCAPED = str.maketrans({"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "*": "%2A", "_": "%5F", "~": "%7E"})


def markdown_text(diagnoses: Iterable[Diagnosis], /) -> Iterator[str]:
    """The headline counts the builds that are given; then a row a build, in their order."""
    rows: list[str] = []
    failed: Counter[str] = Counter()
    explained = 0
    for diagnosis in diagnoses:
        rows.append(_row(diagnosis))
        explained += diagnosis.explained
        if diagnosis.failed:
            failed[diagnosis.tag or "unknown"] += 1
    yield f"{_title(len(rows), failed, explained)}\n"
    if rows:
        yield f"\n{_HEAD}"
        yield from rows


def literal(text: str, longest: int = _LONGEST_REASON) -> str:
    """The text on one line as a code span that stands in a table; "–" where there is none.

    Backticks become apostrophes, as not every chat knows how to quote them.
    """
    line = shorten(text, longest).replace("`", "'")
    return f"`{_in_table(line)}`" if line else "–"


def _in_table(line: str) -> str:
    # in a table `\|` is a bar even within code, but an odd backslash before it would free the bar again
    return line.replace("\\|", "\\ |").replace("|", "\\|").rstrip("\\") or "–"


def _title(builds: int, failed: Counter[str], explained: int) -> str:
    if not builds:
        return "**No builds**"
    total = failed.total()
    title = f"**{count(builds, 'build')}, {total:,} failed**"
    if not total:
        return title
    parts = [f"{_tag(tag)} {failed[tag]:,}" for tag in sorted(failed, key=tag_order)]
    return f"{title}: {', '.join(parts)}; {explained:,} with a known reason"


def _tag(tag: str) -> str:
    """A tag as it is where it is a plain word, else as a code span: pattern authors choose their own."""
    return tag if tag.isascii() and tag.isalpha() and len(tag) <= _LONGEST_NAME else literal(tag, _LONGEST_NAME)


def _row(diagnosis: Diagnosis) -> str:
    build = diagnosis.build
    when = f"{build.time:%Y-%m-%d %H:%M}" if build.time else "–"
    job = _linked(literal(build.job_name, _LONGEST_NAME), build.url or build.log_url)
    change = _linked(literal(build.change.name, _LONGEST_NAME), build.change.url)
    return f"| {when} | {job} | {change} | {_why(diagnosis)} | {_reason(diagnosis)} |\n"


def _why(diagnosis: Diagnosis) -> str:
    return _tag(diagnosis.primary.tag) if diagnosis.primary else diagnosis.verdict.value


def _reason(diagnosis: Diagnosis) -> str:
    message = headline(diagnosis)[0] if diagnosis.failed or diagnosis.reasons else ""
    parts = [literal(message or diagnosis.build.result)]
    if primary := diagnosis.primary:
        parts += [ACTIONS.get(primary.action, ""), _link("bug", primary.bug)]
    parts.append(_link("log", diagnosis.build.log_url if diagnosis.failed else ""))
    return " · ".join(part for part in parts if part)


def _linked(text: str, url: str) -> str:
    return _link(text, url) or text if text != "–" else text


def _link(text: str, url: str) -> str:
    """A link, or "" where the address is none that may be linked."""
    address = http_url(url).translate(_ESCAPED)
    return f"[{text}]({address})" if address else ""

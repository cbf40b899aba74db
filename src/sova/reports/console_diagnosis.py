"""What `sova diagnose` prints: verdict, the primary reason with its lines, the other reasons, what was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from sova.model import Verdict
from sova.reports.clean import one_line, shorten, shown
from sova.reports.console_parts import linked, print_line, tag_style
from sova.reports.states import state_of
from sova.reports.wording import ACTIONS, count, length, size

if TYPE_CHECKING:
    from rich.console import Console

    from sova.model import Build, Diagnosis, Excerpt, Hit, Problem, Reason

__all__ = ["render_diagnoses", "render_diagnosis"]

_SIGNS = {Verdict.PASSED: "✓", Verdict.SKIPPED: "–"}
_SHOWN_HITS = 2
_LINE_LIMIT = 2000


def render_diagnosis(diagnosis: Diagnosis, console: Console) -> None:
    """Print the whole answer for one build."""
    for part in _parts(diagnosis):
        print_line(part, console)


def render_diagnoses(diagnoses: Sequence[Diagnosis], console: Console) -> None:
    """Print the answers for several builds, those with the same reason together, the biggest group first: the whole
    answer for the first of a group, a line for each of the others."""
    if len(diagnoses) == 1:
        render_diagnosis(diagnoses[0], console)
        return
    for place, (title, members) in enumerate(grouped(diagnoses)):
        if place:
            console.print()
        print_line(Text.assemble((f"{count(len(members), 'build')}: ", "bold"), title), console)
        render_diagnosis(members[0], console)
        for member in members[1:]:
            print_line(Text.assemble(("also ", "dim"), headline(member)), console)


def grouped(diagnoses: Iterable[Diagnosis]) -> list[tuple[str, list[Diagnosis]]]:
    """Diagnoses by the message of their primary reason, or by their verdict; biggest group first, else as they came."""
    groups: dict[str, list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        primary = diagnosis.primary
        title = one_line(primary.message) if primary else diagnosis.verdict.value
        groups.setdefault(title, []).append(diagnosis)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def headline(diagnosis: Diagnosis) -> Text:
    """One line that says which build this is."""
    build = diagnosis.build
    sign = _SIGNS.get(diagnosis.verdict, "✗")
    parts = [linked(build.job_name or "?", build.url or build.log_url)]
    parts += [Text(shorten(part, 80)) for part in _about(build) if part]
    line = Text(" · ").join(parts)
    return Text.assemble((sign + " ", "bold green" if sign == "✓" else "bold"), line)


def _about(build: Build) -> Iterator[str]:
    change = build.change
    yield build.pipeline
    yield f"{change.project} {change.branch}".strip()
    yield f"{change.name} {change.subject}".strip()
    yield build.result
    yield "" if build.voting else "non-voting"
    yield length(build.duration)
    yield f"{build.time:%Y-%m-%d %H:%M} UTC" if build.time else ""


def _parts(diagnosis: Diagnosis) -> Iterator[Text]:
    yield headline(diagnosis)
    primary = diagnosis.primary
    yield _verdict(diagnosis, primary)
    if diagnosis.why:
        yield Text.assemble(("  why: ", "dim"), one_line(diagnosis.why))
    if primary:
        yield from _reason_details(primary)
    for excerpt in diagnosis.excerpts:
        yield from _excerpt(excerpt)
    others = [reason for reason in diagnosis.reasons if not reason.primary]
    if others:
        yield Text.assemble(("also: ", "dim"), Text(" · ").join(_brief(reason) for reason in others))
    yield _read(diagnosis)
    for problem in diagnosis.problems:
        yield _problem(problem)


def _verdict(diagnosis: Diagnosis, primary: Reason | None) -> Text:
    word = diagnosis.verdict.value.upper()
    if primary is None:
        return Text(word, style=tag_style(state_of(diagnosis)[0].name))
    mark = (f"{word} {one_line(primary.tag)}", tag_style(primary.tag))
    return Text.assemble(mark, "  ", (one_line(primary.message), "bold"))


def _reason_details(reason: Reason) -> Iterator[Text]:
    for hit in reason.hits[:_SHOWN_HITS]:
        yield Text.assemble("  ", (f"{one_line(hit.file)}:{hit.line_number}", "bold"))
        yield from _lines(hit)
    hidden = max(reason.count, len(reason.hits)) - min(len(reason.hits), _SHOWN_HITS)
    if hidden > 0:
        yield Text(f"  and {count(hidden, 'more place')}", style="dim")
    facts = [("next", ACTIONS.get(reason.action, "")), ("bug", reason.bug), ("owner", reason.owner)]
    facts += [("note", reason.note), ("search", reason.log_search), ("pattern", reason.pattern)]
    for name, value in facts:
        if value:
            yield Text.assemble((f"  {name}: ", "dim"), linked(value, value))


def _brief(reason: Reason) -> Text:
    return Text.assemble(one_line(reason.message), (f" ({max(reason.count, len(reason.hits))})", "dim"))


def _lines(hit: Hit) -> Iterator[Text]:
    first = hit.line_number - len(hit.before)
    rows = [(first + place, line, False) for place, line in enumerate(hit.before)]
    rows.append((hit.line_number, hit.line, True))
    rows += [(hit.line_number + 1 + place, line, False) for place, line in enumerate(hit.after)]
    return _numbered(rows)


def _excerpt(excerpt: Excerpt) -> Iterator[Text]:
    place = f"{one_line(excerpt.file)}:{excerpt.first_line}-{excerpt.last_line}"
    yield Text.assemble("  ", (place, "bold"), ("  " + one_line(excerpt.why), "dim"))
    yield from _numbered([(excerpt.first_line + place, line, False) for place, line in enumerate(excerpt.lines)])


def _numbered(rows: Sequence[tuple[int, str, bool]]) -> Iterator[Text]:
    """Log lines with their numbers; the line that is meant (True) is folded, the others are cut at the right edge."""
    width = max((len(str(number)) for number, _, _ in rows), default=0)
    for number, line, meant in rows:
        text = Text.assemble(("▶ " if meant else "  ", "bold"), (f"{number:>{width}} | ", "dim"))
        text.append(shown(line[:_LINE_LIMIT]).replace("\n", " "), style="bold" if meant else None)
        text.overflow, text.no_wrap = ("fold", False) if meant else ("ellipsis", True)
        yield text


def _read(diagnosis: Diagnosis) -> Text:
    files = diagnosis.files_read
    if not files:
        return Text(f"read: nothing, {count(diagnosis.patterns_tried, 'pattern')}", style="dim")
    lines = count(sum(file.lines for file in files), "line")
    names = ", ".join(one_line(file.name) for file in files)
    return Text(
        f"read: {count(len(files), 'file')} ({names}), {size(diagnosis.bytes_read)}, {lines} "
        f"in {length(diagnosis.seconds)}, {count(diagnosis.patterns_tried, 'pattern')}",
        style="dim",
    )


def _problem(problem: Problem) -> Text:
    text = f"{one_line(problem.where)}: {problem.kind.value}"
    detail = f" – {shorten(problem.detail, 300)}" if problem.detail else ""
    return Text.assemble(("! ", "bold yellow"), text, detail)

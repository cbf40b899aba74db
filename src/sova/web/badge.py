"""A badge: an SVG picture that says in words how a job, a pipeline or a project is doing.

A job that nobody knows gets a grey picture that says "unknown", with status 200: a page that shows the badge should
show a picture, not a broken one (shields.io does the same).
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Request, Response

from sova.filters import matches
from sova.reports.clean import shorten
from sova.stats import Totals, compare
from sova.views.desk import Desk
from sova.web.caching import Kept
from sova.web.feeds import xml_text
from sova.web.params import RANGE, Asked
from sova.web.questions import Takes, answered, ask

__all__ = ["Badge", "badge_of", "drawn", "router"]

router = APIRouter(include_in_schema=False)

_TAKES = Takes(RANGE | {"job", "pipeline", "project", "branch", "voting", "periodic"})
_GREEN, _RED, _AMBER, _GREY = "#1a7f37", "#b3261e", "#8a5a00", "#555555"  # white text on each: 4.5 to 1 or more
_HOLDS = 0.2  # of runs failed: amber up to here, red above
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Badge:
    """What a badge says: a label, words, and the colour behind them."""

    label: str
    words: str
    colour: str


@router.get("/badge.svg")
def badge(request: Request) -> Response:
    """The badge for what `job`, `pipeline`, `project` and `branch` name, over `range` (7d)."""
    question = ask(request, _TAKES)
    answer = answered(question, lambda: Kept.of(drawn(_badge(question.desk, question.asked)).encode(), "image/svg+xml"))
    answer.headers["Cache-Control"] = f"max-age={_SECONDS}"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # pages elsewhere show it
    return answer


def _badge(desk: Desk, asked: Asked) -> Badge:
    query = asked.search.query
    names = query.jobs or query.pipeline or query.project or query.branch
    label = ", ".join(names) if names else "builds"
    for kind, wanted in (("job", query.jobs), ("pipeline", query.pipeline)):
        if wanted and not any(matches(name, wanted) for name in desk.store.names()[kind]):
            return Badge(label, "unknown", _GREY)
    since, until = asked.span.since, asked.span.until
    counted = compare(desk.store, desk.within(asked.search), since, until, desk.timezone, asked.span.name)
    return badge_of(label, counted.totals)


def badge_of(label: str, totals: Totals) -> Badge:
    """The badge for these counts; builds that neither passed nor failed do not count."""
    runs = totals.passed + totals.failed
    if not runs:
        return Badge(label, "no runs", _GREY)
    if not totals.failed:
        return Badge(label, "passing", _GREEN)
    colour = _AMBER if totals.failed / runs <= _HOLDS else _RED
    return Badge(label, f"{totals.failed:,} of {runs:,} failed", colour)


def drawn(badge: Badge) -> str:
    """The badge as SVG. Every text is given its width, so that it fits whatever font there is."""
    label, words = xml_text(shorten(badge.label, 60)) or "builds", xml_text(shorten(badge.words, 60))
    left, right = _width(label) + 10, _width(words) + 10
    whole = left + right
    says = escape(f"{label}: {words}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label='
        f"{quoteattr(f'{label}: {words}')}><title>{says}</title>"
        f'<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath><g clip-path="url(#r)">'
        f'<rect width="{left}" height="20" fill="#444444"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{badge.colour}"/></g>'
        f'<g fill="#ffffff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" aria-hidden="true">'
        f"{_drawn_text(5, label)}{_drawn_text(left + 5, words)}</g></svg>"
    )


def _drawn_text(x: int, text: str) -> str:
    return f'<text x="{x}" y="14" textLength="{_width(text)}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'


def _width(text: str) -> int:
    """About how many pixels the text takes in 11 pixel Verdana."""
    return round(sum(_letter_width(letter) for letter in text))


def _letter_width(letter: str) -> float:
    if letter in "iIjl.,:;'|!()[] ft":
        return 4.2
    if letter in "mwMW%@":
        return 10.2
    return 11.0 if ord(letter) > 0x2E80 else 7.4 if letter.isupper() or letter.isdigit() else 6.8

"""Pages as HTML text, from frozen values: the same templates for the site on disk and for a web server."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from sova.filters import Search, is_name
from sova.model import Hit
from sova.reports.advice import advise, comment, markdown
from sova.reports.cells import cell, strip
from sova.reports.charts import failures_chart, hue, lengths_chart, outcomes_chart, reason_chart, tags_of
from sova.reports.clean import http_url, one_line, shorten, shown
from sova.reports.engine import Engine
from sova.reports.links import Links, anchor, file_url, href, line_url
from sova.reports.log_lines import log_pieces, log_query, log_rows
from sova.reports.overview import bare, best_line, headline, place_of
from sova.reports.parameters import Asked, moment, name_options
from sova.reports.sparks import spark
from sova.reports.states import state_of
from sova.reports.statistics_words import bounds
from sova.reports.tags import mark_of, tag_order
from sova.reports.wording import age, count, iso, length, share, size
from sova.stats import CIRCLE, DIMENSIONS, Share
from sova.views.builds import BuildsView, BuildView, DayView
from sova.views.changes import ChangesView, ChangeView
from sova.views.desk import Foot, Span
from sova.views.jobs import JobsView, JobView
from sova.views.log import LogComingView, LogGoneView, LogLineView, LogView
from sova.views.overview import OverviewView
from sova.views.patterns import PatternsView
from sova.views.reasons import ReasonsView, ReasonView
from sova.views.single import SingleView
from sova.views.statistics import StatisticsView
from sova.views.trouble import TroubleView
from sova.views.unknown import UnknownView

__all__ = ["TEMPLATES", "Pages", "load_templates"]

RANGE_WORDS = (("today", "today"), ("yesterday", "yesterday"), *((f"{days}d", f"{days} d") for days in (7, 14, 30, 90)))
"""Ranges with a name, and what they are called where they are offered."""

LATE = dt.timedelta(hours=24)
"""How old the newest build of a source may be before the foot of every page calls it late."""

HTMX = json.dumps(
    {
        "includeIndicatorStyles": False,  # a style sheet in the page is against its own policy
        "allowEval": False,
        "allowScriptTags": False,
        "historyEnabled": False,
        "selfRequestsOnly": True,
    }
)

_JSON = json.JSONEncoder(allow_nan=False)
_NUMBER = re.compile(r"\d+(?=/?\Z)", re.ASCII)


def numbered(hit: Hit) -> Iterator[tuple[int, str, str]]:
    """The lines of a hit with their numbers, each with the part that it plays: before, line, after."""
    first = hit.line_number - len(hit.before)
    yield from ((first + place, line, "before") for place, line in enumerate(hit.before))
    yield hit.line_number, hit.line, "line"
    yield from ((hit.line_number + 1 + place, line, "after") for place, line in enumerate(hit.after))


def local(moment: dt.datetime, zone: str, form: str = "%m-%d %H:%M") -> str:
    """The moment in a time zone, month and day first: what people scan for."""
    return moment.astimezone(ZoneInfo(zone)).strftime(form)


def in_json(value: object) -> str:
    """A number, truth value or None for a `data-value` attribute."""
    return _JSON.encode(value)


def segments(parts: Sequence[tuple[str, int]], whole: int) -> Iterator[tuple[str, int, float, float]]:
    """A share bar's segments: tag, count, where it begins and how wide it is, of 100. Tags come in one order, so that
    bars can be compared."""
    start = 0.0
    for tag, number in sorted(parts, key=lambda part: tag_order(part[0])):
        width = 100 * number / whole if whole else 0.0
        yield tag, number, round(start, 3), round(width, 3)
        start += width


def bug_name(url: str) -> str:
    """What a bug is called, by its URL: the number at its end, else ""."""
    found = _NUMBER.search(url)
    return found[0] if found else ""


@cache
def environment() -> Environment:
    """The templates, with escaping on for all of them."""
    found = Engine(
        loader=PackageLoader("sova.reports"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        age=age,
        anchor=anchor,
        bug_name=bug_name,
        counted=count,
        failures=lambda diagnoses: [one for one in diagnoses if one.failed],
        http=http_url,
        hue=hue,
        in_json=in_json,
        interval=bounds,
        iso=iso,
        lasted=length,
        local=local,
        mark=mark_of,
        moment=moment,
        one_line=one_line,
        others=lambda reasons: [one for one in reasons if not one.primary],
        share=share,
        shorten=shorten,
        shown=shown,
        size=size,
    )
    found.tests["name"] = is_name
    found.globals.update(
        circle_runs=CIRCLE,
        advise=advise,
        bare=bare,
        best_line=best_line,
        build_cell=cell,
        build_strip=strip,
        comment=comment,
        file_url=file_url,
        dimensions=tuple((name, name) for name in DIMENSIONS),
        failures_chart=failures_chart,
        headline=headline,
        href_of=href,
        htmx_config=HTMX,
        late_after=LATE,
        lengths_chart=lengths_chart,
        line_url=line_url,
        log_pieces=log_pieces,
        log_query=log_query,
        log_rows=log_rows,
        markdown=markdown,
        name_options=name_options,
        numbered=numbered,
        outcomes_chart=outcomes_chart,
        place_of=place_of,
        one_second=dt.timedelta(seconds=1),
        ranges=RANGE_WORDS,
        reason_chart=reason_chart,
        segments=segments,
        share_of=Share,
        spark=spark,
        state_of=state_of,
        tags_of=tags_of,
    )
    return found


TEMPLATES: dict[type, str] = {
    BuildView: "build.html",
    BuildsView: "builds.html",
    ChangeView: "change.html",
    ChangesView: "changes.html",
    DayView: "day.html",
    PatternsView: "patterns.html",
    ReasonView: "reason.html",
    ReasonsView: "reasons.html",
    UnknownView: "unknown.html",
    JobView: "job.html",
    JobsView: "jobs.html",
    OverviewView: "overview.html",
    StatisticsView: "statistics.html",
    TroubleView: "error.html",
    LogComingView: "log_coming.html",
    LogGoneView: "log_gone.html",
    LogLineView: "log_line.html",
    LogView: "log.html",
    SingleView: "single.html",
}
"""Which template shows which view."""

_NOT_ON_DISK = (TroubleView, LogComingView, LogGoneView, LogLineView, LogView, SingleView)


def load_templates() -> None:
    """Make the templates ready that a site on disk needs, so that processes which are forked share them."""
    for view, name in TEMPLATES.items():
        if view not in _NOT_ON_DISK:
            environment().get_template(name)


class Pages:
    """Makes the pages. `title` names the CI in the head of each, `security` is the page's own content policy
    ("" where a server sends it as a header)."""

    def __init__(self, links: Links, *, title: str, security: str = "") -> None:
        self._links = links
        self._common = {"links": links, "site_title": title, "security": security}
        self._asked: tuple[object, ...] = ()
        self._values: dict[str, object] = {}

    def render(self, view: object, foot: Foot, **more: str) -> str:
        """The page of a view; times are shown in the zone that `foot` names. `more` is for its template alone."""
        asked = getattr(view, "span", None), getattr(view, "search", None), getattr(view, "asked", ()), foot
        if asked != self._asked:
            self._asked, self._values = asked, self._shared(*asked)
        return environment().get_template(TEMPLATES[type(view)]).render({**self._values, "view": view, **more})

    def _shared(
        self, span: Span | None, search: Search | None, more: tuple[tuple[str, str], ...], foot: Foot
    ) -> dict[str, object]:
        """What all pages share that were asked for the same, such as those of builds."""
        asked = Asked(self._links, span, search, more)
        return {
            **self._common,
            "modules": {},
            "foot": foot,
            "zone": foot.timezone,
            "span": span,
            "search": search,
            "api_here": asked.call,
            "chips_here": asked.chips,
            "feed_here": asked.feed,
            "here": asked.here,
            "fields_here": asked.without,
            "span_fields_here": asked.span_fields,
            "to_builds": asked.builds,
        }

"""What a page was asked for, as parameters of a URL: the other way round of reading them.

A link or form that carries these asks for the same builds again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from urllib.parse import urlencode

from markupsafe import Markup

from sova.filters import Search, is_name
from sova.reports.clean import one_line
from sova.reports.links import Links, can_ask
from sova.reports.wording import iso
from sova.views.desk import Span

__all__ = ["Asked", "fields_of", "moment", "name_options", "span_fields"]

_WORDS = {True: "yes", False: "no"}
_MOST_OFFERED = 1000


@lru_cache(64)
def name_options(known: tuple[str, ...]) -> Markup:
    """What a field offers while one types into it: names that can be asked for. Every list has the same ones."""
    offered = islice(filter(is_name, known), _MOST_OFFERED)
    return Markup("").join(Markup('<option value="{}"></option>').format(one_line(name)) for name in offered)


def fields_of(search: Search | None) -> tuple[tuple[str, str], ...]:
    """The filters of a search as names and values, times apart; a name may come several times."""
    return tuple((name, value) for name, value in _fields(search) if value) if search else ()


def _fields(search: Search) -> Iterator[tuple[str, str]]:
    query = search.query
    several: tuple[tuple[str, Iterable[object]], ...] = (
        ("job", (*query.jobs, *query.short, *query.job_type)),
        ("project", query.project),
        ("branch", query.branch),
        ("pipeline", query.pipeline),
        ("change", query.change),
        ("result", query.result),
        ("tag", search.tag),
        ("verdict", search.verdict),
    )
    for name, values in several:
        yield from ((name, str(value)) for value in values)
    yield from (("reason", search.reason), ("pattern", search.pattern), ("text", search.text))
    truths = (("failed", search.failed), ("voting", query.voting), ("periodic", query.periodic))
    yield from ((name, _WORDS[value]) for name, value in truths if value is not None)


def span_fields(span: Span | None) -> tuple[tuple[str, str], ...]:
    """A stretch of time as parameters: its name, or its ends in UTC."""
    if span is None:
        return ()
    if span.name:
        return (("range", span.name),)
    return (("since", moment(span.since)), ("until", moment(span.until)))


def moment(time: dt.datetime) -> str:
    """A moment as a parameter: UTC, to the second."""
    return iso(time, "seconds")


class Asked:
    """What a page was asked for, and links that ask for the same with something else in its place."""

    def __init__(
        self, links: Links, span: Span | None, search: Search | None, more: Iterable[tuple[str, str]] = ()
    ) -> None:
        """`more` are parameters of that page alone, such as its order."""
        self._links = links
        self.span_fields = lambda: span_fields(span)
        self._filters = fields_of(search)
        self._all = (*span_fields(span), *self._filters, *more)

    def without(self, *names: str) -> tuple[tuple[str, str], ...]:
        """Everything but these parameters: what a form takes along that asks for them."""
        return tuple((name, value) for name, value in self._all if name not in names)

    def chips(self) -> tuple[tuple[str, str, str], ...]:
        """Each filter as name, value, and a link to this page without it; the list begins anew then."""
        rest = [(pair, [*self._all[:place], *self._all[place + 1 :]]) for place, pair in enumerate(self._all)]
        return tuple((*pair, f"?{urlencode(others)}") for pair, others in rest if pair in self._filters)

    def call(self, path: str) -> str:
        """What this page was asked for, asked of the API; "" on disk."""
        return self._links.api(path, self._all)

    def feed(self) -> str:
        """The feed of what this page was asked for, whatever its range; "" on disk."""
        return f"{self._links.feed()}?{urlencode(self._filters)}" if self._filters else self._links.feed()

    def here(self, **replaced: str | int | None) -> str:
        """A link to this page with these parameters replaced; None or "" leaves one out. "" where no page can be asked
        for with them, see `can_ask`."""
        added = [(name, str(value)) for name, value in replaced.items() if value not in (None, "")]
        asked = [*self.without(*replaced), *added]
        return f"?{urlencode(asked)}" if can_ask(value for _, value in added) else ""

    def builds(self, **filters: str | int) -> str:
        """The builds behind a number of this page: its filters, and these."""
        kept: dict[str, list[str]] = {}
        for name, value in self._filters:
            kept.setdefault(name, []).append(value)
        return self._links.builds(**{**kept, **filters})

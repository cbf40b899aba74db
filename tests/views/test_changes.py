"""The list of changes, and the page of one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sova.filters import Query, Search
from sova.model import Build, Change, Diagnosis, Verdict
from sova.slugs import build_slug, name_slug
from sova.views.changes import ChangesView, ChangeView, change, changes
from sova.views.desk import Desk
from tests.reports.samples import NOW
from tests.views.desks import DISK, SAMPLE, desk_of, hrefs, inside, rendered, span

Key = tuple[str, int]


def key_of(one: Diagnosis) -> Key | None:
    number = one.build.change.number
    return None if number is None else (one.build.change.project, number)


def walked(desk: Desk, search: Search, limit: int) -> list[ChangesView]:
    pages = [changes(desk, span(), search, limit=limit)]
    while pages[-1].more:
        pages.append(changes(desk, span(), search, pages[-1].more, limit=limit))
    return pages


def one_change(desk: Desk, project: str = "openstack/nova", number: int = 901190) -> ChangeView:
    found = change(desk, name_slug(project), number)
    assert found
    return found


def made(number: int, minutes: int, result: str = "FAILURE", **of: str) -> Diagnosis:
    """A build of a change so many minutes ago."""
    patchset, job, subject = of.get("patchset", "1"), of.get("job", "job"), of.get("subject", "Do it")
    build = Build(
        f"{number}-{patchset}-{job}-{minutes}",
        job,
        result,
        change=Change("p", "main", number, patchset, subject=subject),
        end_time=NOW - dt.timedelta(minutes=minutes),
    )
    verdict = {"SUCCESS": Verdict.PASSED, "SKIPPED": Verdict.SKIPPED}.get(result, Verdict.UNKNOWN)
    return Diagnosis(build, verdict)


@pytest.mark.parametrize("limit", [1, 3, 50])
@pytest.mark.parametrize("search", [Search(), Search(failed=True), Search(Query(project=("openstack/nova",)))])
def test_pages_together_hold_each_change_once_by_its_newest_build(desk: Desk, search: Search, limit: int) -> None:
    asked = [
        one
        for one in inside(span())
        if key_of(one)
        and (search.failed is None or one.failed)
        and (not search.query.project or one.build.change.project == "openstack/nova")
    ]
    expected = list(dict.fromkeys(key_of(one) for one in asked))
    pages = walked(desk, search, limit)
    rows = [row for page in pages for row in page.rows]
    assert [(row.change.project, row.change.number) for row in rows] == expected
    for row, key in zip(rows, expected, strict=True):
        builds = [one for one in asked if key_of(one) == key]
        assert row.builds == len(builds)
        assert row.failed == sum(one.failed for one in builds)
        assert row.newest.run.key == builds[0].build.key
    assert len(pages) == -(-len(expected) // limit)


def test_many_builds_of_few_changes_are_walked_through() -> None:
    found = [made(number, 3 * place + number, job=f"j{place}") for number in (1, 2, 3) for place in range(700)]
    desk = desk_of(found)
    pages = walked(desk, Search(), 1)
    assert [row.change.number for page in pages for row in page.rows] == [1, 2, 3]
    assert [row.builds for page in pages for row in page.rows] == [700, 700, 700]
    desk.store.close()


def test_a_cursor_that_is_none_is_a_value_error(desk: Desk) -> None:
    with pytest.raises(ValueError, match="no place in a list"):
        changes(desk, span(), Search(), "nonsense")


def test_a_job_counts_by_its_newest_build_with_a_result() -> None:
    desk = desk_of(
        [
            made(7, 50, "FAILURE", patchset="2", job="a"),
            made(7, 40, "SUCCESS", patchset="2", job="a"),
            made(7, 30, "SKIPPED", patchset="2", job="a"),
            made(7, 35, "FAILURE", patchset="2", job="b"),
            made(7, 60, "FAILURE", patchset="10", job="a"),
            made(7, 70, "SKIPPED", patchset="1", job="a"),
            made(7, 80, "SUCCESS", patchset="9", job="b"),
        ]
    )
    view = one_change(desk, "p", 7)
    assert [(one.name, one.outcome) for one in view.patchsets] == [
        ("10", "failed"),
        ("9", "passed"),
        ("2", "partial"),
        ("1", ""),
    ]
    assert view.shares() == (("passed", 1), ("partial", 1), ("failed", 1))
    assert (view.patchsets[2].passed, view.patchsets[2].failed) == (1, 1)
    assert view.jobs == ("a", "b")
    assert [len(runs) for runs in view.patchsets[2].jobs.values()] == [3, 1]
    desk.store.close()


def test_the_subject_is_that_of_the_newest_build_that_knows_one() -> None:
    desk = desk_of(
        [made(7, 30, subject="Older"), made(7, 20, subject="Newer", job="b"), made(7, 10, subject="", job="c")]
    )
    assert one_change(desk, "p", 7).change.subject == "Newer"
    assert changes(desk, span(), Search()).rows[0].change.subject == "Newer"
    desk.store.close()


def test_a_change_that_never_was_has_no_page(desk: Desk) -> None:
    assert change(desk, name_slug("openstack/nova"), 1) is None
    assert change(desk, "no-such-project", 901190) is None


def test_every_build_of_every_patch_set_is_reachable(desk: Desk) -> None:
    builds = [one for one in SAMPLE if key_of(one) == ("openstack/nova", 901190)]
    view = one_change(desk)
    assert view.builds == len(builds)
    assert [one.build.key for one in view.diagnoses] == [one.build.key for one in builds]
    page = rendered(view)
    pages = {f"/builds/{build_slug(one.build.key)}" for one in builds}
    assert pages <= set(hrefs(page, "table.patchsets"))
    assert pages <= set(hrefs(page, "#builds"))


def test_rows_are_patch_sets_and_columns_are_jobs(desk: Desk) -> None:
    page = rendered(one_change(desk), DISK)
    heads = [" ".join(node.text().split()) for node in page.css("table.patchsets thead th")]
    builds = [one for one in SAMPLE if key_of(one) == ("openstack/nova", 901190)]
    assert heads[0] == "patch set"
    assert set(heads[1:]) == {one.build.job_name for one in builds}
    rows = [(node.css_first("th") or node).text().split()[0] for node in page.css("table.patchsets tbody tr")]
    assert rows == sorted({one.build.change.patchset for one in builds}, key=int, reverse=True)
    for node in page.css("table.patchsets tbody tr"):
        assert len(node.css("td")) == len(heads) - 1


def test_a_cell_holds_letter_tag_and_length_and_the_builds_before_it() -> None:
    runs = [made(7, 10 * place, "FAILURE" if place else "SUCCESS") for place in range(15)]
    runs = [replace(one, build=replace(one.build, duration=60.0 * (1 + place))) for place, one in enumerate(runs)]
    desk = desk_of(runs)
    page = rendered(one_change(desk, "p", 7))
    cell = page.css_first("table.patchsets tbody td")
    assert cell is not None
    assert " ".join(cell.text().split()).startswith("· 1 m ")
    assert len(cell.css("a.cell")) == 12
    assert "3 more" in cell.text()
    desk.store.close()


def test_the_list_says_how_the_newest_patch_set_fared(desk: Desk) -> None:
    page = rendered(changes(desk, span("7d"), Search()))
    row = next(node for node in page.css("tr[data-row]") if "901190" in node.text())
    view = one_change(desk)
    newest = view.patchsets[0]
    said = " ".join(row.text().split())
    words = {"failed": "failed", "partial": "failed in part", "passed": "passed"}[newest.outcome]
    assert f"{newest.name}: {words}" in said
    assert len(row.css(".strip a.cell")) == len(newest.jobs)
    assert "Zoë Müller" in said
    links = hrefs(page, "tr[data-row]")
    assert "/builds?change=901190&project=openstack%2Fnova" in links
    assert f"/changes/{name_slug('openstack/nova')}/901190" in links

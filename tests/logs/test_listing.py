"""Listings of real servers, Zuul's manifest, and whatever else a server may send in their place."""

from __future__ import annotations

import datetime as dt
import html
import json
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sova.logs.listing import Listed, parse_listing, parse_manifest

LISTINGS = Path(__file__).parents[1] / "data" / "listings"
PAGES = sorted(path.name for path in LISTINGS.iterdir() if path.suffix in (".html", ".json", ".xml"))
URLS = {
    "root": "http://logs/logs/",
    "build": "http://logs/logs/ab/openstack-tox-py310/1a2b3c4/",
    "empty": "http://logs/logs/empty/",
    "space": "http://logs/logs/dir%20with%20space/",
}
NAMES = {
    "root": {"ab", "big.bin", "dir with space", "empty", "empty.txt", "link.bin", "old.log", "sparse-5G.log"},
    "build": {
        "controller",
        "console.log",
        "console.log.gz",
        "job-output.txt",
        "syslog.txt.gz",
        "zuul-manifest.json",
        "very_long_file_name_that_apache_would_truncate_in_fancy_indexing_unless_told_otherwise_" + "z" * 60 + ".log",
    },
    "empty": set[str](),
    "space": {"a file & <b> \"q\" 'é' #1?x=2 100%.log"},
}
NO_LISTINGS = [name for name in PAGES if "404" in name or "redirect" in name]
EXTRA = {".hidden", "pipe"}  # what only some servers show


def what(name: str) -> str:
    return next(kind for kind in URLS if f"-{kind}" in name)


def parsed(name: str) -> dict[str, Listed]:
    found = parse_listing((LISTINGS / name).read_bytes(), URLS[what(name)])
    assert found is not None
    return {one.name: one for one in found}


@pytest.mark.parametrize("name", [name for name in PAGES if name not in NO_LISTINGS])
def test_every_server_lists_the_same_tree(name: str) -> None:
    found = parsed(name)
    expected = NAMES[what(name)]
    assert set(found) - EXTRA == expected
    directories = {one.name for one in found.values() if one.is_dir}
    assert directories == expected & {"ab", "dir with space", "empty", "controller"}


@pytest.mark.parametrize("name", NO_LISTINGS)
def test_other_pages_are_no_listings(name: str) -> None:
    assert parse_listing((LISTINGS / name).read_bytes(), "http://logs/logs/") is None


@pytest.mark.parametrize("name", ["nginx-root.html", "nginx-root.json", "nginx-root.xml"])
def test_exact_sizes_are_exact(name: str) -> None:
    assert parsed(name)["sparse-5G.log"].size == 5 * 2**30
    assert parsed(name)["empty.txt"].size == 0


@pytest.mark.parametrize("name", ["apache-fancy-table-root.html", "nginx-localtime-humansize-root.html"])
def test_rounded_sizes_are_near(name: str) -> None:
    assert parsed(name)["sparse-5G.log"].size == 5 * 2**30


@pytest.mark.parametrize(
    "name", ["apache-fancy-table-build.html", "apache-fancy-pre-build.html", "nginx-build.html", "nginx-build.xml"]
)
def test_times_are_read_to_the_minute(name: str) -> None:
    time = parsed(name)["console.log"].mtime
    assert time is not None
    assert time.replace(second=0) == dt.datetime(2026, 11, 22, 15, 13, tzinfo=dt.UTC)


def test_times_without_a_zone_are_in_the_servers_zone() -> None:
    page = (LISTINGS / "apache-fancy-table-build.html").read_bytes()
    found = parse_listing(page, URLS["build"], ZoneInfo("America/New_York"))
    assert found is not None
    assert {one.mtime for one in found} == {dt.datetime(2026, 11, 22, 20, 13, tzinfo=dt.UTC)}


def test_an_index_of_zuuls_object_stores() -> None:
    page = (
        "<html><body><h1>Index of a</h1><table><tr><th></th><th>Name</th><th>Last Modified</th><th>Size</th></tr>"
        '<tr><td><img></img></td><td><a href="../">../</a></td><td>Thu Jan  1 00:00:00 1970</td><td>0.0</td></tr>'
        '<tr><td></td><td><a href="job-output.txt">x</a></td><td>Wed Jul  3 10:11:12 2019</td><td>14.2K</td></tr>'
        "</table></body></html>"
    )
    time = dt.datetime(2019, 7, 3, 10, 11, 12, tzinfo=dt.UTC)
    assert parse_listing(page.encode(), "http://store/a/") == (Listed("job-output.txt", False, 14540, time),)


def test_an_index_of_an_old_apache() -> None:
    page = (
        "<title>Index of /</title><table><tr><td><a href='a.txt'>a</a><td>06-Jul-2016 12:00 <td> 17K<td>&nbsp;</table>"
    )
    time = dt.datetime(2016, 7, 6, 12, 0, tzinfo=dt.UTC)
    assert parse_listing(page.encode(), "http://logs/") == (Listed("a.txt", False, 17 * 1024, time),)


def test_a_swift_listing_in_json() -> None:
    page = b'[{"subdir": "logs/"}, {"name": "a.log", "bytes": 5, "last_modified": "2019-07-03T10:11:12.123456"}]'
    time = dt.datetime(2019, 7, 3, 10, 11, 12, 123456, tzinfo=dt.UTC)
    assert parse_listing(page, "http://store/") == (Listed("logs", True), Listed("a.log", False, 5, time))


@pytest.mark.parametrize(
    "href",
    [
        "../",
        "..",
        "./",
        "/",
        "/logs/",
        "/elsewhere/a.log",
        "?C=N;O=D",
        "a.log?raw=1",
        "#top",
        "http://elsewhere/logs/build/a.log",
        "//elsewhere/logs/build/a.log",
        "javascript:alert(1)",
        "mailto:x@example.org",
        "deep/er.log",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/",
        "%00",
        "http://[::1",
        "",
    ],
)
def test_only_links_to_direct_entries_count(href: str) -> None:
    page = f'<title>Index of /</title><ul><li><a href="{html.escape(href)}">x</a><li><a href="good.log">y</a></ul>'
    found = parse_listing(page.encode(), "http://logs/logs/build/")
    assert found == (Listed("good.log"),)


names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=40).filter(
    lambda name: name not in (".", "..")
)


@given(st.lists(st.tuples(names, st.booleans(), st.integers(0, 10**13)), max_size=10, unique_by=lambda row: row[0]))
@example([("a:b.log", False, 1), ("%41", False, 2), (" x ", True, 3)])
def test_whatever_a_file_is_called_its_name_comes_back(rows: list[tuple[str, bool, int]]) -> None:
    lines = [
        f'<a href="./{quote(name)}{"/" * is_dir}">{html.escape(name)[:20]}</a>  22-Nov-2026 15:13  {size}\n'
        for name, is_dir, size in rows
    ]
    page = f"<html><head><title>Index of /x/</title></head><body><pre>{''.join(lines)}</pre></body></html>"
    found = parse_listing(page.encode(), "https://logs.example.org/x/")
    assert found is not None
    assert [(one.name, one.is_dir, one.size) for one in found] == rows


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"<title>Index of /</title>", b"[", b"<?xml version='1'?><list>"])
)
def test_no_page_at_all_raises(page: bytes, begin: bytes) -> None:
    for one in parse_listing(begin + page, "http://logs/a/") or ():
        assert "/" not in one.name
        assert one.name not in ("", ".", "..")


def test_a_manifest_tells_the_whole_tree() -> None:
    tree = [
        {
            "name": "zuul-info",
            "mimetype": "application/directory",
            "encoding": None,
            "children": [
                {"name": "LNXSYSTM:00 100%", "mimetype": "text/plain", "last_modified": 1701427487, "size": 5}
            ],
        },
        {"name": "job-output.txt", "mimetype": "text/plain", "encoding": "gzip", "last_modified": None, "size": None},
    ]
    found = parse_manifest(json.dumps({"tree": tree, "index_links": False}).encode())
    time = dt.datetime.fromtimestamp(1701427487, dt.UTC)
    assert found == (Listed("zuul-info/LNXSYSTM:00 100%", False, 5, time), Listed("job-output.txt"))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"tree": 1}', b'{"tree": {}}', b"null", b"\xff", b"[" * 100_000],
)
def test_what_is_no_manifest_is_none(body: bytes) -> None:
    assert parse_manifest(body) is None


rows = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["name", "children", "size", "last_modified", "tree"]), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(rows)
def test_no_manifest_raises(tree: object) -> None:
    for one in parse_manifest(json.dumps({"tree": tree}).encode()) or ():
        assert all(part not in ("", ".", "..") for part in one.name.split("/"))


def test_a_manifest_that_is_nested_without_end_stops() -> None:
    tree: list[object] = [{"name": "a.log"}]
    for _ in range(300):
        tree = [{"name": "d", "children": tree}]
    assert parse_manifest(json.dumps({"tree": tree}).encode()) == ()

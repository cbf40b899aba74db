"""The logs of a build on real web servers, in every style of listing: the same files with the same bytes as on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sova.config import Limits
from sova.errors import LogError
from sova.http_client import HttpClient
from sova.logs import LogTree
from sova.logs.cache import Cache
from sova.logs.find import open_tree
from sova.model import LogFile, ProblemKind
from tests.conftest import Say
from tests.real.log_servers import STYLES, LogServers
from tests.real.tally import Tally
from tests.real.tree import INSIDE, LONG_NAME, Stored, inside

pytestmark = pytest.mark.real


@pytest.fixture(params=STYLES)
def style(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(Limits()) as client:
        client.trust("http://127.0.0.1/")
        yield client


@pytest.fixture
def tree(log_servers: LogServers, style: str, http: HttpClient, tmp_path: Path) -> LogTree:
    url = log_servers.url(style)
    http.trust(url)
    return open_tree(url, http=http, cache=Cache(tmp_path, 10**9), limits=Limits())


def bare(path: str) -> str:
    return path.removesuffix(".gz").removesuffix(".xz").removesuffix(".bz2")


def read(tree: LogTree, file: LogFile) -> tuple[bytes, ProblemKind | None]:
    """The bytes as far as they come, and why they end early."""
    text = bytearray()
    try:
        for chunk in tree.chunks(file):
            text += chunk
    except LogError as error:
        return bytes(text), error.problem.kind
    return bytes(text), None


def same(stored: Stored, text: bytes, problem: ProblemKind | None) -> bool:
    if stored.damaged:
        return problem is ProblemKind.TRUNCATED and bool(text) and stored.text.startswith(text)
    return problem is None and text == stored.text


def test_every_listed_file_is_found_and_read_as_it_is_on_disk(
    log_servers: LogServers, style: str, tree: LogTree, say: Say
) -> None:
    found: list[str] = []
    size = 0
    for file in tree.names():
        text, problem = read(tree, file)
        size += len(text)
        candidates = [stored for stored in log_servers.planted if bare(stored.path) == file.name]
        found += [stored.path for stored in candidates if same(stored, text, problem)] or [
            f"{file.name}: {len(text)} bytes, {problem}"
        ]
    tally = Tally.of((stored.path for stored in log_servers.planted), found)
    say(tally.line(log_servers.version(style), f"{style}: listed and read, {size:,} bytes", "files"))
    assert (tally.lost, tally.extra, tally.twice) == (frozenset(), frozenset(), frozenset())


def test_every_file_is_found_by_its_name(log_servers: LogServers, style: str, tree: LogTree, say: Say) -> None:
    planted = [stored for stored in log_servers.planted if "[" not in stored.path]  # that would be a glob
    found = [stored.path for stored in planted for file in tree.find([stored.path]) if same(stored, *read(tree, file))]
    tally = Tally.of((stored.path for stored in planted), found)
    say(tally.line(log_servers.version(style), f"{style}: asked for by name", "files"))
    assert (tally.lost, tally.extra, tally.twice) == (frozenset(), frozenset(), frozenset())


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("console.log", "console.log"),
        ("console.txt", "console.log"),
        ("job-output.txt.gz", "job-output.txt"),
        ("job-output.log", "job-output.txt"),
        ("syslog.txt", "syslog.txt"),
        ("dmesg.log", "dmesg.txt"),
        (f"odd names/{LONG_NAME}", f"odd names/{LONG_NAME}"),
    ],
)
def test_a_file_is_found_under_the_names_it_may_have(tree: LogTree, wanted: str, name: str) -> None:
    assert [file.name for file in tree.find([wanted])] == [name]


def test_what_is_not_there_is_not_found(tree: LogTree) -> None:
    assert tree.find(["nowhere.log", "logs/nowhere/x.txt", "nothing/*.log", "nothing/x.txt"]) == ()


def test_the_first_alternative_that_exists_wins(tree: LogTree) -> None:
    assert [file.name for file in tree.find(["nowhere.log", "console.log", "job-output.txt"])] == ["console.log"]


def test_globs_give_all_their_matches(log_servers: LogServers, tree: LogTree) -> None:
    odd = {stored.path for stored in log_servers.planted if stored.path.startswith("odd names/")}
    deep = {stored.path for stored in log_servers.planted if "/at-" in stored.path}
    assert {file.name for file in tree.find(["odd names/*.log"])} == odd
    assert {file.name for file in tree.find(["**/at-*.log"])} == deep


def test_a_file_inside_an_archive_is_read(tree: LogTree) -> None:
    (file,) = tree.find([INSIDE])
    assert read(tree, file) == (inside(), None)


def test_a_tree_that_is_gone_is_no_empty_tree(
    log_servers: LogServers, style: str, http: HttpClient, tmp_path: Path
) -> None:
    url = f"{log_servers.url(style)}gone/"
    http.trust(url)
    with pytest.raises(LogError) as caught:
        open_tree(url, http=http, cache=Cache(tmp_path, 10**9), limits=Limits()).find(["job-output.txt"])
    assert caught.value.problem.kind is ProblemKind.GONE


def test_a_second_reading_comes_from_the_cache(
    log_servers: LogServers, style: str, http: HttpClient, tmp_path: Path
) -> None:
    http.trust(log_servers.url(style))
    texts = []
    for _ in range(2):
        tree = open_tree(log_servers.url(style), http=http, cache=Cache(tmp_path, 10**9), limits=Limits())
        (file,) = tree.find(["big.log"])
        texts.append(read(tree, file))
    assert texts[0] == texts[1]
    assert texts[0][0].count(b"\n") == 60_000


def test_a_directory_without_its_slash_is_a_tree_too(
    log_servers: LogServers, style: str, http: HttpClient, tmp_path: Path
) -> None:
    url = f"{log_servers.url(style)}logs"
    http.trust(url)
    tree = open_tree(url, http=http, cache=Cache(tmp_path, 10**9), limits=Limits())
    assert [file.name for file in tree.find(["a/at-1.log"])] == ["a/at-1.log"]


@pytest.mark.parametrize("path", ["job-output.txt", "console.log.gz", "syslog.txt.xz", "odd%20names/hash%231.log"])
def test_the_url_of_one_file_is_read(
    log_servers: LogServers, style: str, http: HttpClient, tmp_path: Path, path: str
) -> None:
    url = log_servers.url(style) + path
    http.trust(url)
    tree = open_tree(url, http=http, cache=Cache(tmp_path, 10**9), limits=Limits())
    (file,) = tree.names()
    plain = path.replace("%20", " ").replace("%23", "#")
    (stored,) = [one for one in log_servers.planted if one.path == plain]
    assert same(stored, *read(tree, file))

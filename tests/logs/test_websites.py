"""Log trees on web servers."""

from __future__ import annotations

import gc
import gzip
import json
import threading
from pathlib import Path

import pytest

from sova.config import Limits
from sova.errors import LogError
from sova.http_client import HttpClient
from sova.logs.cache import Cache
from sova.logs.find import open_tree
from sova.model import Artifact, LogFile, ProblemKind
from tests.logs.compression import COMPRESS
from tests.logs.conftest import LIMITS, OpenTree
from tests.logs.log_server import Answer, log_server
from tests.logs.reading import find_problem, names, read_until_problem, text
from tests.logs.test_local_trees import tar

LOG = b"first line\nsecond line\n" * 500
GZ = COMPRESS["gz"](LOG)
HTML = {"Content-Type": "text/html; charset=utf-8"}
CONSOLE = ("job-output.txt", "console.txt", "console.html", "consoleText", "build-log.txt")


def manifest(*paths: str) -> bytes:
    tree: list[object] = []
    for path in paths:
        rows = tree
        *above, name = path.split("/")
        for directory in above:
            below: list[object] = []
            rows.append({"name": directory, "mimetype": "application/directory", "children": below})
            rows = below
        rows.append({"name": name, "mimetype": "text/plain", "encoding": None, "size": 7})
    return json.dumps({"tree": tree, "index_links": True}).encode()


# -- finding -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("b/job-output.txt", "job-output.txt"),
        ("b/job-output.txt.gz", "job-output.txt"),
        ("b/job-output.txt", "job-output.txt.gz"),
        ("b/job-output.log", "job-output.txt"),
        ("b/job-output.log.gz", "job-output.txt"),
        ("b/job-output.txt.xz", "job-output.txt"),
        ("b/logs/a b%c#d.txt.zst", "logs/a b%c#d.txt"),
    ],
)
def test_a_file_is_found_by_every_name_it_may_have(opened: OpenTree, listed: bool, there: str, wanted: str) -> None:
    suffix = there.rpartition(".")[2]
    with log_server({there: COMPRESS.get(suffix, bytes)(LOG), "b/x": b""}, listed=listed) as server:
        assert text(opened(server.url + "b/"), wanted) == LOG


def test_a_file_that_is_there_costs_one_request(opened: OpenTree) -> None:
    with log_server({"b/job-output.txt": LOG}) as server:
        tree = opened(server.url + "b/")
        assert text(tree, *CONSOLE) == LOG
        assert text(tree, *CONSOLE) == LOG
        assert server.asked == ["b/job-output.txt"]


def test_a_listing_spares_the_guessing(opened: OpenTree) -> None:
    with log_server({"b/other.txt": LOG, "b/logs/z.txt": LOG}) as server:
        tree = opened(server.url + "b/")
        assert tree.find(["logs/deep/er/x.txt"]) == ()
        assert tree.find(["logs/y.txt"]) == ()
        assert "b/logs/deep/" not in server.asked
        assert not [path for path in server.asked if path.endswith((".xz", ".zst", ".bz2"))]


def test_nothing_is_asked_twice(opened: OpenTree) -> None:
    with log_server({"b/other.txt": LOG}, listed=False) as server:
        tree = opened(server.url + "b/")
        assert tree.find(CONSOLE) == ()
        asked = list(server.asked)
        assert len(asked) == len(set(asked))
        assert opened(server.url + "b/").find(CONSOLE) == ()
        assert [path for path in server.asked[len(asked) :] if path != "b/"] == []  # a 403 is not remembered


def test_nothing_is_asked_twice_of_a_running_build_either(opened: OpenTree) -> None:
    with log_server({"b/a.log": LOG}, listed=False) as server:
        tree = opened(server.url + "b/", final=False)
        for _ in range(2):
            assert text(tree, "nope.log", "a.log") == LOG
        assert len(server.asked) == len(set(server.asked)) + 1  # what is there may have grown


def test_a_url_without_a_slash_is_a_tree_too(opened: OpenTree) -> None:
    files: dict[str, Answer | bytes] = {"b": Answer(b"", 301, {"Location": "/b/"}), "b/job-output.txt": LOG}
    with log_server(files) as server:
        assert text(opened(server.url + "b"), "job-output.txt") == LOG


def test_an_object_store_knows_no_directories(opened: OpenTree) -> None:
    with log_server({"b/job-output.txt": LOG, "b/logs/a.log": LOG}) as server:
        server.answer = lambda path: server.files.get(path, Answer(b"", 404))  # type: ignore[method-assign]  # a fake
        tree = opened(server.url + "b")
        assert text(tree, "job-output.txt") == LOG
        assert text(tree, "logs/a.txt") == LOG


def test_globs_go_through_the_listing(opened: OpenTree) -> None:
    files = {"b/logs/a.log": LOG, "b/logs/b.log.gz": GZ, "b/logs/deep/c.log": LOG, "b/other/d.log": LOG}
    with log_server(files) as server:
        tree = opened(server.url + "b/")
        assert names(tree, "logs/*.log") == ["logs/a.log", "logs/b.log"]
        assert "b/logs/deep/" not in server.asked
        assert names(tree, "**/*.log") == ["logs/a.log", "logs/b.log", "logs/deep/c.log", "other/d.log"]
        assert b"".join(tree.chunks(tree.find(["logs/b*"])[0])) == LOG


def test_globs_where_nothing_is_listed_cannot_be_answered(opened: OpenTree) -> None:
    with log_server({"b/logs/a.log": LOG}, listed=False) as server:
        problem = find_problem(opened(server.url + "b/"), "logs/*.log")
        assert problem.kind is ProblemKind.UNDECODABLE
        assert "listing" in problem.detail


def test_the_number_of_listings_is_bounded(opened: OpenTree) -> None:
    files = {f"b/{number}/a.log": LOG for number in range(30)}
    with log_server(files) as server:
        tree = opened(server.url + "b/")
        assert len(tree.find(["*/a.log"])) < 30
        assert [problem.kind for problem in tree.problems] == [ProblemKind.TOO_LARGE]
        assert "limits.listing_pages" in tree.problems[0].detail
        assert len(server.asked) <= LIMITS.listing_pages + 2


def test_a_manifest_replaces_listings(opened: OpenTree) -> None:
    paths = ["job-output.txt", "logs/a.log.gz", "logs/deep/50% of #1.txt"]
    files = {f"b/{path}": LOG for path in paths} | {"b/zuul-manifest.json": manifest(*paths)}
    with log_server(files, listed=False) as server:
        tree = opened(server.url + "b/")
        assert names(tree, "**/*") == ["job-output.txt", "logs/a.log", "logs/deep/50% of #1.txt"]
        assert server.asked == ["b/zuul-manifest.json"]
        assert tree.find(["nope.txt", "logs/nope.txt"]) == ()
        assert server.asked == ["b/zuul-manifest.json"]
        assert text(tree, "logs/a.txt") == LOG
        assert text(tree, "logs/deep/50% of #1.txt") == LOG


def test_a_manifest_may_be_elsewhere(opened: OpenTree) -> None:
    files = {"b/a.log.xz": COMPRESS["xz"](LOG), "m/x.json": COMPRESS["gz"](manifest("a.log.xz"))}
    with log_server(files, listed=False) as server:
        artifact = Artifact("Zuul Manifest", server.url + "m/x.json", "zuul_manifest")
        assert text(opened(server.url + "b/", artifacts=[artifact]), "a.log") == LOG


def test_a_manifest_that_lies_is_a_problem_of_the_file(opened: OpenTree) -> None:
    with log_server({"b/zuul-manifest.json": manifest("a.log")}) as server:
        tree = opened(server.url + "b/")
        (file,) = tree.find(["*.log"])
        assert read_until_problem(tree, file)[1].kind is ProblemKind.MISSING


def test_the_inside_of_an_archive_is_reached(opened: OpenTree, tmp_path: Path) -> None:
    archive = tar(tmp_path / "x.tar.gz", {"var/log/messages": LOG}).read_bytes()
    with log_server({"b/node.tar.gz": archive}) as server:
        tree = opened(server.url + "b/")
        assert text(tree, "node.tar//var/log/messages") == LOG
        assert tree.find(["other.tar//var/log/messages"]) == ()


# -- what is not there -------------------------------------------------------------------------------------------------


def test_a_tree_that_is_gone_says_so(opened: OpenTree) -> None:
    with log_server({}) as server:
        problem = find_problem(opened(server.url + "b/"), *CONSOLE)
        assert (problem.kind, problem.where) == (ProblemKind.GONE, server.url + "b/")
        assert len(server.asked) <= 2 * len(CONSOLE) + 2


def test_a_file_missing_from_a_tree_is_not_gone(opened: OpenTree) -> None:
    with log_server({"b/other.txt": LOG}) as server:
        assert opened(server.url + "b/").find(CONSOLE) == ()


def test_a_failing_server_is_not_the_same_as_a_missing_file(opened: OpenTree) -> None:
    with log_server({"b/job-output.txt": Answer(b"", 503)}) as server:
        tree = opened(server.url + "b/")
        assert find_problem(tree, "job-output.txt").kind is ProblemKind.NETWORK
        server.files["b/job-output.txt"] = Answer(LOG)
        assert text(tree, "job-output.txt") == LOG


def test_a_denied_file_is_told_when_nothing_else_is_there(opened: OpenTree) -> None:
    files: dict[str, Answer | bytes] = {"b/job-output.txt": Answer(b"", 403), "b/console.txt": LOG}
    with log_server(files) as server:
        tree = opened(server.url + "b/")
        assert find_problem(tree, "job-output.txt").kind is ProblemKind.DENIED
        assert names(tree, "job-output.txt", "console.txt") == ["console.txt"]


def test_a_page_in_place_of_a_log_is_undecodable(opened: OpenTree) -> None:
    page = Answer(b"<!DOCTYPE html><html><body>Please log in</body></html>", 200, HTML)
    with log_server({"b/job-output.txt": page, "b/job-output.txt.gz": page}) as server:
        assert find_problem(opened(server.url + "b/"), "job-output.txt").kind is ProblemKind.UNDECODABLE
        with pytest.raises(LogError) as caught:
            opened(server.url + "b/job-output.txt")
        assert caught.value.problem.kind is ProblemKind.UNDECODABLE


def test_a_log_that_was_served_as_html_is_a_log(opened: OpenTree) -> None:
    with log_server({"b/job-output.txt": Answer(LOG, 200, HTML)}) as server:
        assert text(opened(server.url + "b/"), "job-output.txt") == LOG


def test_a_host_that_nobody_named_is_refused(cache: Cache) -> None:
    with log_server({"b/job-output.txt": LOG}) as server, HttpClient(LIMITS) as http:
        tree = open_tree(server.url + "b/", http=http, cache=cache, limits=LIMITS)
        problem = find_problem(tree, "job-output.txt")
        assert problem.kind is ProblemKind.REFUSED
        assert "allow_hosts" in problem.detail


# -- single files ------------------------------------------------------------------------------------------------------


def test_the_url_of_one_file(opened: OpenTree) -> None:
    with log_server({"b/job-output.txt.gz": GZ}) as server:
        tree = opened(server.url + "b/job-output.txt.gz")
        assert tree.single
        assert list(tree.names()) == [LogFile("job-output.txt", server.url + "b/job-output.txt.gz", len(GZ))]
        assert text(tree, "job-output.txt") == LOG
        assert len(server.asked) == 1


def test_the_url_of_an_archive(opened: OpenTree, tmp_path: Path) -> None:
    archive = tar(tmp_path / "x.tar.gz", {"logs/a.log": LOG}).read_bytes()
    with log_server({"b/all.tgz": archive}) as server:
        assert text(opened(server.url + "b/all.tgz"), "logs/a.log") == LOG


def test_the_url_of_a_console_in_html(opened: OpenTree) -> None:
    with log_server({"b/console.html": Answer(b"<html><pre>\na &lt; b\n</pre></html>", 200, HTML)}) as server:
        assert text(opened(server.url + "b/console.html"), "console.html") == b"\na < b\n"


# -- encodings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body"),
    [("a.log", GZ), ("a.log.gz", GZ), ("a.log.gz", gzip.compress(GZ)), ("a.log", LOG), ("a.log.gz", LOG)],
    ids=["compressed by the server", "stored so", "both", "only said so", "neither"],
)
def test_content_encoding_is_believed_only_as_far_as_it_is_true(opened: OpenTree, name: str, body: bytes) -> None:
    with log_server({f"b/{name}": Answer(body, 200, {"Content-Encoding": "gzip"})}) as server:
        assert text(opened(server.url + "b/"), "a.log") == LOG


def test_plain_text_and_gzip_are_asked_for(opened: OpenTree) -> None:
    with log_server({"b/a.log": LOG}) as server:
        opened(server.url + "b/").find(["a.log"])
        assert server.headers[0]["accept"].startswith("text/plain")
        assert server.headers[0]["accept-encoding"] == "gzip"


# -- the cache ---------------------------------------------------------------------------------------------------------


def test_a_finished_build_is_asked_for_once(opened: OpenTree) -> None:
    with log_server({"b/a.log": LOG}) as server:
        for _ in range(3):
            tree = opened(server.url + "b/")
            assert text(tree, "a.log") == LOG
            assert tree.find(["nope.log"]) == ()
        asked = len(server.asked)
    tree = opened(server.url + "b/")  # the server is no more
    assert text(tree, "a.log") == LOG
    assert tree.find(["nope.log"]) == ()
    assert asked == len(set(server.asked))


def test_a_running_build_is_looked_at_again(opened: OpenTree) -> None:
    with log_server({"b/a.log": Answer(LOG, 200, {"ETag": '"1"'})}) as server:
        assert text(opened(server.url + "b/", final=False), "a.log") == LOG
        assert text(opened(server.url + "b/", final=False), "a.log") == LOG
        assert server.headers[-1]["if-none-match"] == '"1"'
        server.files["b/a.log"] = Answer(LOG + b"more\n", 200, {"ETag": '"2"'})
        assert text(opened(server.url + "b/", final=False), "a.log") == LOG + b"more\n"
        server.files["b/new.log"] = Answer(LOG)
        assert opened(server.url + "b/", final=False).find(["new.log"])


def test_without_a_client_only_the_cache_is_read(opened: OpenTree, cache: Cache) -> None:
    with log_server({"b/a.log.gz": GZ, "b/other.log": LOG}) as server:
        opened(server.url + "b/", final=False).find(["a.log", "nope.log"])
        asked = len(server.asked)
        tree = open_tree(server.url + "b/", http=None, cache=cache, limits=LIMITS)
        assert text(tree, "a.log") == LOG
        problem = find_problem(tree, "other.log")
        assert (problem.kind, len(server.asked)) == (ProblemKind.MISSING, asked)
        assert "not in the cache" in problem.detail


def test_a_cut_download_is_read_as_far_as_it_came_and_not_kept(opened: OpenTree, cache: Cache) -> None:
    with log_server({"b/a.log": Answer(LOG, cut=5000)}) as server:
        tree = opened(server.url + "b/")
        (file,) = tree.find(["a.log"])
        assert len(server.asked) == 2  # tried again
        given, problem = read_until_problem(tree, file)
        assert (given, problem.kind) == (LOG[:5000], ProblemKind.NETWORK)
        assert cache.usage() == (0, 0)
        server.files["b/a.log"] = Answer(LOG)
        assert text(opened(server.url + "b/"), "a.log") == LOG
    del tree
    gc.collect()  # pytest's own notes of the error hold the tree in a circle
    assert list((cache.directory / "tmp").iterdir()) == []


def test_a_cut_gzip_gives_what_can_be_decoded(opened: OpenTree) -> None:
    with log_server({"b/a.log.gz": Answer(GZ, cut=len(GZ) - 20)}) as server:
        tree = opened(server.url + "b/")
        given, problem = read_until_problem(tree, tree.find(["a.log"])[0])
        assert LOG.startswith(given)
        assert given
        assert problem.kind is ProblemKind.NETWORK


def test_a_file_over_the_cap_is_not_fetched(opened: OpenTree) -> None:
    with log_server({"b/a.log": LOG}) as server:
        problem = find_problem(opened(server.url + "b/", limits=Limits(file_size=100)), "a.log")
        assert problem.kind is ProblemKind.TOO_LARGE
        assert "limits.file_size" in problem.detail


def test_a_cache_that_cannot_be_written_is_a_problem(opened: OpenTree, cache: Cache) -> None:
    cache.directory.parent.mkdir(parents=True, exist_ok=True)
    cache.directory.write_text("a file where a directory should be")
    with log_server({"b/a.log": LOG}) as server:
        problem = find_problem(opened(server.url + "b/"), "a.log")
        assert "cache" in problem.detail


def test_many_threads_may_share_a_tree(opened: OpenTree) -> None:
    files = {f"b/{number}.log": LOG for number in range(20)}
    with log_server(files, delay=0.01) as server:
        tree = opened(server.url + "b/")
        read: list[bytes] = []
        threads = [
            threading.Thread(target=lambda name=name: read.append(text(tree, f"{name}.log")))
            for name in list(range(20)) * 2
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert read == [LOG] * 40
        assert len(server.asked) == 20

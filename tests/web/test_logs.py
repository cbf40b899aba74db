"""The log view: any line of any log of a stored build, what the diagnosis says of it, and nothing of other files."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Event, Semaphore, Thread
from urllib.parse import urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from sova.config import Config
from sova.logs.line_index import LineIndex
from sova.logs.search import find_after
from sova.logs.spool import Spool, make_spool
from sova.model import Build, Diagnosis, Excerpt, FileRead, Hit, LogFile, Reason, Verdict
from sova.reports.links import Links
from sova.slugs import build_slug
from sova.store import Store
from sova.web import logs
from sova.web.app import create_app
from sova.web.unpacking import Progress, Unpacking
from tests.logs.compression import COMPRESS
from tests.logs.log_server import Answer, log_server
from tests.logs.test_local_trees import tar
from tests.reports.samples import NOW
from tests.waiting import patient_searches, wait_until
from tests.web.conftest import ADDRESS, TestClient

KEY = "key of the build"
SLUG = build_slug(KEY)
HIT_LINE, LINES = 5_000, 10_000
EVIL = '<script>alert(1)</script> \x1b[31;1mred\x1b[0m \x1b]0;title\x07 "quoted" \u202ebackwards'


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    with patient_searches() as patch:
        patch.setattr(logs, "PATIENCE", 60)
        yield


def log_text() -> bytes:
    rows = [f"line {number}" for number in range(1, LINES + 1)]
    rows[HIT_LINE - 1] = "fatal: \x1b[31mno space\x1b[0m left"
    rows[6_999] = EVIL
    rows[8_999] = "x" * 40_000 + "needle" + "y" * 400_000
    return "\n".join(rows).encode()


def diagnosis(location: str, **changes: object) -> Diagnosis:
    hit = Hit("disk", "job-output.txt", HIT_LINE, "fatal: no space left", before=("the line before",))
    build = Build(KEY, "tempest-full", "FAILURE", log_url=location, end_time=NOW - dt.timedelta(days=2))
    return dataclasses.replace(
        Diagnosis(
            build,
            Verdict.KNOWN,
            reasons=(Reason("disk", "No space <left>", "infra", (hit,), primary=True, count=1),),
            excerpts=(Excerpt("job-output.txt", 6_999, 7_001, ("a", "b", "c"), 1.0, "looks odd"),),
            files_read=tuple(
                FileRead(name, "", 1, 1)
                for name in ("job-output.txt", "logs/other.txt", "logs/all.tar//deep/inner.log")
            ),
        ),
        **changes,  # type: ignore[arg-type]  # whatever the test wants
    )


def put_logs(root: Path) -> Path:
    """The logs of a build on this machine, and beside them a file that is none of them."""
    (root / "logs").mkdir(parents=True)
    (root / "job-output.txt.gz").write_bytes(COMPRESS["gz"](log_text()))
    (root / "logs" / "other.txt").write_bytes(b"other\n")
    (root / "empty.txt").write_bytes(b"")
    (root.parent / "secret.txt").write_bytes(b"secret")
    tar(root / "logs" / "all.tar.gz", {"deep/inner.log": b"inner\nlines\n"})
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put_logs(tmp_path_factory.mktemp("builds") / "build")


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[TestClient]:
    """A reader of an app with one build; only for reading."""
    with Store.open(":memory:") as store:
        store.save(diagnosis(str(root)))
        config = Config(cache=str(root.parent / "cache"))
        yield TestClient(create_app(config, store=store, now=lambda: NOW), base_url=ADDRESS)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return put_logs(tmp_path / "build")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(cache=str(tmp_path / "cache"), allow_hosts=("127.0.0.1",))


@pytest.fixture
def reader(config: Config, tmp_path: Path) -> Iterator[Callable[[Diagnosis], TestClient]]:
    """Gives a reader of an app that holds one build."""
    with Store.open(str(tmp_path / "sova.db")) as store:

        def make(found: Diagnosis) -> TestClient:
            store.save(found)
            return TestClient(create_app(config, store=store, now=lambda: NOW), base_url=ADDRESS)

        yield make


def page(client: TestClient, query: str = "", name: str = "job-output.txt", status: int = 200) -> LexborHTMLParser:
    answer = client.get(f"/builds/{SLUG}/log/{name}{query}")
    assert answer.status_code == status, answer.text[:2000]
    return LexborHTMLParser(answer.text)


def rows(tree: LexborHTMLParser) -> dict[int, LexborNode]:
    return {int((row.attributes["id"] or "")[1:]): row for row in tree.css("[data-log] tr")}


def text(node: LexborNode | None) -> str:
    assert node is not None
    return " ".join(node.text().split())


def classes(node: LexborNode) -> set[str]:
    return set((node.attributes["class"] or "").split())


def chosen(tree: LexborHTMLParser) -> list[int]:
    return [number for number, row in rows(tree).items() if "chosen" in classes(row)]


def link(tree: LexborHTMLParser, words: str) -> str:
    """Where the first link leads that says these words."""
    return next(a.attributes["href"] or "" for a in tree.css("main a") if words in text(a))


# -- windows -----------------------------------------------------------------------------------------------------------


def test_a_log_begins_at_its_beginning_and_goes_on_window_by_window(client: TestClient) -> None:
    tree = page(client)
    assert list(rows(tree)) == list(range(1, 401))
    assert text(rows(tree)[400].css_first("code")) == "line 400"
    after = page(client, link(tree, "lines after 400"))
    assert list(rows(after)) == list(range(401, 801))
    assert list(rows(page(client, link(after, "lines before 401")))) == list(range(1, 401))
    last = page(client, link(tree, "last lines"))
    assert max(rows(last)) == LINES
    assert max(rows(page(client, link(last, "lines before")))) == min(rows(last)) - 1
    assert min(rows(page(client, link(last, "first lines")))) == 1


def test_a_link_to_a_line_shows_the_line_and_its_neighbours(client: TestClient) -> None:
    tree = page(client, "?line=3000")
    assert chosen(tree) == [3000]
    assert min(rows(tree)) < 2990
    assert max(rows(tree)) > 3010
    assert text(rows(tree)[3000].css_first("code")) == "line 3000"
    (number,) = rows(tree)[3000].css(".no a")
    assert number.attributes["href"] == "#L3000"


def test_links_of_other_pages_lead_to_lines_and_ranges(client: TestClient, root: Path) -> None:
    url = Links("/", "").log(diagnosis(str(root)), "job-output.txt", 3000, 3010)
    parts = urlsplit(url)
    tree = LexborHTMLParser(client.get(url).text)
    assert chosen(tree) == list(range(3000, 3011))
    assert tree.css(f'[id="{parts.fragment}"]'), (
        "the fragment of a range is a place of the page, without JavaScript too"
    )


def test_only_the_window_is_sent(client: TestClient) -> None:
    for query in ("", "?line=9000", f"?until={LINES}", "?line=1&last=10000"):
        answer = client.get(f"/builds/{SLUG}/log/job-output.txt{query}", headers={"accept-encoding": "gzip"})
        assert int(answer.headers["content-length"]) < 60_000
        assert len(answer.content) < 400_000
        assert answer.headers["content-encoding"] == "gzip"


def test_hits_and_excerpts_are_marked_with_what_is_said_of_them(client: TestClient) -> None:
    tree = page(client, f"?line={HIT_LINE}")
    hit = rows(tree)[HIT_LINE]
    assert {"hit", "tag-infra"} <= classes(hit)
    assert "I infra No space <left> disk" in text(hit)
    assert text(hit.css_first(".a-fg1")) == "no space"
    jumps = tree.css(".log-jumps a")
    assert [jump.attributes["href"] for jump in jumps] == [f"#L{HIT_LINE}", "?line=6999&last=7001#L6999"]
    excerpt = page(client, "?line=6999&last=7001")
    assert [number for number, row in rows(excerpt).items() if "excerpt" in classes(row)] == [6999, 7000, 7001]


def test_no_line_of_a_log_becomes_markup_or_does_anything(client: TestClient) -> None:
    row = rows(page(client, "?line=7000"))[7000]
    assert text(row.css_first("code")) == '<script>alert(1)</script> red "quoted" backwards'
    assert [span.attributes["class"] for span in row.css("code span")] == ["a-b a-fg1"]
    assert not page(client, "?line=7000").css("main script, main style, main [style]")


def test_a_long_line_is_cut_and_a_link_shows_all_of_it(client: TestClient) -> None:
    tree = page(client, "?line=9000")
    row = rows(tree)[9000]
    assert len(text(row)) < 3000
    href = next(a.attributes["href"] or "" for a in row.css("a") if "more" in text(a))
    whole, parts = page(client, href), 1
    found = text(whole.css_first("code"))
    while more := whole.css_first('main [rel="next"]'):
        whole, parts = page(client, more.attributes["href"] or ""), parts + 1
        found += text(whole.css_first("code"))
    assert (len(found), parts) == (440_006, 5)
    (before,) = whole.css('main [rel="prev"]')
    back = page(client, before.attributes["href"] or "")
    assert "from byte" in text(back.css_first("main"))


def test_a_line_after_the_last_shows_the_end_and_says_so(client: TestClient) -> None:
    for query in ("?line=10001", "?first=999999", "?until=1000000000000"):
        tree = page(client, query)
        assert LINES in rows(tree)
        assert "no such line; it ends with line 10,000" in text(tree.css_first(".warn"))


def test_empty_logs_other_logs_and_members_of_archives(client: TestClient) -> None:
    assert "This log is empty" in text(page(client, name="empty.txt").css_first("main"))
    assert "other" in text(page(client, name="logs/other.txt").css_first("code"))
    for name in ("logs/all.tar//deep/inner.log", "logs/all.tar/deep/inner.log"):  # as a proxy passes it on
        assert list(rows(page(client, name=name))) == [1, 2]
    tree = page(client)
    assert page(client, name=link(tree, "logs/other.txt").partition("/log/")[2])
    assert link(tree, "tempest-full") == f"/builds/{SLUG}"


def test_a_name_with_a_suffix_is_the_same_log(client: TestClient) -> None:
    assert 1 in rows(page(client, name="job-output.txt.gz"))


# -- search ------------------------------------------------------------------------------------------------------------


def test_a_search_goes_on_from_where_it_is(client: TestClient) -> None:
    tree = page(client, "?find=line+99&after=0")
    assert text(tree.css_first(".log-found")) == "“line 99” stands in line 99, match 1 of 111 lines with it."
    assert "found" in classes(rows(tree)[99])
    assert rows(tree)[99].css("#found"), "where the form and the links lead"
    assert text(rows(tree)[99].css_first("mark")) == "line 99"
    (following,) = tree.css("button[name=after]")
    assert following.attributes["value"] == "99"
    assert "line 990," in text(page(client, "?find=line+99&after=99").css_first(".log-found"))
    assert "line 9,999, match 111" in text(page(client, "?find=line+99&before=10001").css_first(".log-found"))
    none = page(client, "?find=line+99&after=9999")
    assert "does not stand after line 9,999" in text(none.css_first(".log-found"))
    assert "line 99, match 1" in text(page(client, link(none, "from the beginning")).css_first(".log-found"))
    none = page(client, "?find=line+99&before=99")
    assert "line 9,999, match 111" in text(page(client, link(none, "from the end")).css_first(".log-found"))


def test_a_search_may_be_a_regex_and_may_mind_capitals(client: TestClient) -> None:
    assert "line 5,000," in text(page(client, "?find=FATAL:+no+space").css_first(".log-found"))
    assert "does not stand" in text(page(client, "?find=FATAL&case=yes").css_first(".log-found"))
    tree = page(client, "?find=%5Efatal:+.*(left)$&re=yes")
    assert text(rows(tree)[HIT_LINE].css_first("mark")) == "fatal:"
    assert tree.css("input[name=re][checked]")
    assert not tree.css("input[name=case][checked]")


def test_what_is_found_in_a_long_line_is_shown(client: TestClient) -> None:
    tree = page(client, "?find=needle")
    row = rows(tree)[9000]
    assert text(row.css_first("mark")) == "needle"
    assert len(text(row)) < 3000


def test_a_search_that_takes_long_stops_and_can_go_on(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_after, "__kwdefaults__", {"seconds": 0.0})
    tree = page(client, "?find=fatal")
    assert "then the time was over" in text(tree.css_first(".log-found"))
    monkeypatch.undo()
    assert "line 5,000" in text(page(client, link(tree, "search on")).css_first(".log-found"))


@pytest.mark.parametrize(
    "query",
    [
        "line=0", "line=-1", "line=x", "line=1e3", "line=9999999999999999999", "last=x", "first=0", "at=-1", "whole=0",
        "whole=10001", "find=(&re=yes", f"find={'x' * 501}", "find=a&re=maybe", "find=a&case=1", "colour=red",
        "line=1&line=2",
    ],
)  # fmt: skip
def test_a_parameter_out_of_range_is_told(client: TestClient, query: str) -> None:
    answer = client.get(f"/builds/{SLUG}/log/job-output.txt?{query}")
    assert answer.status_code == 400
    assert "allowed" in answer.text


# -- what is not there -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "logs/%2e%2e/%2e%2e/secret.txt", "/etc/passwd",
        "%2fetc%2fpasswd", "logs/..", ".", "%2e/job-output.txt", "logs%2f%2f%2e%2e", "logs/all.tar//%2e%2e/x",
        "a%00b", "a%5cb",
    ],
)  # fmt: skip
def test_no_name_leads_to_other_files(client: TestClient, name: str) -> None:
    answer = client.get(f"{ADDRESS}/builds/{SLUG}/log/{name}")
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace("secret.txt", "")
    assert "root:" not in answer.text


def test_globs_are_no_names(client: TestClient) -> None:
    page(client, name="logs/%2A.txt", status=404)
    page(client, name="%2A%2A", status=404)


def test_a_file_that_is_not_there_is_a_friendly_404(client: TestClient) -> None:
    tree = page(client, name="logs/nope.txt", status=404)
    assert "missing" in text(tree.css_first(".warn"))
    assert link(tree, "The build's page") == f"/builds/{SLUG}"


def test_an_unknown_build_is_a_404(client: TestClient) -> None:
    assert client.get("/builds/0123456789abcdef/log/job-output.txt").status_code == 404


def test_logs_that_are_gone_leave_what_was_kept_of_them(
    reader: Callable[[Diagnosis], TestClient], tmp_path: Path
) -> None:
    tree = page(reader(diagnosis(str(tmp_path / "not there"))), status=410)
    main = text(tree.css_first("main"))
    assert "gone" in main
    assert f"{HIT_LINE - 1}the line before {HIT_LINE}fatal: no space left" in main
    assert "6999a 7000b 7001c" in main
    assert "No space <left>" in main


# -- logs on a server --------------------------------------------------------------------------------------------------


def test_a_log_of_a_server_is_fetched_once(reader: Callable[[Diagnosis], TestClient]) -> None:
    with log_server({"b/job-output.txt.gz": COMPRESS["gz"](log_text())}) as server:
        client = reader(diagnosis(f"{server.url}b/"))
        assert HIT_LINE in rows(page(client, f"?line={HIT_LINE}"))
        asked = len(server.asked)
        assert LINES in rows(page(client, f"?until={LINES}"))
        assert len(server.asked) == asked
    assert HIT_LINE in rows(page(client, f"?line={HIT_LINE}")), "what is in the cache needs no server"


def test_hosts_that_content_names_may_not_be_private(
    tmp_path: Path, reader: Callable[[Diagnosis], TestClient], config: Config
) -> None:
    with log_server({"b/job-output.txt": b"internal"}) as server, Store.open(str(tmp_path / "other.db")) as store:
        store.save(diagnosis(f"{server.url}b/"))
        app = create_app(config.model_copy(update={"allow_hosts": ()}), store=store, now=lambda: NOW)
        tree = page(TestClient(app, base_url=ADDRESS), status=502)
        assert "allow_hosts" in text(tree.css_first(".warn"))
        assert not server.asked


def test_a_log_that_breaks_off_is_shown_as_far_as_it_came(
    reader: Callable[[Diagnosis], TestClient], place: Path
) -> None:
    packed = (place / "job-output.txt.gz").read_bytes()
    (place / "job-output.txt.gz").write_bytes(packed[: len(packed) // 2])
    tree = page(reader(diagnosis(str(place))))
    assert "truncated" in text(tree.css_first(".warn"))
    assert 1 in rows(tree)


def test_a_running_build_shows_what_its_log_has_become(reader: Callable[[Diagnosis], TestClient]) -> None:
    files: dict[str, Answer | bytes] = {"b/job-output.txt": b"one\n"}
    with log_server(files) as server:
        found = diagnosis(f"{server.url}b/")
        client = reader(dataclasses.replace(found, build=dataclasses.replace(found.build, final=False)))
        assert list(rows(page(client))) == [1]
        server.files["b/job-output.txt"] = Answer(b"one\ntwo\n")
        assert list(rows(page(client))) == [1, 2]


# -- big logs ----------------------------------------------------------------------------------------------------------


def test_a_log_that_takes_long_says_how_far_it_is(
    reader: Callable[[Diagnosis], TestClient], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = reader(diagnosis(str(place)))
    go_on = Event()
    make = make_spool
    monkeypatch.setattr(logs, "PATIENCE", 0.05)
    monkeypatch.setattr(logs, "make_spool", lambda *args: (args[4](12_300_000), go_on.wait(60), make(*args))[2])
    answer = client.get(f"/builds/{SLUG}/log/job-output.txt")
    assert answer.status_code == 202
    assert answer.headers["refresh"] == "2"
    assert re.search(r"unpacked, once:\s+12(\.3)? MB", answer.text)
    go_on.set()
    wait_until(lambda: client.get(f"/builds/{SLUG}/log/job-output.txt").status_code == 200)
    assert "line 400" in client.get(f"/builds/{SLUG}/log/job-output.txt").text


def spool() -> Spool:
    index = LineIndex.unpacked(b"\0" * 16, size=0, lines=0)
    return Spool(Path("x"), LogFile("a", "a"), "", index, None, 0.0)


def test_those_who_ask_at_once_wait_for_one_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacking, begun, go_on, waits = Unpacking(), [], Event(), Semaphore(0)

    class Awaited(Future[Spool]):
        def result(self, timeout: float | None = None) -> Spool:
            waits.release()
            return super().result(timeout)

    monkeypatch.setattr("sova.web.unpacking.Future", Awaited)

    def make(progress: Progress) -> Spool:
        begun.append(progress)
        go_on.wait(60)
        return spool()

    found: list[object] = []
    readers = [Thread(target=lambda: found.append(unpacking.get("a", make, 60))) for _ in range(3)]
    for one in readers:
        one.start()
    assert all(waits.acquire(timeout=60) for _ in readers)
    wait_until(lambda: bool(begun))
    assert unpacking.get("a", make, 0.01) is begun[0]
    go_on.set()
    for one in readers:
        one.join()
    assert (len(begun), len(found)) == (1, 3)
    assert isinstance(unpacking.get("a", make, 20), Spool)
    assert len(begun) == 2


def refusing(begun: list[Progress]) -> Callable[[Progress], Spool]:
    """What cannot be unpacked; each try is noted."""

    def make(progress: Progress) -> Spool:
        begun.append(progress)
        raise OSError("no")

    return make


def test_a_log_that_cannot_be_had_is_not_asked_for_by_every_reload() -> None:
    unpacking, begun = Unpacking(), list[Progress]()
    for _ in range(3):
        with pytest.raises(OSError, match="no"):
            unpacking.get("a", refusing(begun), 20)
    assert len(begun) == 1
    begun[0].begun -= 60
    with pytest.raises(OSError, match="no"):
        unpacking.get("a", refusing(begun), 20)
    assert len(begun) == 2


def test_logs_that_could_not_be_had_are_forgotten() -> None:
    unpacking, begun = Unpacking(), list[Progress]()
    for number in range(100):
        with pytest.raises(OSError, match="no"):
            unpacking.get(f"missing-{number}", refusing(begun), 20)
    for progress in begun:
        progress.begun -= 60
    with pytest.raises(OSError, match="no"):
        unpacking.get("another", refusing(begun), 20)
    assert list(unpacking._jobs) == ["another"]

"""Log trees on this machine: directories, archives, single files."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sova.config import Limits
from sova.errors import LogError
from sova.http_client import HttpClient
from sova.logs.cache import Cache
from sova.logs.find import open_tree
from sova.model import LogFile, ProblemKind
from tests.logs.compression import COMPRESS
from tests.logs.conftest import LIMITS, OpenTree
from tests.logs.reading import find_problem, names, read_until_problem, text

LOG = b"first line\nsecond line\n" * 500


@pytest.fixture
def build(tmp_path: Path) -> Path:
    root = tmp_path / "build"
    (root / "logs" / "controller").mkdir(parents=True)
    (root / "job-output.txt.gz").write_bytes(COMPRESS["gz"](LOG))
    (root / "logs" / "a.log.xz").write_bytes(COMPRESS["xz"](LOG))
    (root / "logs" / "b.txt").write_bytes(COMPRESS["zst"](LOG))
    (root / "logs" / "controller" / "syslog").write_bytes(LOG)
    (root / "empty.txt").write_bytes(b"")
    return root


def tar(path: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]  # the modes are a long list of literals
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


# -- directories -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    ["job-output.txt", "/job-output.txt", "job-output.txt.gz", "job-output.log", "logs/a.txt", "logs/b.txt.gz"],
)
def test_a_file_is_found_by_every_name_it_may_have(opened: OpenTree, build: Path, wanted: str) -> None:
    assert text(opened(build), wanted) == LOG


def test_the_first_alternative_that_exists_wins(opened: OpenTree, build: Path) -> None:
    assert names(opened(build), "console.txt", "logs/a.log", "job-output.txt") == ["logs/a.log"]


def test_a_file_names_itself_without_suffix_and_says_where_it_is(opened: OpenTree, build: Path) -> None:
    (file,) = opened(build).find(["job-output.txt"])
    path = build / "job-output.txt.gz"
    assert (file.name, file.location, file.size) == ("job-output.txt", str(path), path.stat().st_size)
    assert file.mtime is not None


def test_what_is_not_there_is_nothing(opened: OpenTree, build: Path) -> None:
    assert opened(build).find(["nope.txt", "logs", "logs/*.html", "nope/*.txt", "nope.tar//x"]) == ()


def test_a_glob_gives_all_its_matches(opened: OpenTree, build: Path) -> None:
    assert names(opened(build), "logs/*") == ["logs/a.log", "logs/b.txt"]
    assert names(opened(build), "**/s*") == ["logs/controller/syslog"]


def test_every_file_can_be_listed(opened: OpenTree, build: Path) -> None:
    assert {file.name for file in opened(build).names()} == {
        "job-output.txt",
        "empty.txt",
        "logs/a.log",
        "logs/b.txt",
        "logs/controller/syslog",
    }


def test_a_file_that_came_from_elsewhere_can_be_read(opened: OpenTree, build: Path) -> None:
    assert b"".join(opened(build).chunks(LogFile("logs/a.log", "whatever"))) == LOG


def test_an_empty_file_gives_no_bytes(opened: OpenTree, build: Path) -> None:
    assert text(opened(build), "empty.txt") == b""


@pytest.mark.parametrize("wanted", ["../secret.txt", "logs/../../secret.txt", "/../secret.txt", "../*"])
def test_a_path_that_leads_out_is_refused(opened: OpenTree, build: Path, wanted: str) -> None:
    (build.parent / "secret.txt").write_text("secret")
    assert find_problem(opened(build), wanted).kind is ProblemKind.REFUSED


def test_a_link_that_leads_out_is_refused_and_one_within_is_followed(opened: OpenTree, build: Path) -> None:
    (build.parent / "secret.txt").write_text("secret")
    (build / "out.txt").symlink_to(build.parent / "secret.txt")
    (build / "out").symlink_to(build.parent)
    (build / "in.txt").symlink_to("logs/controller/syslog")
    tree = opened(build)
    assert find_problem(tree, "out.txt").kind is ProblemKind.REFUSED
    assert find_problem(tree, "out/secret.txt").kind is ProblemKind.REFUSED
    assert "secret" not in " ".join(file.name for file in tree.names())
    assert text(tree, "in.txt") == LOG


def test_a_file_without_permission_is_denied(opened: OpenTree, build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = opened(build).find(["empty.txt"])

    def refuse(*_: object) -> None:  # root, who runs tests in containers, may read everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert read_until_problem(opened(build), file)[1].kind is ProblemKind.DENIED


def test_too_many_files_are_told(opened: OpenTree, build: Path) -> None:
    for number in range(LIMITS.archive_members):
        (build / "logs" / f"{number}.log").touch()
    tree = opened(build)
    with pytest.raises(LogError) as caught:
        list(tree.names())
    assert caught.value.problem.kind is ProblemKind.TOO_LARGE
    assert tree.find(["logs/*.log"])
    assert [problem.kind for problem in tree.problems] == [ProblemKind.TOO_LARGE]


def test_no_such_place_is_gone(opened: OpenTree, tmp_path: Path) -> None:
    with pytest.raises(LogError) as caught:
        opened(tmp_path / "nothing")
    assert caught.value.problem.kind is ProblemKind.GONE


# -- single files ------------------------------------------------------------------------------------------------------


def test_a_single_file_is_a_tree_of_itself(opened: OpenTree, build: Path) -> None:
    tree = opened(build / "job-output.txt.gz")
    assert tree.single
    assert [file.name for file in tree.names()] == ["job-output.txt"]
    assert text(tree, "console.txt", "job-output.txt") == LOG
    assert tree.find(["other.txt", "*.html"]) == ()
    assert names(tree, "*.txt") == ["job-output.txt"]


def test_a_truncated_file_gives_its_beginning(opened: OpenTree, build: Path) -> None:
    path = build / "job-output.txt.gz"
    path.write_bytes(path.read_bytes()[:-10])
    tree = opened(path)
    (file,) = tree.names()
    given, problem = read_until_problem(tree, file)
    assert LOG.startswith(given)
    assert given
    assert problem.kind is ProblemKind.TRUNCATED


def test_a_suffix_that_lies_does_not_matter(opened: OpenTree, build: Path) -> None:
    (build / "console.txt.gz").write_bytes(LOG)
    assert text(opened(build), "console.txt") == LOG


def test_a_console_in_html_becomes_text(opened: OpenTree, build: Path) -> None:
    page = (
        b"<pre>\n<span class='t'>12:00</span> | a &lt;b&gt; &amp; &#39;c&#39; <a href='x'>link</a>\n"
        b"if x < 3 and y > 4: &nonsense; \xff &#10; </pre>\n"
    )
    (build / "console.html").write_bytes(page)
    assert text(opened(build), "console.html") == (
        b"\n12:00 | a <b> & 'c' link\nif x < 3 and y > 4: &nonsense; \xff &#10; \n"
    )


# -- archives ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_the_inside_of_a_tar_is_reached_by_two_slashes(opened: OpenTree, build: Path, mode: str) -> None:
    tar(build / "node-0.tar.xz", {"var/log/messages": LOG, "var/log/b.log.gz": COMPRESS["gz"](LOG)}, mode)
    tree = opened(build)
    (file,) = tree.find(["node-0.tar.xz//var/log/messages"])
    assert (file.name, file.location) == ("node-0.tar//var/log/messages", str(build / "node-0.tar.xz"))
    assert b"".join(tree.chunks(file)) == LOG
    assert text(tree, "node-0.tar//var/log/b.txt") == LOG
    assert names(tree, "*.tar//**/m*") == ["node-0.tar//var/log/messages"]
    assert tree.find(["node-0.tar.xz//nope"]) == ()


def test_the_inside_of_a_zip_is_reached_too(opened: OpenTree, build: Path) -> None:
    with zipfile.ZipFile(build / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1_test.txt", LOG)
        archive.writestr("test/", b"")
        archive.writestr("../evil.txt", b"x")
    tree = opened(build)
    assert text(tree, "logs.zip//1_test.txt") == LOG
    assert names(tree, "logs.zip//**") == ["logs.zip//1_test.txt"]


@pytest.mark.parametrize("name", ["logs.tar.gz", "logs.tgz", "logs.bin"])
def test_an_archive_is_a_tree(opened: OpenTree, tmp_path: Path, name: str) -> None:
    tree = opened(tar(tmp_path / name, {"job-output.txt.gz": COMPRESS["gz"](LOG), "logs/a.log": LOG}))
    assert not tree.single
    assert {file.name for file in tree.names()} == {"job-output.txt", "logs/a.log"}
    assert text(tree, "job-output.txt") == LOG


def test_names_that_lead_out_and_devices_are_no_members(opened: OpenTree, tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for name in ("../evil", "/../evil", "good/../../evil"):
            archive.addfile(tarfile.TarInfo(name))
        device = tarfile.TarInfo("device")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
        for name, target in (("link", "/etc/passwd"), ("up", "../../etc/passwd"), ("sub/good", "../file")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            if name == "sub/good":
                member = tarfile.TarInfo("file")
                member.size = 2
                archive.addfile(member, io.BytesIO(b"ok"))
            archive.addfile(link)
    tree = opened(path)
    assert sorted(file.name for file in tree.names()) == ["file", "sub/good"]
    assert text(tree, "sub/good") == b"ok"


def test_an_absolute_name_is_one_below_the_root(opened: OpenTree, tmp_path: Path) -> None:
    assert names(opened(tar(tmp_path / "x.tar", {"/var/log/a.log": LOG}, "w")), "var/log/a.log") == ["var/log/a.log"]


def test_archives_within_archives_end(opened: OpenTree, tmp_path: Path) -> None:
    path = tar(tmp_path / "0.tar", {"a.log": LOG}, "w")
    for number in range(1, 5):
        path = tar(tmp_path / f"{number}.tar", {f"{number - 1}.tar": path.read_bytes()}, "w")
    assert text(opened(tmp_path), "1.tar//0.tar//a.log") == LOG
    assert find_problem(opened(tmp_path), "4.tar//3.tar//2.tar//1.tar//0.tar//a.log").kind is ProblemKind.REFUSED


def test_too_many_members_are_told(opened: OpenTree, tmp_path: Path) -> None:
    path = tar(tmp_path / "x.tar", {f"{number}.log": b"" for number in range(60)}, "w")
    tree = opened(path)
    assert names(tree, "0.log") == ["0.log"]
    assert find_problem(tree, "59.log").kind is ProblemKind.REFUSED


def test_a_truncated_archive_gives_what_came_before(opened: OpenTree, tmp_path: Path) -> None:
    noise = os.urandom(200_000)
    whole = tar(tmp_path / "x.tar.gz", {"a.log": LOG, "b.bin": noise, "c.log": LOG}).read_bytes()
    (tmp_path / "x.tar.gz").write_bytes(whole[: len(whole) // 2])
    tree = opened(tmp_path / "x.tar.gz")
    assert text(tree, "a.log") == LOG
    assert find_problem(tree, "c.log").kind is ProblemKind.TRUNCATED
    (file,) = tree.find(["b.bin"])
    given, problem = read_until_problem(tree, file)
    assert noise.startswith(given)
    assert given
    assert problem.kind is ProblemKind.TRUNCATED


def test_an_archive_larger_than_the_cap_is_read_up_to_it(opened: OpenTree, tmp_path: Path) -> None:
    path = tar(tmp_path / "x.tar.gz", {"a.log": LOG, "zeros": bytes(10**6), "c.log": LOG})
    tree = opened(path, limits=Limits(file_size=500_000))
    assert text(tree, "a.log") == LOG
    assert find_problem(tree, "c.log").kind is ProblemKind.TOO_LARGE


def test_a_header_that_is_huge_is_not_read(opened: OpenTree, tmp_path: Path) -> None:
    record = b"3000012 comment=" + b"x" * 2_999_995 + b"\n"
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, len(record)
    rest = tar(tmp_path / "rest.tar", {"a.log": LOG}, "w").read_bytes()
    (tmp_path / "x.tar").write_bytes(header.tobuf() + record + bytes(-len(record) % 512) + rest)
    assert find_problem(opened(tmp_path / "x.tar"), "a.log").kind is ProblemKind.UNDECODABLE


def test_a_zip_whose_members_would_lie_before_its_beginning(opened: OpenTree, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.log", LOG)
    content = bytearray((tmp_path / "x.zip").read_bytes())
    content[-3] = 1  # the highest byte of the place of the directory
    (tmp_path / "x.zip").write_bytes(content)
    tree = opened(tmp_path / "x.zip")
    with pytest.raises(LogError) as caught:
        text(tree, "a.log")
    assert caught.value.problem.kind is ProblemKind.UNDECODABLE


def test_what_is_no_archive_has_no_inside(opened: OpenTree, build: Path) -> None:
    (build / "x.tar").write_bytes(LOG)
    assert find_problem(opened(build), "x.tar//a.log").kind is ProblemKind.UNDECODABLE


def test_the_temporary_copy_of_an_archive_has_no_name(opened: OpenTree, cache: Cache, tmp_path: Path) -> None:
    tree = opened(tar(tmp_path / "x.tar.gz", {"a.log": LOG}))
    assert text(tree, "a.log") == LOG
    assert list((cache.directory / "tmp").iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
@given(st.sampled_from(["tar", "tgz", "zip"]), st.data())
def test_a_damaged_archive_raises_nothing_but_log_errors(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    path = tmp_path / "x"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.log", LOG)
            archive.writestr("b.log", b"x" * 100)
    else:
        tar(path, {"a.log": LOG, "b.log": b"x" * 100}, "w" if kind == "tar" else "w:gz")
    content = bytearray(path.read_bytes())
    interesting = st.one_of(
        st.integers(0, len(content) - 1), st.integers(0, 511), st.integers(1, 200).map(lambda n: -n)
    )
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(interesting) % len(content)] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    with HttpClient(LIMITS) as http:
        try:
            tree = open_tree(str(path), http=http, cache=Cache(tmp_path / "c", 10**6), limits=LIMITS)
            for file in tree.names():
                for _ in tree.chunks(file):
                    pass
        except LogError:
            return

"""The failed tasks in Zuul's job-output.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.errors import LogError
from sova.logs.job_output import FailedTask, failed_tasks, failed_text
from sova.model import Problem, ProblemKind

SHARED = Path(__file__).resolve().parents[3] / "shared" / "samples"
LIVE = Path(__file__).parents[1] / "data" / "job_output"


def result(**fields: object) -> dict[str, object]:
    return {"action": "command", "changed": True, "msg": "non-zero return code", "failed": True, "rc": 1, **fields}


def task(name: str, **hosts: object) -> dict[str, object]:
    return {"task": {"id": "1", "name": name, "duration": {}}, "role": {"name": "role-of"}, "hosts": hosts}


def playbook(*tasks: object, phase: str = "run", **stats: dict[str, int]) -> dict[str, object]:
    """`stats` by host; they come last, as Zuul writes them."""
    return {
        "branch": "master",
        "phase": phase,
        "playbook": f"repo/{phase}.yaml",
        "plays": [{"play": {"name": "all"}, "tasks": list(tasks)}],
        "stats": stats,
        "trusted": False,
    }


def read(*playbooks: object) -> list[FailedTask]:
    return list(failed_tasks([json.dumps(playbooks, indent=4).encode()]))


def test_a_failed_task_says_where_it_stands_and_what_it_printed() -> None:
    run_tox = task("Run tox", controller=result(stdout="py39: FAIL\n\nsecond", stderr="on stderr", rc=2))
    assert read(playbook(phase="pre", controller={"failures": 0}), playbook(run_tox, controller={"failures": 1})) == [
        FailedTask(
            phase="run",
            playbook="repo/run.yaml",
            play="all",
            task="Run tox",
            host="controller",
            message="non-zero return code",
            lines=("py39: FAIL", "second", "on stderr"),
            rc=2,
            action="command",
            role="role-of",
        )
    ]


def test_ignored_and_rescued_failures_are_left_out() -> None:
    assert read(playbook(task("Try it", node=result()), node={"failures": 0, "ignored": 1})) == []


def test_of_several_failures_those_count_that_the_statistics_count() -> None:
    tasks = [task("ignored", node=result()), task("fatal", node=result()), task("other", second=result())]
    found = read(playbook(*tasks, node={"failures": 1, "ignored": 1}, second={"failures": 0, "ignored": 1}))
    assert [one.task for one in found] == ["fatal"]


def test_an_unreachable_host_has_failed() -> None:
    lost = task("Ping", node={"unreachable": True, "msg": "Connection timed out"})
    (found,) = read(playbook(lost, node={"failures": 0, "unreachable": 1}))
    assert (found.unreachable, found.message) == (True, "Connection timed out")


def test_the_failed_items_of_a_loop_are_told() -> None:
    items = [{"item": "good", "rc": 0}, result(item="bad", stdout="item output"), result(item={"name": "worse"})]
    loop = task("Install", node=result(msg="All items completed", results=items))
    found = read(playbook(loop, node={"failures": 1}))
    assert [(one.item, one.lines) for one in found] == [("bad", ("item output",)), ("{'name': 'worse'}", ())]


def test_a_task_without_output_says_that_it_is_hidden() -> None:
    secret = result(_ansible_no_log=True, msg="", censored="the output has been hidden due to the fact that...")
    (found,) = read(playbook(task("Log in", node=secret), node={"failures": 1}))
    assert found.hidden


def test_host_names_with_dots_are_names() -> None:
    name = "np0001.example.org"
    whole = playbook(task("x", **{name: result()})) | {"stats": {name: {"failures": 1}}}
    assert [one.host for one in read(whole)] == [name]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunks_may_have_any_size(size: int) -> None:
    data = json.dumps([playbook(task("x", node=result(stdout="ä€😀")), node={"failures": 1})]).encode()
    (found,) = failed_tasks(data[start : start + size] for start in range(0, len(data), size))
    assert found.lines == ("ä€😀",)


def test_a_file_that_is_cut_keeps_what_came_before() -> None:
    first = playbook(task("first", node=result()), node={"failures": 1})
    second = playbook(task("second", node=result(stdout="seen")), task("third", node=result()), node={"failures": 1})
    data = json.dumps([first, second]).encode()
    cut = data.index(b'"stats"', data.index(b"third"))
    assert [one.task for one in failed_tasks([data[:cut]])] == ["first", "second", "third"]
    assert [one.task for one in failed_tasks([data[: data.index(b'"third"')]])] == ["first", "second"]
    within = data.index(b'"rc"', data.index(b'"third"'))
    assert [one.task for one in failed_tasks([data[:within]])] == ["first", "second", "third"]


def test_chunks_that_break_off_keep_what_came_before() -> None:
    data = json.dumps([playbook(task("first", node=result()), node={"failures": 1}), playbook()]).encode()

    def chunks() -> Iterator[bytes]:
        yield data[:-20]
        raise LogError(Problem("job-output.json", ProblemKind.TRUNCATED, "cut"))

    assert [one.task for one in failed_tasks(chunks())] == ["first"]


def test_long_output_keeps_its_end() -> None:
    output = "\n".join(f"line {number}" for number in range(10_000)) + "\n" + "x" * 100_000
    (found,) = read(playbook(task("x", node=result(stdout=output)), node={"failures": 1}))
    assert len(found.lines) == 2000
    assert found.lines[-2] == "line 9999"
    assert len(found.lines[-1]) == 4096


def test_the_text_of_failed_tasks_holds_lines_that_tell_something() -> None:
    printed = result(stdout="ok\n  ERROR: no space left on device  \n}", msg="non-zero return code")
    data = json.dumps([playbook(task("x", node=printed), node={"failures": 1})]).encode()
    assert failed_text([data]) == {"ERROR: no space left on device", "non-zero return code"}


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"[1, null, [], {}]", b"<html>", b"\xff\xfe", b"[{"])
def test_what_is_no_job_output_has_no_failed_tasks(data: bytes) -> None:
    assert list(failed_tasks([data])) == []


WRONG: list[object] = [None, True, -1, 0.5, "", "x", [], [1, None, [{}]], {}, {"a": {"b": []}}, {"name": []}]
wrong = st.sampled_from(WRONG)
places = st.sampled_from(["results", "item", "msg", "stdout", "rc", "host", "task", "phase", "plays", "stats"])


@given(st.dictionaries(places, wrong, max_size=4), st.floats(0, 1))
def test_no_json_at_all_raises(changed: dict[str, object], share: float) -> None:
    def value(place: str, usual: object) -> object:
        return changed.get(place, usual)

    item = value("item", result(item="x"))
    one = result(
        results=value("results", [item]), msg=value("msg", "m"), stdout=value("stdout", "o"), rc=value("rc", 1)
    )
    whole = playbook(value("task", task("t", node=value("host", one))))
    text = json.dumps([whole | {place: changed[place] for place in ("phase", "plays", "stats") if place in changed}])
    for found in failed_tasks([text.encode()[: int(len(text) * share) + 1]]):
        assert isinstance(found.message, str)
        assert isinstance(found.lines, tuple)


def test_a_real_zuul_writes_what_is_read() -> None:
    assert list(failed_tasks([(LIVE / "success.json").read_bytes()])) == []
    (found,) = failed_tasks([(LIVE / "failure.json").read_bytes()])
    assert (found.phase, found.task, found.host, found.rc) == ("run", "run the tests", "localhost", 1)
    assert found.lines[-1] == "AssertionError: 1 != 2"


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/samples is not there")
def test_the_sample_with_a_failed_tox() -> None:
    (found,) = failed_tasks([(SHARED / "job-output_shape_constructed.json").read_bytes()])
    assert (found.task, found.role, found.host, found.rc) == ("Run tox", "tox", "controller", 1)
    assert found.lines == ("py39: FAIL code 1",)

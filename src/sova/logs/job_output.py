"""Zuul's job-output.json: the tasks that failed a build, read as a stream.

The file is an array of playbooks and may be hundreds of megabytes, or end anywhere when the executor was stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import ijson

from sova.errors import LogError

__all__ = ["FailedTask", "failed_tasks", "failed_text"]

_MOST_TASKS = 200  # kept of one playbook
_MOST_LINES = 2000  # kept of one task: its last ones
_LONGEST_LINE = 4096
_SHORTEST_TELLING = 8  # characters; a shorter line of output says nothing about where it stood
_TASKS = "item.plays.item.tasks.item"
_HIDDEN = "the output has been hidden"
_NOT_BUILT = frozenset({"invocation", "ansible_facts", "diff", "stdout_lines", "stderr_lines"})  # large, or twice there


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A task that failed on one host; `item` is the loop item's own name. `phase` is pre, run, post or cleanup."""

    phase: str
    playbook: str
    play: str
    task: str
    host: str
    message: str = ""
    lines: tuple[str, ...] = ()
    rc: int | None = None
    action: str = ""
    role: str = ""
    item: str = ""
    hidden: bool = False
    unreachable: bool = False


class _Reader:
    """Chunks as a file for ijson. It ends where the chunks break off."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)

    def read(self, size: int) -> bytes:
        if not size:
            return b""  # ijson asks for nothing to see whether it gets bytes
        try:
            return next((chunk for chunk in self._chunks if chunk), b"")
        except LogError:
            return b""  # what came before the break is worth telling


@dataclass(slots=True)
class _Playbook:
    """What is known of a playbook so far; its statistics come last."""

    phase: str = ""
    name: str = ""
    play: str = ""
    failed: list[list[FailedTask]] = field(default_factory=list)  # by task and host; several are items of one loop
    failures: dict[str, int] = field(default_factory=dict)

    def add(self, task: Mapping[str, object]) -> None:
        for host, result in _mapping(task.get("hosts")).items():
            if found := list(_failures(self, task, host, _mapping(result))):
                self.failed.append(found)
        del self.failed[:-_MOST_TASKS]

    def real(self, *, complete: bool) -> Iterator[FailedTask]:
        """The failures that stopped a host: as many, from the end, as the statistics count. Others were ignored."""
        left = dict(self.failures)
        kept = []
        for found in reversed(self.failed):
            host = found[0].host
            if complete and left.get(host, 0) <= 0:
                continue
            left[host] = left.get(host, 0) - 1
            kept.append(found)
        for found in reversed(kept):
            yield from found


def failed_tasks(chunks: Iterable[bytes]) -> Iterator[FailedTask]:
    """The failed tasks of each playbook in order; ignored and rescued failures are left out.

    A file that is cut, or becomes unreadable, gives what came before the break. Nothing is raised for bad content.
    """
    playbook = _Playbook()
    builder: ijson.ObjectBuilder | None = None
    left_out = ""
    try:
        for prefix, event, value in ijson.parse(_Reader(chunks), use_float=True):
            if left_out and prefix.startswith(left_out):
                continue
            left_out = f"{prefix}.{value}" if builder and event == "map_key" and value in _NOT_BUILT else ""
            if left_out:
                continue
            if prefix == _TASKS and event == "start_map":
                builder = ijson.ObjectBuilder()
            if builder:
                builder.event(event, value)
                if prefix == _TASKS and event == "end_map":
                    playbook.add(_mapping(builder.value))
                    builder = None
            elif prefix == "item" and event == "end_map":
                yield from playbook.real(complete=True)
                playbook = _Playbook()
            else:
                _note(playbook, prefix, value)
    except (ijson.JSONError, UnicodeDecodeError):
        if builder:
            playbook.add(_mapping(getattr(builder, "value", None)))
        yield from playbook.real(complete=False)


def failed_text(chunks: Iterable[bytes]) -> frozenset[str]:
    """The telling lines of output and messages of all failed tasks, without surrounding space."""
    lines = (line.strip() for task in failed_tasks(chunks) for line in (*task.lines, *task.message.splitlines()))
    return frozenset(line for line in lines if len(line) >= _SHORTEST_TELLING)


def _note(playbook: _Playbook, prefix: str, value: object) -> None:
    if prefix == "item.phase":
        playbook.phase = str(value)
    elif prefix == "item.playbook":
        playbook.name = str(value)
    elif prefix == "item.plays.item.play.name":
        playbook.play = str(value)
    elif prefix.startswith("item.stats.") and isinstance(value, int):
        host, _, count = prefix.removeprefix("item.stats.").rpartition(".")
        if count in ("failures", "unreachable"):
            playbook.failures[host] = playbook.failures.get(host, 0) + value


def _failures(
    playbook: _Playbook, task: Mapping[str, object], host: str, result: Mapping[str, object]
) -> Iterator[FailedTask]:
    rows = result.get("results")
    items = [_mapping(row) for row in rows] if isinstance(rows, list) else []
    failed = [item for item in items if item.get("failed") or item.get("unreachable")]
    if not failed and (result.get("failed") or result.get("unreachable")):
        failed = [result]
    for row in failed:
        message = _text(row.get("msg")) or _text(row.get("exception"))
        rc = row.get("rc")
        yield FailedTask(
            phase=playbook.phase,
            playbook=playbook.name,
            play=playbook.play,
            task=_text(_mapping(task.get("task")).get("name")),
            host=host,
            message=message,
            lines=_lines(row),
            rc=rc if isinstance(rc, int) else None,
            action=_text(row.get("action") or result.get("action")),
            role=_text(_mapping(task.get("role")).get("name")),
            item="" if row is result else _text(row.get("item")),
            hidden=bool(row.get("_ansible_no_log")) or _HIDDEN in message or "censored" in row,
            unreachable=bool(row.get("unreachable")),
        )


def _lines(row: Mapping[str, object]) -> tuple[str, ...]:
    lines = [line for key in ("stdout", "stderr", "module_stdout", "module_stderr") for line in _split(row.get(key))]
    return tuple(line[:_LONGEST_LINE] for line in lines[-_MOST_LINES:])


def _split(value: object) -> list[str]:
    return [line.rstrip("\r") for line in value.split("\n") if line.strip()] if isinstance(value, str) else []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)

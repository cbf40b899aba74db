"""The console log of a build, job-output.txt as Zuul writes it, and the same as job-output.json."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from examples.ci.script import Step
from examples.ci.seedtext import Noise, fill

__all__ = ["Clock", "Console"]


_QUICK = 0.02
"""Seconds from line to line where nothing is waited for."""


class Clock:
    """A time that runs on by random steps, around `pace` seconds where a tool is at work."""

    def __init__(self, start: dt.datetime, pace: float, rng: Random) -> None:
        self._start = start.replace(tzinfo=None)
        self._rng = rng
        self._step = 2_000_000 * pace
        self._quick = 2_000_000 * min(_QUICK, pace)
        self._micros = 0
        self._second, self._prefix = -1, ""

    def wait(self, seconds: float) -> None:
        self._micros += int(seconds * 1_000_000)

    def now(self) -> dt.datetime:
        """The time without a zone, as the logs have it."""
        return self._start + dt.timedelta(microseconds=self._micros)

    def stamp(self, *, working: bool = False) -> str:
        """The time of the next line."""
        self._micros += int(self._rng.random() * (self._step if working else self._quick))
        second, micros = divmod(self._micros, 1_000_000)
        if second != self._second:
            self._second = second
            self._prefix = f"{self._start + dt.timedelta(seconds=second):%Y-%m-%d %H:%M:%S}"
        return f"{self._prefix}.{micros:06d}"


@dataclass(slots=True)
class Task:
    """One task as job-output.json tells it."""

    name: str
    start: dt.datetime
    lines: list[str] = field(default_factory=list)
    result: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Playbook:
    """One playbook run: its words in the banners, its tasks, its counts."""

    phase: str
    trust: str
    path: str
    tasks: list[Task] = field(default_factory=list)
    outcome: str = "RESULT_NORMAL"
    failed: int = 0
    unreachable: int = 0
    ignored: int = 0

    @property
    def banner(self) -> str:
        return f"[{self.trust} : {self.path}"


class Console:
    """Writes the log line by line."""

    def __init__(self, start: dt.datetime, pace: float, rng: Random, names: Mapping[str, str], size: int) -> None:
        self.clock = Clock(start, pace, rng)
        self._rng, self._names, self._size = rng, names, size
        self._host = "-"
        self._lines: list[str] = []
        self._noises: dict[str, Noise] = {}
        self._playbooks: list[Playbook] = []

    def write(self, steps: Sequence[Step]) -> None:
        """Write all steps. Raises ValueError for a directive that does not exist."""
        deeds = {
            "text": self._text,
            "host": self._change_host,
            "phase": self._phase,
            "play": lambda words: self._plain("", f"PLAY [{words}]"),
            "task": self._task,
            "noise": self._noise,
            "wait": lambda words: self.clock.wait(float(words)),
            "error": self._error,
            "unreachable": self._unreachable,
            "result": self._result,
            "end": self._end,
        }
        for step in steps:
            if step.verb not in deeds:
                raise ValueError(f"@@{step.verb} is no directive")
            deeds[step.verb](step.words)

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    @property
    def as_json(self) -> str:
        """job-output.json: an entry for each playbook that came to its end."""
        return json.dumps(
            [self._entry(book) for book in self._playbooks if book.outcome != "RESULT_TIMED_OUT"], indent=4
        )

    def _plain(self, *lines: str, working: bool = False) -> None:
        stamp = self.clock.stamp
        self._lines += [f"{stamp(working=working)} | {line}" for line in lines]

    def _say(self, *lines: str, working: bool = False) -> None:
        """Lines of the host, which also belong to the task's output."""
        prefix = "" if self._host == "-" else f"{self._host} | "
        self._plain(*(prefix + line for line in lines), working=working)
        if self._playbooks and self._playbooks[-1].tasks:
            self._playbooks[-1].tasks[-1].lines += lines

    def _text(self, line: str) -> None:
        filled = fill(line, self._rng, self._names)
        if " -> localhost | " in filled:
            self._plain(filled)
        else:
            self._say(filled)
        if filled == "ERROR: Ignoring Errors":
            self._playbooks[-1].tasks[-1].result |= {"failed": True, "rc": 2, "msg": "non-zero return code"}

    def _change_host(self, words: str) -> None:
        self._host = fill(words, self._rng, self._names)

    def _phase(self, words: str) -> None:
        phase, trust, path = words.split()
        book = Playbook(phase, trust, f"{path}@main]")
        self._playbooks.append(book)
        self.clock.wait(0.3)
        self._plain(f"{phase} START: {book.banner}")

    def _task(self, words: str) -> None:
        self._plain("", f"TASK [{words}]")
        self._playbooks[-1].tasks.append(Task(words, self.clock.now()))

    def _noise(self, words: str) -> None:
        name, count = words.split()
        noise = self._noises.get(name)
        if noise is None:
            noise = self._noises[name] = Noise(name, self._rng, self._names)
        self._say(*noise.lines(int(count) * self._size), working=True)

    def _error(self, rc: str) -> None:
        task = self._playbooks[-1].tasks[-1]
        end = self.clock.now()
        result = {
            "delta": str(end - task.start),
            "end": str(end),
            "msg": "non-zero return code",
            "rc": int(rc),
            "start": str(task.start),
        }
        self._failed(result)
        self._playbooks[-1].failed = 1

    def _unreachable(self, message: str) -> None:
        self._failed({"changed": False, "msg": message, "unreachable": True})
        self._playbooks[-1].unreachable = 1
        self._playbooks[-1].outcome = "RESULT_UNREACHABLE"

    def _failed(self, result: dict[str, object]) -> None:
        task = self._playbooks[-1].tasks[-1]
        task.result = {**result, "failed": True}
        output = list(task.lines)
        self._say("ERROR", *json.dumps(result, indent=2, sort_keys=True).split("\n"))
        task.lines = output

    def _result(self, word: str) -> None:
        self._playbooks[-1].outcome = word

    def _end(self, words: str) -> None:
        book = self._playbooks[-1]
        book.ignored = int(words == "ignored")
        if book.outcome != "RESULT_TIMED_OUT":
            host = "localhost" if self._host == "-" else self._host
            self._plain("", "PLAY RECAP", f"{host} | {self._recap(book)}", "")
        self._plain(f"{book.phase} END {book.outcome}: {book.banner}")

    def _recap(self, book: Playbook) -> str:
        tasks = len(book.tasks)
        return (
            f"ok: {tasks - book.failed - book.unreachable} changed: {tasks // 2} unreachable: {book.unreachable} "
            f"failed: {book.failed} skipped: 0 rescued: 0 ignored: {book.ignored}"
        )

    def _entry(self, book: Playbook) -> dict[str, object]:
        stats = {"ok": len(book.tasks) - book.failed, "failures": book.failed, "unreachable": book.unreachable}
        return {
            "branch": "main",
            "index": str(self._playbooks.index(book)),
            "phase": book.phase.removesuffix("-RUN").lower(),
            "playbook": book.path.partition("@")[0],
            "plays": [{"play": {"name": "all"}, "tasks": [self._task_entry(task) for task in book.tasks]}],
            "stats": {
                self._names["node"]: {**stats, "changed": 0, "ignored": book.ignored, "rescued": 0, "skipped": 0}
            },
            "trusted": book.trust == "trusted",
        }

    def _task_entry(self, task: Task) -> dict[str, object]:
        output = {"action": "command", "changed": True, "stdout": "\n".join(task.lines), "stdout_lines": task.lines}
        return {"hosts": {self._names["node"]: {**output, **task.result}}, "task": {"name": task.name}}

"""What the beginning and the end of a console log tell about its build: result, times, branch, pipeline. No I/O.

Knows the consoles of Jenkins, Zuul 2.5, Zuul since version 3, and the markers that TripleO's scripts wrote.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

__all__ = ["ConsoleFacts", "console_facts"]

_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)?(?: \|)?(?: (.*))?\Z", re.DOTALL)
_PHASE = re.compile(
    r"(?P<phase>PRE-RUN|RUN|POST-RUN|CLEANUP-RUN) (?P<edge>START|END)(?: RESULT_(?P<result>[A-Z_]+))?: "
    r"\[(?P<trust>trusted|untrusted) : (?P<playbook>[^\]]*)\]"
)
_RECAP = re.compile(r"\S+ \| ok: \d+ changed: \d+ unreachable: (\d+) failed: (\d+)")
_FINISHED = re.compile(
    r"(?:Finished: |\[Zuul\] Job complete, result: )(SUCCESS|FAILURE|ABORTED|UNSTABLE|NOT_BUILT|TIMED_OUT)\b"
)
_MARKERS = (
    (re.compile(r"\s*SUCCESSFULLY FINISHED|.*\bdlrnapi\b.*--success true\b"), "SUCCESS"),
    (re.compile(r"\s*\*\*\* FAILED|.*marked build as failure|.*\bdlrnapi\b.*--success false\b"), "FAILURE"),
)
_PIPELINE = re.compile(r"Pipeline: (\S+)\s*\Z|(?:export )?ZUUL_PIPELINE=['\"]?([^\s'\"]+)")
_BRANCH = re.compile(r"(?:export )?ZUUL_BRANCH=['\"]?([^\s'\"]+)")
_ENDED = {"TIMED_OUT": "TIMED_OUT", "DISK_FULL": "DISK_FULL", "ABORTED": "ABORTED", "UNREACHABLE": "UNREACHABLE"}


@dataclass(frozen=True, slots=True)
class ConsoleFacts:
    """What a console tells; "" and None where it tells nothing. `result` "" means that no end of the job was seen."""

    result: str = ""
    start_time: dt.datetime | None = None
    end_time: dt.datetime | None = None
    branch: str = ""
    pipeline: str = ""


def console_facts(head: str, tail: str) -> ConsoleFacts:
    """The facts in the first and the last part of a console, which may overlap or be the same."""
    first, last = _Part(), _Part()
    for part, text in ((first, head), (last, tail)):
        for line in text.split("\n"):
            part.read(line.rstrip("\r"))
    return ConsoleFacts(
        last.result,
        first.first_time,
        last.last_time or first.last_time,
        first.branch or last.branch,
        first.pipeline or last.pipeline,
    )


@dataclass(slots=True)
class _Part:
    """Reads a stretch of a console, line by line."""

    first_time: dt.datetime | None = None
    last_time: dt.datetime | None = None
    pipeline: str = ""
    phases: dict[str, str] = field(default_factory=dict)
    finished: str = ""
    marked: str = ""
    failed: bool = False
    unreachable: bool = False
    branches: dict[str, str] = field(default_factory=dict)

    def read(self, line: str) -> None:
        message = self._without_time(line)
        if found := _PHASE.match(message):
            self._phase(found)
        elif found := _RECAP.match(message):
            self.unreachable |= found[1].strip("0") != ""
            self.failed |= found[2].strip("0") != ""
        elif found := _FINISHED.match(message):
            self.finished = found[1]
        elif found := _PIPELINE.match(message):
            self.pipeline = self.pipeline or found[1] or found[2]
        elif found := _BRANCH.match(message):
            self.branches.setdefault("variable", found[1])
        else:
            self.marked = next((word for marker, word in _MARKERS if marker.match(message[:500])), self.marked)

    def _without_time(self, line: str) -> str:
        found = _TIME.match(line)
        if not found:
            return line
        try:
            time = dt.datetime.fromisoformat(found[1]).replace(tzinfo=dt.UTC)
        except ValueError:  # digits, but no moment
            return line
        self.first_time = self.first_time or time
        self.last_time = max(self.last_time or time, time)
        return found[2] or ""

    def _phase(self, found: re.Match[str]) -> None:
        playbook, separator, branch = found["playbook"].rpartition("@")
        if separator and playbook:
            self.branches.setdefault(found["trust"], branch)
        if found["edge"] == "END":
            ended = _ENDED.get(found["result"] or "", "")
            word = ended or ("UNREACHABLE" if self.unreachable else "FAILURE" if self.failed else "SUCCESS")
            if self.phases.get(found["phase"], "SUCCESS") == "SUCCESS":
                self.phases[found["phase"]] = word
        self.failed = self.unreachable = False

    @property
    def branch(self) -> str:
        """That of the job's own playbooks: those of the base job are always on one branch."""
        return next((self.branches[name] for name in ("untrusted", "variable", "trusted") if name in self.branches), "")

    @property
    def result(self) -> str:
        return next(self._words(), "")

    def _words(self) -> Iterator[str]:
        """Result words, the one to be trusted most first."""
        before, run, after = (self.phases.get(phase, "") for phase in ("PRE-RUN", "RUN", "POST-RUN"))
        if before not in ("", "SUCCESS"):
            yield "RETRY_LIMIT" if before == "FAILURE" else before
        if run == "SUCCESS":
            yield "POST_FAILURE" if after not in ("", "SUCCESS") else "SUCCESS"
        yield from _known((run, self.finished, self.marked))


def _known(words: Iterable[str]) -> Iterator[str]:
    return (word for word in words if word)

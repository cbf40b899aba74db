"""The script of one job's console log, with the failure of one build put in where it happened.

A script is text with directives: `@@include FILE`, `@@phase PHASE TRUST PLAYBOOK`, `@@play HOSTS`, `@@task NAME`,
`@@host NAME`, `@@noise NAME COUNT`, `@@wait SECONDS`, `@@end [ignored]` and `@@point NAME`, where a failure may come
in. A failure begins with `@@at POINT` and may use `@@error RC`, `@@unreachable MESSAGE`, `@@result RESULT`; after
`@@file PATH` stand lines for another log file of the same build.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from examples.ci.plan import Edit
from examples.ci.seedtext import SEEDS, seed_lines

__all__ = ["Failure", "Step", "steps_of"]


@dataclass(frozen=True, slots=True)
class Step:
    """A directive with its words, or a line of text (`verb` "text")."""

    verb: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What one failed build shows: at which point of the script, which steps, and lines in other files."""

    point: str = ""
    steps: tuple[Step, ...] = ()
    files: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def read(cls, scenario: str, edits: Sequence[Edit] = ()) -> Failure:
        """The failure called `scenario`, after `edits`; none for ""."""
        if not scenario:
            return cls()
        lines: Iterable[str] = seed_lines(SEEDS / "failures" / f"{scenario}.log")
        for edit in edits:
            lines = edit.apply(lines)
        point, *steps = map(_step, lines)
        begins = [index for index, step in enumerate(steps) if step.verb == "file"]
        files = tuple(
            (steps[begin].words, tuple(step.words for step in steps[begin + 1 : end]))
            for begin, end in zip(begins, [*begins, len(steps)][1:], strict=True)
        )
        return cls(point.words, tuple(steps[: begins[0]] if begins else steps), files)


def _step(line: str) -> Step:
    if not line.startswith("@@"):
        return Step("text", line)
    verb, _, words = line[2:].partition(" ")
    return Step(verb, words)


def _read(name: str) -> Iterator[Step]:
    for step in map(_step, seed_lines(SEEDS / "jobs" / f"{name}.log")):
        if step.verb == "include":
            yield from _read(step.words)
        else:
            yield step


def steps_of(script: str, failure: Failure) -> list[Step]:
    """The whole script; with a failure, what would have come after it in its phase (and before post-run) is left out.

    Raises ValueError when the script never comes to the point of the failure.
    """
    steps: list[Step] = []
    phase, failed, skipping = "", False, False
    for step in _read(script):
        if step.verb == "phase":
            phase, skipping = step.words.split()[0], failed and not _runs_after(failure, step)
        elif step.verb == "end" and skipping:
            if phase and steps[-1].verb != "end":
                steps.append(Step("end", "failed"))
            continue
        if skipping:
            continue
        if step.verb == "point" and failure.point and step.words == failure.point:
            steps += failure.steps
            failed = skipping = True
        elif step.verb != "point":
            steps.append(step)
    if failure.point and not failed:
        raise ValueError(f"{script} has no point {failure.point}")
    return steps


def _runs_after(failure: Failure, phase: Step) -> bool:
    """Whether Zuul still runs a phase after the failure: post-run, but not on a node that cannot be reached."""
    gone = any(step.verb == "unreachable" for step in failure.steps)
    return phase.words.startswith("POST-RUN") and (not gone or phase.words.endswith("post-logs.yaml"))

"""The log files of one build, as bytes: the console, what the job left behind, the inventory, the manifest."""

from __future__ import annotations

import datetime as dt
import io
import json
import lzma
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from examples.ci.console import Clock, Console
from examples.ci.plan import ZUUL, JobFile, Plan, Run, hex_of
from examples.ci.script import Failure, Step, steps_of
from examples.ci.seedtext import Noise, fill
from isal import igzip

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["files_of", "manifest"]

_NODES = {"tempest": "controller", "grenade": "controller", "deploy": "undercloud"}
_WITH_JSON = ("tox-py312", "tox-pep8", "container")
"""Scripts whose builds also leave a job-output.json; the others are large enough."""

_DIRECTORY = "application/directory"


def files_of(plan: Plan, run: Run) -> Iterator[tuple[str, bytes]]:
    """(path below the log root, content) of every file, the same bytes each time; nothing for a build without logs."""
    if not run.console or run.scenario == "log-gone":
        return
    failure = Failure.read(run.scenario, plan.edits_of(run))
    rng = Random(f"console {run.name}")
    console = _console(run, failure, rng)
    content = _packed(run.console, console.text.encode())
    yield run.console, content[: len(content) * 997 // 1000] if run.cut else content
    if run.job.script in _WITH_JSON:
        yield "job-output.json.gz", _packed(".gz", console.as_json.encode())
    if "index" not in run.sources:
        yield "zuul-info/inventory.yaml", _inventory(run).encode()
    yield from _others(run, failure)


def _names(run: Run) -> dict[str, str]:
    """What the places in the seeds may name."""
    change = run.change
    return {
        "node": _NODES.get(run.job.script, "ubuntu-noble"),
        "job": run.job.name,
        "pipeline": run.pipeline,
        "project": run.project,
        "nodeset": run.job.nodeset,
        "change_url": change.url if change else f"https://review.example.org/plugins/gitiles/{run.project}",
        "change_number": str(change.number) if change else run.branch,
        "event_id": hex_of(f"event {run.name}", 32),
    }


def _console(run: Run, failure: Failure, rng: Random) -> Console:
    steps = steps_of(run.job.script, failure)
    console = Console(run.start, _pace(run, steps), rng, _names(run), run.size)
    console.write(steps)
    return console


def _pace(run: Run, steps: Sequence[Step]) -> float:
    """Seconds from line to line of the noise, so that the log takes as long as the build did."""
    waits = sum(float(step.words) for step in steps if step.verb == "wait")
    noises = sum(int(step.words.split()[1]) * run.size for step in steps if step.verb == "noise")
    return max(run.duration - waits - 10, 1) / max(noises, 60)


def _others(run: Run, failure: Failure) -> Iterator[tuple[str, bytes]]:
    """Files beside the console; members of one archive together."""
    planted = dict(failure.files)
    archives: dict[str, list[tuple[str, bytes]]] = {}
    for file in run.job.files:
        text = _noise_file(run, file, planted)
        archive, _, member = file.path.partition("//")
        if member:
            archives.setdefault(archive, []).append((member, text))
        else:
            yield file.path, _packed(file.path, text)
    for archive, members in archives.items():
        yield archive, _archived(run, members)


def _noise_file(run: Run, file: JobFile, planted: dict[str, tuple[str, ...]]) -> bytes:
    """The noise of a file, with the failing lines of the build three quarters down."""
    rng = Random(f"{file.path} {run.name}")
    names = _names(run)
    count = file.lines * run.size
    clock = Clock(run.start, max(run.duration, 60) / count, rng)
    lines = list(Noise(file.noise, rng, names).lines(count))
    name = file.path if "//" in file.path else file.path.rpartition(".")[0]
    lines[count * 3 // 4 : count * 3 // 4] = [
        fill(line, rng, {**names, "stamp": Noise.STAMP}) for line in planted.get(name, ())
    ]
    return "".join(f"{line.replace(Noise.STAMP, clock.stamp(working=True))}\n" for line in lines).encode()


def _packed(path: str, content: bytes) -> bytes:
    """The content compressed as the suffix of the path says."""
    if path.endswith(".gz"):
        return igzip.compress(content, 1, mtime=0)
    if path.endswith(".zst"):
        return zstd.compress(content, 3)
    if path.endswith(".xz"):
        return lzma.compress(content, preset=1)
    return content


def _archived(run: Run, members: Sequence[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=1) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mtime = int((run.end or run.start).timestamp())
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def _inventory(run: Run) -> str:
    """zuul-info/inventory.yaml; JSON is YAML too, and Zuul's tag for unsafe text is only in the YAML."""
    node = _names(run)["node"]
    region = ("iad3", "sjc1", "bhs2", "ams1")[int(run.uuid[0], 16) % 4]
    zuul = {
        "build": run.uuid,
        "job": run.job.name,
        "pipeline": run.pipeline,
        "project": {"name": run.project},
        "branch": run.branch,
        "tenant": "beacon",
        "voting": run.job.voting,
    }
    subject = run.change.subject if run.change else ""
    return (
        f"all:\n  hosts:\n    {node}:\n      ansible_host: 203.0.113.57\n"
        f"      nodepool: {json.dumps({'cloud': 'starling', 'region': region, 'label': run.job.nodeset})}\n"
        f"  vars:\n    zuul: {json.dumps(zuul)}\n    zuul_subject: !unsafe {json.dumps(subject)}\n"
        f"    zuul_url: {ZUUL}\n"
    )


def manifest(files: Mapping[str, int], modified: dt.datetime) -> str:
    """zuul-manifest.json for files given as path and size."""
    return json.dumps({"tree": _entries(files, int(modified.timestamp())), "index_links": False})


def _entries(files: Mapping[str, int], modified: int) -> list[dict[str, object]]:
    here = {path: size for path, size in files.items() if "/" not in path}
    below: dict[str, dict[str, int]] = {}
    for path, size in files.items():
        directory, slash, rest = path.partition("/")
        if slash:
            below.setdefault(directory, {})[rest] = size
    return [
        *(_entry(name, "text/plain") | {"last_modified": modified, "size": size} for name, size in here.items()),
        *(_entry(name, _DIRECTORY) | {"children": _entries(inside, modified)} for name, inside in below.items()),
    ]


def _entry(name: str, mimetype: str) -> dict[str, object]:
    return {"name": name, "mimetype": mimetype, "encoding": None}

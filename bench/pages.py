"""How long each page and API call takes under 8 clients at once, on a store of any size.

A store is filled with a made-up CI (`bench.history`), `sova serve` runs as a program of its own, and 8 clients ask for
many different addresses of each kind: every address once (no page is kept yet, though something of what it counts may
be), then all of them again (pages are kept for the minute, or until the store changes). Beside it stand `sova stats`
and the writing of diagnoses.

usage: python -m bench.pages [--builds 50000] [--database sqlite|postgresql] [--workers 2] [--requests 120]
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import urllib3
from tests.serving import serving

from bench.history import History
from sova.model import Build, Diagnosis
from sova.slugs import build_slug, name_slug, reason_slug
from sova.store import Store

CLIENTS = 8
PROCESSES = 2  # the clients' own work must not be one program's
AIM = 0.200  # seconds, 95th percentile of a page
STATS_AIM = 1.0
WRITTEN = 10_000
KEPT = 4_000  # builds whose addresses are asked for


@dataclass(frozen=True)
class Sample:
    """Builds of every age, to make addresses of."""

    builds: tuple[Build, ...]
    failed: tuple[Build, ...]


def fill(location: str, history: History) -> Sample:
    """Put the history into the store and print how fast that went."""
    chance = random.Random(1)
    kept: list[Diagnosis] = []

    def watched() -> Iterator[Diagnosis]:
        for number, diagnosis in enumerate(history.diagnoses()):
            place = number if number < KEPT else chance.randrange(number + 1)
            if place < KEPT:
                kept[place : place + 1] = [diagnosis]
            yield diagnosis

    begin = time.perf_counter()
    with Store.open(location) as store:
        new = store.save_many(watched())
    seconds = time.perf_counter() - begin
    settle(location)
    print(f"filled      {new:>9,} builds in {seconds:6.1f} s: {new / seconds:8,.0f} a second (save_many)")
    every = tuple(diagnosis.build for diagnosis in kept)
    return Sample(every, tuple(diagnosis.build for diagnosis in kept if diagnosis.failed))


def settle(location: str) -> None:
    """What a server does by itself in a quiet minute, the one for tests does not: PostgreSQL learns what is where."""
    if location.startswith("postgresql"):
        import psycopg  # noqa: PLC0415 - as in `database`

        with psycopg.connect(location, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def write(location: str, history: History) -> None:
    """How long it takes to keep 10,000 more diagnoses: one transaction each, and together."""
    more = list(history.more(2 * WRITTEN))
    with Store.open(location) as store:
        for name, work in (
            ("save, one transaction each", lambda some: [store.save(one) for one in some]),
            ("save_many", store.save_many),
        ):
            part, more = more[:WRITTEN], more[WRITTEN:]
            begin = time.perf_counter()
            work(part)
            seconds = time.perf_counter() - begin
            rate = f"{len(part) / seconds:8,.0f} a second"
            print(f"wrote       {len(part):>9,} diagnoses in {seconds:6.1f} s: {rate} ({name})")


@dataclass(frozen=True)
class Asker:
    """Makes addresses of things that are in the store."""

    chance: random.Random
    sample: Sample
    history: History

    def build(self) -> str:
        return build_slug(self.chance.choice(self.sample.failed).key)

    def job(self) -> str:
        return self.chance.choice(self.sample.builds).job_name

    def project(self) -> str:
        return quote(self.chance.choice(self.history.projects))

    def reason(self) -> str:
        place = min(int(self.chance.expovariate(0.05)), len(self.history.reasons) - 1)
        return reason_slug(self.history.reasons[place].tag, self.history.reasons[place].message)

    def change(self) -> str:
        builds = self.chance.sample(self.sample.builds, min(200, len(self.sample.builds)))
        change = next(build.change for build in builds if build.change.number)
        return f"{name_slug(change.project)}/{change.number}"

    def named(self) -> str:
        """One of the ranges that a person chooses."""
        return "range=" + self.chance.choice(("7d", "14d", "30d"))

    def span(self) -> str:
        """A range of 1 to 14 days that nobody asked for before."""
        ends = self.history.end - dt.timedelta(seconds=self.chance.randrange(30 * 86400))
        begins = ends - dt.timedelta(days=self.chance.randrange(1, 15))
        return f"since={quote(begins.isoformat())}&until={quote(ends.isoformat())}"


KINDS: dict[str, Callable[[Asker], str]] = {
    "overview, 7 days, a project": lambda a: f"/?range=7d&project={a.project()}",
    "overview, any range": lambda a: f"/?{a.span()}",
    "jobs grid": lambda a: f"/jobs?range=7d&project={a.project()}",
    "job": lambda a: f"/jobs/{name_slug(a.job())}?{a.named()}",
    "build": lambda a: f"/builds/{a.build()}",
    "builds of a job": lambda a: f"/builds?range=30d&job={quote(a.job())}",
    "builds by text": lambda a: f"/builds?range=90d&text={a.chance.randrange(5000)}+did+not+answer",
    "reasons": lambda a: f"/reasons?{a.span()}",
    "reason": lambda a: f"/reasons/{a.reason()}?{a.named()}",
    "changes": lambda a: f"/changes?{a.span()}",
    "change": lambda a: f"/changes/{a.change()}",
    "unknown": lambda a: f"/unknown?{a.span()}",
    "patterns": lambda a: f"/patterns?{a.named()}",
    "statistics": lambda a: f"/statistics?{a.span()}",
    "feed": lambda a: f"/feed.atom?job={quote(a.job())}",
    "badge": lambda a: f"/badge.svg?job={quote(a.job())}",
    "api builds": lambda a: f"/api/v1/builds?{a.span()}&failed=yes",
    "api build": lambda a: f"/api/v1/builds/{a.build()}",
    "api diagnoses": lambda a: f"/api/v1/diagnoses?range=7d&job={quote(a.job())}",
    "api reasons": lambda a: f"/api/v1/reasons?{a.span()}",
    "api statistics": lambda a: f"/api/v1/statistics?{a.span()}",
    "api patterns": lambda a: f"/api/v1/patterns?{a.named()}",
    "api sources": lambda _: "/api/v1/sources",
    "metrics": lambda _: "/metrics",
    "healthz": lambda _: "/healthz",
}


def _client(root: str, addresses: Sequence[str], threads: int) -> list[tuple[float, int, int]]:
    """Seconds, status and size of each answer, asked by that many threads."""
    pool = urllib3.PoolManager(maxsize=threads, retries=False)

    def ask(address: str) -> tuple[float, int, int]:
        begin = time.perf_counter()
        answer = pool.request("GET", root + address, headers={"Accept-Encoding": "gzip"}, decode_content=False)
        return time.perf_counter() - begin, answer.status, len(answer.data)

    with ThreadPoolExecutor(threads) as executor:
        return list(executor.map(ask, addresses))


def ask(pool: ProcessPoolExecutor, root: str, addresses: Sequence[str]) -> list[tuple[float, int, int]]:
    """The same, with the clients spread over processes."""
    parts = [addresses[place::PROCESSES] for place in range(PROCESSES)]
    answers = [pool.submit(_client, root, part, CLIENTS // PROCESSES) for part in parts]
    return [one for answer in answers for one in answer.result()]


def settled(root: str, workers: int) -> None:
    """Wait until every process says that it is ready; which one answers is chance."""
    begin, ready = time.perf_counter(), 0
    while ready < 20 * workers:
        ready = ready + 1 if urllib3.request("GET", f"{root}readyz", retries=False).status == 200 else 0
        time.sleep(0.02)
    print(f"ready       after {time.perf_counter() - begin:.1f} s, {workers} processes")


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def measure(root: str, sample: Sample, history: History, requests: int) -> int:
    """Print a line a kind of address. Returns how many kinds missed the aim when asked for the first time."""
    missed = 0
    print(f"\n{CLIENTS} clients; milliseconds     first: p50   p95    again: p50   p95   largest answer, sent")
    with ProcessPoolExecutor(PROCESSES) as pool:
        for name, address in KINDS.items():
            asker = Asker(random.Random(name), sample, history)
            addresses = list(dict.fromkeys(address(asker) for _ in range(requests)))
            first, again = ask(pool, root, addresses), ask(pool, root, addresses)
            bad = {status for _, status, _ in first if status != 200}
            times, later = [one[0] for one in first], [one[0] for one in again]
            slow = percentile(times, 0.95)
            missed += slow > AIM or bool(bad)
            note = f"  MISSED {AIM * 1000:.0f} ms" if slow > AIM else ""
            note += f"  STATUS {sorted(bad)}" if bad else ""
            print(
                f"{name:28} {1000 * percentile(times, 0.5):10.1f} {1000 * slow:6.1f} "
                f"{1000 * percentile(later, 0.5):11.1f} {1000 * percentile(later, 0.95):6.1f}"
                f" {max(one[2] for one in first) / 1000:10.1f} kB {len(addresses):4} addresses{note}",
                flush=True,
            )
    return missed


def statistics(config: Path) -> None:
    """How long `sova stats` takes over the last 7 days, as a program, the best of three."""
    command = [sys.executable, "-m", "sova", "--config", str(config), "stats", "-o", "json"]
    best = math.inf
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - begin)
    print(f"\nsova stats over the last 7 days: {best:.2f} s{'' if best < STATS_AIM else '  MISSED 1 s'}")


@contextmanager
def database(kind: str, directory: Path) -> Iterator[str]:
    """The location of an empty database of that kind."""
    if kind == "sqlite":
        yield str(directory / "bench.db")
        return
    from tests.postgres_server import running  # noqa: PLC0415 - needs a PostgreSQL on the machine

    with running() as server:
        yield server.url(server.create())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--builds", type=int, default=50_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes of sova serve (all processors)")
    parser.add_argument("--requests", type=int, default=120, help="addresses of each kind")
    options = parser.parse_args()
    end = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
    history = History(options.builds, end=end)
    print(f"{options.database}, {options.builds:,} builds over {history.days} days, {os.cpu_count()} cores")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sova-bench-")))
        location = stack.enter_context(database(options.database, directory))
        sample = fill(location, history)
        write(location, history)
        if options.database == "sqlite":
            size = sum(file.stat().st_size for file in directory.glob("bench.db*"))
            print(f"database    {size / 1e6:9,.0f} MB, {size / options.builds:,.0f} bytes a build")
        config = directory / "sova.yaml"
        config.write_text(f"store: '{location}'\ncache: '{directory / 'cache'}'\n", encoding="utf-8")
        with serving(config, "--workers", str(options.workers)) as root:
            settled(root, options.workers)
            missed = measure(root.rstrip("/"), sample, history, options.requests)
        statistics(config)
    print(
        f"{missed} of {len(KINDS)} kinds of address missed the aim of {AIM * 1000:.0f} ms"
        if missed
        else "every aim met"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How long the static site takes for 14 days of failures, and an update after 50 new builds.

Behind the time stands that of all processors, which tells whether something else was running. Beside it stands the
physical limit: writing the same files with the same names and bytes, nothing else.

usage: python -m bench.site [--builds 150000]
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.history import History
from sova.store import Store

DAYS = 14
NEW = 50
WHOLE_AIM, UPDATE_AIM = 60.0, 3.0  # seconds


def written(directory: Path) -> dict[str, tuple[int, int]]:
    """Every file of the site: when it was written and how large it is."""
    return {
        str(path.relative_to(directory)): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in directory.rglob("*")
        if path.is_file()
    }


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the clock, and of all processors."""

    clock: float
    processors: float

    def __str__(self) -> str:
        return f"{self.clock:6.1f} s ({self.processors:.1f} s of processors)"


def report(config: Path, site: Path) -> Took:
    """What the command takes, as a program."""
    command = [sys.executable, "-m", "sova", "--config", str(config), "report", "html", str(site), "--days", str(DAYS)]
    begin, before = time.perf_counter(), _processors()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return Took(time.perf_counter() - begin, _processors() - before)


def _processors() -> float:
    """Seconds of processors that all programs took which were run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def limit(site: Path, copy: Path) -> float:
    """Seconds to write the same bytes under the same names."""
    contents = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    begin = time.perf_counter()
    for path, content in contents.items():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes(content)
    return time.perf_counter() - begin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--builds", type=int, default=150_000, help=f"builds of the {DAYS} days")
    options = parser.parse_args()
    end = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
    history = History(options.builds, days=DAYS, end=end)
    with tempfile.TemporaryDirectory(prefix="sova-bench-") as name:
        directory = Path(name)
        config, site = directory / "sova.yaml", directory / "site"
        config.write_text(f"store: {directory / 'bench.db'}\n", encoding="utf-8")
        with Store.open(str(directory / "bench.db")) as store:
            store.save_many(history.diagnoses())
            failures = sum(one.failed for one in history.diagnoses())
        print(f"{options.builds:,} builds, {failures:,} failures in {DAYS} days, {os.cpu_count()} cores")
        whole = report(config, site)
        first = written(site)
        size = sum(size for _, size in first.values())
        least = limit(site, directory / "copy")
        print(f"whole site  {whole}, {len(first):,} files, {size / 1e6:,.0f} MB{_missed(whole, WHOLE_AIM)}")
        print(f"the limit   {least:6.1f} s to write the same files: {whole.clock / least:.1f} times that")
        nothing = report(config, site)
        print(f"no news     {nothing}, {_changes(first, written(site))} files written")
        before = written(site)
        with Store.open(str(directory / "bench.db")) as store:
            for diagnosis in history.more(NEW):
                store.save(diagnosis)
        update = report(config, site)
        changed = _changes(before, written(site))
        print(f"{NEW} new builds{update}, {changed} files written{_missed(update, UPDATE_AIM)}")
    return 0


def _changes(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> int:
    return sum(before.get(name) != state for name, state in after.items())


def _missed(took: Took, aim: float) -> str:
    return f"  MISSED {aim:.0f} s" if took.clock > aim else ""


if __name__ == "__main__":
    sys.exit(main())

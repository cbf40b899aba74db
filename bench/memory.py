"""Peak memory of searching a gzip log of 1 GB with the 116 rules of the seed.

    python -m bench.memory

The log is made in a temporary directory and searched in a process of its own, through the same openers that a build's
logs go through. Fails at 120 MB or more.
"""

from __future__ import annotations

import gzip
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.planted import filler
from bench.seed_rules import CORPORA
from sova.config import Limits
from sova.logs.cache import Cache
from sova.logs.find import open_tree
from sova.patterns.engine import Engine
from sova.patterns.load import load

SIZE = 1_000_000_000
ALLOWED = 120_000_000
PART = 1_000_000


def main() -> int:
    if len(sys.argv) == 2:
        return search(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "job-output.txt.gz"
        write_log(log)
        print(f"log: {SIZE / 1e6:.0f} MB, {log.stat().st_size / 1e6:.0f} MB as gzip; every 100 KB a line with a hit,")
        print("every 10 MB a line of 300 KB, and at its end one line of 5 MB")
        child = subprocess.run(
            [sys.executable, "-m", "bench.memory", str(log)], check=False, capture_output=True, text=True
        )
    print(child.stdout.strip() or child.stderr.strip())
    return child.returncode


def write_log(path: Path) -> None:
    """A log with what takes memory: many hits of several rules, and long lines with hits in them."""
    random_ = random.Random(1)
    hits = (b"Killed timeout -s 9 ", b"Failed to build x", b"ssh: connect to host a port 22: No route to host")
    lines = b"".join(filler(120, random_) for _ in range(830))
    part = b"".join(lines + random_.choice(hits) + b"\n" for _ in range(PART // len(lines)))
    with gzip.open(path, "wb", compresslevel=1) as file:
        written = 0
        while written < SIZE - 5_000_000:
            written += file.write(part)
            if written % 10_000_000 < len(part):
                written += file.write(b"x" * 150_000 + hits[1] + b"y" * 150_000 + b"\n")
        file.write(b"z" * 2_500_000 + hits[0] + b"z" * 2_500_000)


def search(path: Path) -> int:
    """Search the log in this process, and say what that took."""
    engine = Engine(load([CORPORA[0]], builtin=False).patterns)
    with tempfile.TemporaryDirectory() as directory:
        tree = open_tree(str(path), http=None, cache=Cache(Path(directory), SIZE), limits=Limits())
        (file,) = tree.names()
        start = time.process_time()
        scan = engine.scan(tree.chunks(file), file=file.name)
        seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = sum(scan.counts.values())
    print(f"{scan.lines} lines, {found} hits, {len(scan.hits)} kept, {len(scan.problems)} problems")
    print(f"{scan.size / 1e6:.0f} MB in {seconds:.1f} CPU seconds, {scan.size / seconds / 1e6:.0f} MB/s")
    print(f"peak memory: {peak / 1e6:.0f} MB, allowed: less than {ALLOWED / 1e6:.0f} MB")
    return 0 if peak < ALLOWED and not scan.problems else 1


if __name__ == "__main__":
    sys.exit(main())

"""Speed of the engine with the 116 rules of the seed, beside the seed's loop, `rg` and the limits of the machine.

    python -m bench.speed

One process, one thread, the same 200 MB in memory for all, CPU seconds; the loop runs on the first 10 MB. Fails when
the engine is not at least 100 times as fast as the loop.
"""

from __future__ import annotations

import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from isal import igzip, igzip_lib

from bench.parity import shared_logs
from bench.planted import filler, samples
from bench.seed_rules import CORPORA, Rule, hits, read_rules
from sova.patterns.blocks import blocks
from sova.patterns.database import Database
from sova.patterns.engine import Engine
from sova.patterns.literals import literals_of
from sova.patterns.load import load

SIZE = 200_000_000
LOOP_SIZE = 10_000_000
WANTED = 100
CHUNK = 1 << 20


def main() -> int:
    rules = read_rules(CORPORA[0])
    engine = Engine(load([CORPORA[0]], builtin=False).patterns)
    print(f"{len(rules)} rules, filter: {engine.filter_name}, {SIZE / 1e6:.0f} MB in memory, CPU seconds")
    logs = {"real logs, over and over": real_log(), "made log, a hit every 50 KB": made_log(rules)}
    least = min(measure(name, log, rules, engine) for name, log in logs.items())
    print(f"\nwanted: {WANTED} x the loop, least: {least:.0f} x")
    return 0 if least >= WANTED else 1


def measure(name: str, log: bytes, rules: list[Rule], engine: Engine) -> float:
    """Print the table for one log, and give how many times as fast as the loop the engine is."""
    part, packed = log[:LOOP_SIZE], igzip.compress(log, 1)
    found = sum(engine.scan(chunks(log), file="log").counts.values())
    database = Database([literals_of(pattern) for pattern in engine.patterns])
    rows = {
        "the seed's loop": rate(lambda: sum(1 for _ in hits(rules, part)), len(part)),
        "engine": rate(lambda: engine.scan(chunks(log), file="log"), len(log)),
        "limit: hyperscan alone": rate(
            lambda: sum(len(database.reports(part)) for part in chunks(log, 65536)), len(log)
        ),
        "limit: cutting, counting lines": rate(lambda: sum(b.data.count(b"\n") for b in blocks(chunks(log))), len(log)),
        "limit: unpacking gzip": rate(lambda: igzip_lib.decompress(packed, igzip_lib.DECOMP_GZIP), len(log)),
        "limit: copying memory": rate(lambda: bytearray(log), len(log)),
        **ripgrep(log, rules),
    }
    loop = rows["the seed's loop"]
    print(f"\n{name}: {found} hits")
    for label, speed in rows.items():
        print(f"  {label:32} {speed / 1e6:9.1f} MB/s {speed / loop:8.0f} x the loop")
    return rows["engine"] / loop


def rate(deed: Callable[[], object], size: int) -> float:
    """Bytes a CPU second, the better of two runs."""
    best = 0.0
    for _ in range(2):
        start = time.process_time()
        deed()
        best = max(best, size / (time.process_time() - start))
    return best


def ripgrep(log: bytes, rules: list[Rule]) -> dict[str, float]:
    """`rg` with the same rules on the same bytes, in CPU time of its process, start and reading included."""
    if shutil.which("rg") is None:
        print("\n(rg is not installed: its row is left out)")
        return {}
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "log").write_bytes(log)
        (Path(directory) / "rules").write_text("\n".join({_for_ripgrep(rule) for rule in rules}), encoding="utf-8")
        command = ["rg", "--no-config", "-a", "-c", "-j1", "-f", "rules", "log"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {f"peer: rg -c, {answer.stdout.strip()} lines": len(log) / seconds}


def _for_ripgrep(rule: Rule) -> str:
    if isinstance(rule.pattern, str):
        return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", rule.pattern)
    return rule.pattern.pattern


def chunks(log: bytes, size: int = CHUNK) -> Iterator[bytes]:
    return (log[at : at + size] for at in range(0, len(log), size))


def real_log() -> bytes:
    """The logs beside the checkout one after the other, again and again."""
    logs = b"".join(log if log.endswith(b"\n") else log + b"\n" for _, log in shared_logs())
    return (logs * (SIZE // len(logs) + 1))[:SIZE]


def made_log(rules: list[Rule]) -> bytes:
    """Lines of 120 bytes, and in 50 KB of them one in which a rule is found."""
    random_ = random.Random(1)
    plants = [text.encode() for rule in rules for text in samples(rule, 3)]
    part = b"".join(
        b"".join(filler(120, random_) for _ in range(416)) + random_.choice(plants) + b"\n" for _ in range(500)
    )
    return (part * (SIZE // len(part) + 1))[:SIZE]


if __name__ == "__main__":
    sys.exit(main())

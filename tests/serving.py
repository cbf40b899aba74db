"""`sova serve` as a program of its own, for browser tests, pictures and benchmarks."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples.ci.plan import AS_OF

__all__ = ["EXAMPLE_TIME", "serving"]

EXAMPLE_TIME = ("--as-of", f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}")
"""The moment at which the example CI is looked at, as options of every command that reports."""


@contextmanager
def serving(config: Path, *options: str) -> Iterator[str]:
    """The address of the first page. Raises RuntimeError with what the program said where it does not start."""
    command = [sys.executable, "-m", "sova", "--config", str(config), "serve", "--port", "0", *options]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    said: list[str] = []
    drain = threading.Thread()
    try:
        assert server.stderr
        for line in server.stderr:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise RuntimeError(f"sova serve did not start: {''.join(said)}")
        drain = threading.Thread(target=server.stderr.read, daemon=True)  # a full pipe would hold the server
        drain.start()
        yield f"{found[0]}/"
    finally:
        server.terminate()
        server.wait(30)
        if server.stderr:
            if drain.ident:
                drain.join(10)
            server.stderr.close()

"""`make run`: serve the example's logs, and let Sova tell why its jobs failed, as a user would."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import yaml
from examples.ci.plan import AS_OF, HERE, TENANT, ZUUL, Plan
from examples.ci.recorded import gerrit_answer, zuul_answer
from examples.ci.server import serving
from examples.ci.tree import make

__all__ = ["main", "prepare", "site_command", "sova_command"]

DAYS = 11
"""How many days the example covers, today included."""

_AS_OF = ("--as-of", f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}")


def prepare(plan: Plan, directory: Path, logs: str) -> Path:
    """Write the recordings and the configuration, with `logs` as the root of the log server; gives sova.yaml."""
    (directory / "gerrit.jsonl").write_text(gerrit_answer(plan, logs), encoding="utf-8")
    (directory / "zuul.json").write_text(zuul_answer(plan, logs), encoding="utf-8")
    shutil.copy(HERE / "patterns.yaml", directory)
    config = directory / "sova.yaml"
    config.write_text(_configuration(directory.resolve(), logs), encoding="utf-8")
    return config


def _configuration(directory: Path, logs: str) -> str:
    text = (HERE / "sova.yaml.in").read_text(encoding="utf-8")
    for name, value in {"DIRECTORY": str(directory), "LOGS": logs, "ZUUL": ZUUL, "TENANT": TENANT}.items():
        text = text.replace(f"@{name}@", value)
    yaml.safe_load(text)  # a path that YAML takes for something else shows here, not in Sova
    return text


def sova_command(config: Path, *options: str) -> list[str]:
    """The command line that collects the whole example."""
    return [
        *(sys.executable, "-m", "sova", "--config", str(config)),
        *("run", "--days", str(DAYS), *_AS_OF, *options),
    ]


def site_command(config: Path, site: Path) -> list[str]:
    """The command line that writes the pages, one for each failure of the example."""
    days = ("--days", "14", "--build-pages", str(DAYS))
    return [*(sys.executable, "-m", "sova", "--config", str(config)), "report", "html", str(site), *days, *_AS_OF]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Sova on the example CI. The last line on stdout is the path of the site; gives Sova's exit status."""
    options = _options(arguments)
    keep: Path = options.keep
    tree = keep / "logs"
    keep.mkdir(parents=True, exist_ok=True)
    plan = Plan.read()
    if make(plan, tree):
        print(f"made the logs of {len(plan.runs)} builds in {tree}", file=sys.stderr)
    for name in ("sova.db", "sova.db-wal", "sova.db-shm"):  # the port, and so every log URL, is another one each time
        (keep / name).unlink(missing_ok=True)
    with serving(tree, options.port) as logs:
        config = prepare(plan, keep, logs)
        done = subprocess.run(sova_command(config, *options.more), check=False)
        if done.returncode > 1:  # 1 says that builds failed, with --exit-status
            return done.returncode
        written = subprocess.run(site_command(config, options.site), check=False)
        if written.returncode:
            return written.returncode
        print(options.site / "index.html", flush=True)
        if options.serve:
            print(f"logs at {logs} until ^C", file=sys.stderr)
            _wait()
    return done.returncode


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.ci.run", description=main.__doc__)
    parser.add_argument("--keep", type=Path, default=Path("build/example"), help="where logs, recordings and store go")
    parser.add_argument("--site", type=Path, default=Path("site"), help="where the pages go")
    parser.add_argument("--port", type=int, default=0, help="port of the log server; by default a free one")
    parser.add_argument("more", nargs="*", metavar="-- OPTION", help="more options for `sova run`")
    parser.add_argument("--serve", action="store_true", help="keep the log server up, so that links to logs work")
    return parser.parse_args(arguments)


def _wait() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    sys.exit(main())

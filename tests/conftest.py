"""Options of the whole suite, what all of it shares, the list of skips at its end, and the lines that tests want said.

`--real` lets the tests against real servers run (`make test-real`), `--browser` those with a browser
(`make test-browser`); without it they are deselected.
`--strict-skips` fails the run when a test was skipped for a reason that `allowed_skips.txt` does not allow.
"""

from __future__ import annotations

import fcntl
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.skips import Rule, read_rules, unexpected

if TYPE_CHECKING:
    from tests.example import Example
    from tests.postgres_server import PostgresServer

ALLOWED = Path(__file__).with_name("allowed_skips.txt")

Say = Callable[[str], None]
_SAID = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sova")
    group.addoption("--real", action="store_true", help="run the tests against real servers (marker real)")
    group.addoption("--browser", action="store_true", help="run the tests with a browser (marker browser)")
    group.addoption(
        "--require",
        default="",
        metavar="NAMES",
        help="servers that must start: zuul,executor,sshd,apache,nginx,gerrit; the others are skipped if they do not",
    )
    group.addoption("--strict-skips", action="store_true", help="fail on a skip that tests/allowed_skips.txt forbids")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SAID] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for marker in ("real", "browser"):
        apart = [item for item in items if item.get_closest_marker(marker)]
        if apart and not config.getoption(f"--{marker}"):
            config.hook.pytest_deselected(items=apart)
            items[:] = [item for item in items if not item.get_closest_marker(marker)]
    twice = [name for name, count in Counter(item.nodeid for item in items).items() if count > 1]
    if twice:
        raise pytest.UsageError(f"tests of one name, of which pytest-xdist would run one: {', '.join(twice)}")


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Say:
    """Gives a function whose lines are printed together at the end of the run, whether tests passed or failed."""
    return request.config.stash[_SAID].append


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The machine's own PostgreSQL, for all tests."""
    from tests.postgres_server import running  # noqa: PLC0415 - most runs of a few tests need no psycopg

    with running() as server:
        yield server


@pytest.fixture(scope="session")
def shared_directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all processes of this run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.fixture(scope="session")
def example(shared_directory: Path) -> Example:
    """The example CI, run once; only for reading."""
    from tests.example import Example  # noqa: PLC0415 - most runs of a few tests do not need it

    directory = shared_directory / "example-ci"
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first process that wants it makes it, others wait
        return Example.run(directory)


def _skips(terminal: pytest.TerminalReporter) -> Iterator[tuple[str, str]]:
    """(test or module, reason) of everything that was skipped."""
    for report in terminal.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        yield report.nodeid, reason.removeprefix("Skipped: ")


def _terminal(config: pytest.Config) -> pytest.TerminalReporter | None:
    plugin = config.pluginmanager.get_plugin("terminalreporter")
    return plugin if isinstance(plugin, pytest.TerminalReporter) else None


def _refused(config: pytest.Config) -> list[tuple[str, str]]:
    terminal = _terminal(config)
    if terminal is None or not config.getoption("--strict-skips"):
        return []
    rules: Iterable[Rule] = read_rules(ALLOWED.read_text(encoding="utf-8"))
    return unexpected(_skips(terminal), rules)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["said"] = session.config.stash[_SAID]
    if session.exitstatus == pytest.ExitCode.OK and _refused(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # Any: a process of xdist
    """Take over what a process said; one that broke off has no output."""
    node.config.stash[_SAID] += getattr(node, "workeroutput", {}).get("said", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if said := config.stash[_SAID]:
        terminalreporter.section("seen")
        for line in said:
            terminalreporter.write_line(line)
    skips = list(_skips(terminalreporter))
    if skips:
        terminalreporter.section(f"skipped: {len(skips)}")
        for where, reason in skips:
            terminalreporter.write_line(f"{where}: {reason}")
    for where, reason in _refused(config):
        terminalreporter.write_line(f"NOT ALLOWED (tests/{ALLOWED.name}): {where}: {reason}", red=True)

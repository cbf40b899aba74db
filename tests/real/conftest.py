"""The real servers as fixtures: started once, when a test first needs them, and stopped at the end.

A server in `--require` that does not start fails its tests; any other skips them, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager as Context
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from tests.conftest import Say
from tests.real import gerrit_server, ssh_server, zuul_server
from tests.real import log_servers as weblogs
from tests.real.servers import StartError
from tests.real.tally import Count, Tally

Server = TypeVar("Server")
KNOWN = ("zuul", "executor", "sshd", "apache", "nginx", "gerrit")


class Servers:
    """Starts a server at most once; a start that failed is not tried again."""

    def __init__(self, required: frozenset[str], stack: ExitStack) -> None:
        self.required = required
        self.stack = stack
        self.started: dict[str, object] = {}

    def start(self, name: str, context: Callable[[], Context[Server]], also: Sequence[str] = ()) -> Server:
        """The running server. Fails the test, or skips it where neither `name` nor one of `also` is required."""
        if name not in self.started:
            try:
                self.started[name] = self.stack.enter_context(context())
            except StartError as error:
                self.started[name] = error
        server = self.started[name]
        if isinstance(server, StartError):
            if required := self.required.intersection((name, *also)):
                pytest.fail(f"{', '.join(sorted(required))} required, did not start: {server}", pytrace=False)
            pytest.skip(f"{name} did not start: {server}")
        return server  # type: ignore[return-value]  # what `context` gave under this name


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    names = frozenset(name for name in request.config.getoption("--require").split(",") if name)
    if unknown := names - set(KNOWN):
        pytest.fail(f"--require: no such server: {', '.join(sorted(unknown))}; there are {', '.join(KNOWN)}")
    with ExitStack() as stack:
        yield Servers(names, stack)


@pytest.fixture
def count(say: Say) -> Count:
    def told(server: str, what: str, tally: Tally) -> None:
        say(tally.line(server, what))
        assert tally.exact, f"lost {sorted(map(str, tally.lost))[:5]}, extra {sorted(map(str, tally.extra))[:5]}"

    return told


@pytest.fixture
def zuul(servers: Servers) -> zuul_server.ZuulServer:
    return servers.start("zuul", zuul_server.zuul_server)


@pytest.fixture
def executor(servers: Servers, zuul: zuul_server.ZuulServer) -> Path:
    return servers.start("executor", zuul_server.executor)


@pytest.fixture
def log_servers(servers: Servers) -> weblogs.LogServers:
    """Apache, nginx and http.server: one script starts all of them."""
    return servers.start("log servers", weblogs.log_servers, also=("apache", "nginx"))


@pytest.fixture
def sshd(servers: Servers) -> ssh_server.SshServer:
    return servers.start("sshd", ssh_server.ssh_server)


@pytest.fixture
def gerrit(servers: Servers) -> gerrit_server.GerritServer:
    return servers.start("gerrit", gerrit_server.gerrit_server)

"""Running a command by the OpenSSH client: its command line, its output, and what is said when it fails."""

from __future__ import annotations

import itertools
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sova.ssh import Connection, SshError, lines
from tests.ports import HOST
from tests.sshd import Sshd, running

NAMED = Connection("review.example.org", 29418, "me", "~/.ssh/ci", timeout=20)


def test_the_client_is_called_so_that_it_never_asks_and_never_takes_an_unknown_host() -> None:
    words = ["gerrit", "query", 'project:"^a.*" status:open', "it's"]
    arguments = NAMED.arguments(words)
    assert arguments[0] == "ssh"
    assert arguments[-3:] == [
        "--",
        "review.example.org",
        shlex.join(["gerrit", "query", 'project:"^a.*" status:open', "it's"]),
    ]
    options = [after for before, after in itertools.pairwise(arguments) if before == "-o"]
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=20", "IdentitiesOnly=yes"} <= set(options)
    assert arguments[arguments.index("-p") + 1] == "29418"
    assert arguments[arguments.index("-l") + 1] == "me"
    assert arguments[arguments.index("-i") + 1] == str(Path.home() / ".ssh/ci")


def test_what_is_not_configured_is_left_to_the_client() -> None:
    arguments = Connection("review").arguments(["true"])
    assert not {"-p", "-l", "-i"} & set(arguments)


def test_a_host_that_looks_like_an_option_is_none() -> None:
    arguments = Connection("-oProxyCommand=touch pwned").arguments(["true"])
    assert arguments[arguments.index("--") + 1] == "-oProxyCommand=touch pwned"


# --- with another program in place of ssh, what it writes and how it ends is all that counts


def stand_in(code: str, *, timeout: float = 20, total_timeout: float = 60, max_bytes: int = 10_000_000) -> Connection:
    """A connection whose client is a Python program; it is given the arguments of ssh and need not look at them."""
    command = shlex.join([sys.executable, "-c", f"import os, sys, time\n{code}"])
    return Connection("host", ssh_command=command, timeout=timeout, total_timeout=total_timeout, max_bytes=max_bytes)


def test_lines_end_at_line_feeds_and_bad_bytes_are_replaced() -> None:
    connection = stand_in(r"os.write(1, b'a\r\n\xe2\x80\xa8b\xff\n\nlast')")
    assert list(lines(connection, ["x"])) == ["a\r", "\u2028b\ufffd", "", "last"]


def test_a_line_that_comes_in_pieces_is_one_line() -> None:
    connection = stand_in(
        "for _ in range(3):\n    os.write(1, b'x' * 40000)\n    time.sleep(0.05)\nos.write(1, b'\\ny')"
    )
    assert [len(line) for line in lines(connection, ["x"])] == [120_000, 1]


def test_lines_are_given_before_the_command_ends() -> None:
    connection = stand_in("os.write(1, b'first\\n')\ntime.sleep(60)")
    assert next(lines(connection, ["x"])) == "first"


def test_much_on_stderr_does_not_block_the_output() -> None:
    connection = stand_in("os.write(2, b'e' * 1_000_000)\nos.write(1, b'done')")
    assert list(lines(connection, ["x"])) == ["done"]


def test_silence_ends_after_the_time_limit() -> None:
    command = "sh -c 'echo first; exec sleep 60'"  # starts at once, which counts as silence too
    connection = Connection("host", ssh_command=command, timeout=1)
    given = lines(connection, ["x"])
    assert next(given) == "first"
    with pytest.raises(SshError, match="no byte came for 1 seconds"):
        next(given)


def test_an_endless_answer_ends_after_the_total_time() -> None:
    connection = stand_in("while True:\n    os.write(1, b'x\\n')\n    time.sleep(0.01)", total_timeout=1)
    with pytest.raises(SshError, match="not complete for 1 seconds"):
        list(lines(connection, ["x"]))


def test_an_answer_that_is_too_large_is_refused() -> None:
    connection = stand_in("while True: os.write(1, b'x' * 1000)", max_bytes=50_000)
    with pytest.raises(SshError, match="larger than 50,000 bytes"):
        list(lines(connection, ["x"]))


def test_the_client_is_missing() -> None:
    with pytest.raises(SshError, match=r"cannot start '/no/such/ssh'"):
        list(lines(Connection("host", ssh_command="/no/such/ssh"), ["x"]))


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        ("ssh: Could not resolve hostname x: Name or service not known", 255, "cannot be resolved"),
        ("ssh: connect to host x port 1: Connection refused", 255, "nothing listens there"),
        ("ssh: connect to host x port 1: Connection timed out", 255, "does not answer"),
        ("Connection reset by 10.0.0.1 port 29418", 255, "was cut"),
        ("Received disconnect: Too many authentication failures", 255, "refuses the key"),
        ("WARNING: UNPROTECTED PRIVATE KEY FILE!\nPermission denied (publickey).", 255, "chmod 600"),
        ("something new", 255, r"failed \(ssh said: something new\)"),
        ("fatal: gerrit: not found", 127, "does not know the command"),
        ("fatal: internal server error", 1, r"ended with status 1 \(ssh said: fatal: internal"),
    ],
)
def test_a_failure_says_what_to_do(said: str, status: int, told: str) -> None:
    connection = stand_in(f"os.write(2, {said.encode()!r})\nsys.exit({status})")
    with pytest.raises(SshError, match=told):
        list(lines(connection, ["x"]))


def test_what_a_server_says_cannot_steer_the_terminal() -> None:
    with pytest.raises(SshError) as caught:
        list(lines(stand_in("os.write(2, b'\\x1b]0;evil\\x07\\n')\nsys.exit(3)"), ["x"]))
    assert "\x1b" not in str(caught.value)
    assert "\x07" not in str(caught.value)


# --- a real server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running(tmp_path_factory.mktemp("sshd")) as running_server:
        yield running_server


def to(server: Sshd, known_hosts: str = "known_hosts", key: str = "client") -> Connection:
    command = server.ssh_command(known_hosts)
    return Connection(HOST, server.port, server.user, str(server.home / key), command, timeout=20)


def test_the_words_of_a_command_arrive_whole(server: Sshd) -> None:
    server.answers("echo one; echo two")
    words = ["gerrit", "query", "--", 'project:"^a/$HOME-.*" (x OR y)', "it's `here`", "limit:2"]
    assert list(lines(to(server), words)) == ["one", "two"]
    assert server.asked() == [words]


def test_an_unknown_host_key_is_refused(server: Sshd) -> None:
    server.answers("echo never")
    with pytest.raises(SshError, match=rf"host key is not known.*ssh-keyscan -p {server.port} 127\.0\.0\.1 >>"):
        list(lines(to(server, "unknown"), ["x"]))
    assert (server.home / "unknown").read_text() == ""


def test_a_changed_host_key_is_refused(server: Sshd) -> None:
    with pytest.raises(SshError, match=rf"has CHANGED.*ssh-keygen -R '\[127\.0\.0\.1\]:{server.port}'"):
        list(lines(to(server, "changed"), ["x"]))


def test_a_wrong_key_is_refused(server: Sshd) -> None:
    with pytest.raises(SshError, match=f"refuses the key or the user.*Try: ssh -p {server.port} {server.user}@"):
        list(lines(to(server, key="other"), ["x"]))


def test_a_server_that_never_speaks_is_given_up() -> None:
    with closing(socket.create_server((HOST, 0))) as listener:
        connection = Connection(HOST, listener.getsockname()[1], "me", ssh_command="ssh -F none", timeout=2)
        with pytest.raises(SshError, match=r"does not answer|gave up"):
            list(lines(connection, ["x"]))

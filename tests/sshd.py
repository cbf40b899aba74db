"""A real OpenSSH server on loopback whose only command is a stand-in for `gerrit`: what it does, each test says.

Runs as whoever runs the tests, with keys of its own; nothing of the user's own ssh configuration is read.
"""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ports import HOST, free_port
from tests.skips import sshd

_STARTS_WITHIN = 20.0

_STAND_IN = """\
#!/bin/sh
# sshd gives the command line of the client in SSH_ORIGINAL_COMMAND
printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >> asked
. ./answer
"""

_CONFIGURATION = """\
Port {port}
ListenAddress {host}
HostKey {home}/host
PidFile none
AuthorizedKeysFile {home}/client.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
ForceCommand cd {home} && exec ./gerrit
"""


def needs_sshd() -> str:
    """The path of sshd. Skips the test where it is not installed."""
    program = sshd()
    if program is None:
        pytest.skip("sshd is not installed (openssh-server)")
    return program


@dataclass(frozen=True, slots=True)
class Sshd:
    """A running server, and what a client needs to reach it."""

    home: Path
    port: int

    @property
    def key_file(self) -> str:
        return str(self.home / "client")

    @property
    def user(self) -> str:
        return getpass.getuser()

    def ssh_command(self, known_hosts: str = "known_hosts") -> str:
        """The client, with the host keys in one of the server's files."""
        return f"ssh -F none -o UserKnownHostsFile={self.home / known_hosts} -o GlobalKnownHostsFile=/dev/null"

    def answers(self, script: str) -> None:
        """From now on a command makes the server run this shell script, in its directory."""
        (self.home / "answer").write_text(script, encoding="utf-8")
        (self.home / "asked").unlink(missing_ok=True)

    def asked(self) -> list[list[str]]:
        """The commands since `answers`, word by word as a shell takes them apart."""
        return [shlex.split(line) for line in (self.home / "asked").read_text(encoding="utf-8").splitlines()]


def make_key(path: Path) -> str:
    """A new key pair at `path`; gives the public key."""
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("sshd is not installed (openssh-server)")
    subprocess.run([program, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path.with_name(f"{path.name}.pub").read_text(encoding="ascii").strip()


@contextmanager
def running(home: Path) -> Iterator[Sshd]:
    """The server, in an empty directory of its own."""
    program = needs_sshd()
    host_key = make_key(home / "host")
    make_key(home / "client")
    port = free_port()
    (home / "known_hosts").write_text(f"[{HOST}]:{port} {host_key}\n", encoding="ascii")
    (home / "changed").write_text(f"[{HOST}]:{port} {make_key(home / 'other')}\n", encoding="ascii")
    (home / "unknown").touch()
    (home / "gerrit").write_text(_STAND_IN, encoding="ascii")
    (home / "gerrit").chmod(0o700)
    (home / "sshd_config").write_text(_CONFIGURATION.format(port=port, host=HOST, home=home), encoding="utf-8")
    if os.geteuid() == 0:  # sshd of root wants the directory that Debian's own start script makes
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(home / "sshd_config")], stderr=log)
    try:
        _wait_for(port, process, home / "log")
        yield Sshd(home, port)
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            with closing(socket.create_connection((HOST, port), 1)) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"sshd did not start: {log.read_text(encoding='utf-8', errors='replace')}")

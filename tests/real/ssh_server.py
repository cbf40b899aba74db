"""A real OpenSSH server whose only command is a stand-in for `gerrit`, which answers from a file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.servers import HOST, StartError, call, directory, needs, running, script, unused_port, wait_for
from tests.skips import sshd


@dataclass(frozen=True, slots=True)
class SshServer:
    """The running server and what a client needs to reach it."""

    version: str
    port: int
    home: Path

    @property
    def key_file(self) -> Path:
        return self.home / "client"

    @property
    def ssh_command(self) -> str:
        """The client with the host keys of this server and without the settings of the user who runs the tests."""
        return f"ssh -F none -o UserKnownHostsFile={self.home / 'known_hosts'} -o GlobalKnownHostsFile=/dev/null"

    def answer(self, changes: Sequence[object], *, more: bool = False) -> None:
        """From now on `gerrit query` gives these changes."""
        stats = {"type": "stats", "rowCount": len(changes), "runTimeMilliseconds": 7, "moreChanges": more}
        rows = [json.dumps(row, ensure_ascii=False) for row in (*changes, stats)]
        (self.home / "query.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def known_hosts(port: int, path: Path) -> None:
    """Write the keys that the server shows now: in this test nobody can have got between."""
    path.write_text(call(["ssh-keyscan", "-p", str(port), HOST], 30), encoding="utf-8")


@contextmanager
def ssh_server() -> Iterator[SshServer]:
    """The server on a free port. Raises StartError."""
    run = script("run-sshd.sh")
    program = sshd()
    if program is None:
        raise StartError("not installed: openssh-server")
    needs({"ssh": "openssh-client"})
    home, port = directory() / "sshd", unused_port()
    shutil.rmtree(home, ignore_errors=True)
    if os.geteuid() == 0:  # sshd of root wants the directory that Debian's own start script makes
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with running([run, home, str(port)], directory() / "sshd.log") as process:
        wait_for(port, process, 20)
        known_hosts(port, home / "known_hosts")
        said = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stderr
        yield SshServer(said.split(",")[0].strip() or "OpenSSH", port, home)

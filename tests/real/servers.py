"""Starting real servers on 127.0.0.1, and stopping them whatever happens.

The servers are started by the scripts in ../shared/servers, into a directory outside the checkout: SOVA_SERVERS, or
`sova-servers` in the directory for temporary files. What takes long to install stays there for the next run.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.skips import SHARED

SCRIPTS = SHARED / "servers"
HOST = "127.0.0.1"


class StartError(Exception):
    """Why a server does not run here, in words for the person who runs the tests."""


def directory() -> Path:
    """Where servers live. Other users (postgres, www-data) must be able to walk through it."""
    path = Path(os.environ.get("SOVA_SERVERS") or Path(tempfile.gettempdir()) / "sova-servers")
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)
    return path.resolve()


def environ() -> dict[str, str]:
    return {**os.environ, "SOVA_SERVERS": str(directory())}


def script(name: str) -> Path:
    """One of the scripts beside the checkout. Raises StartError where there is none, or for another user than root."""
    if not (SCRIPTS / name).is_file():
        raise StartError(f"../shared/servers/{name} is not there")
    if os.geteuid() != 0:
        raise StartError("the servers are started by root only")
    return SCRIPTS / name


def needs(packages: Mapping[str, str]) -> None:
    """Raises StartError unless every program or file is there; `packages` maps them to their Debian packages."""
    missing = {package for name, package in packages.items() if not _there(name)}
    if missing:
        raise StartError(f"not installed: {' '.join(sorted(missing))}")


def _there(name: str) -> bool:
    if name.startswith("/"):
        return Path(name).exists()
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


def free(ports: Sequence[int]) -> None:
    """Raises StartError for the first port that some other program holds."""
    for port in ports:
        if answers(port):
            raise StartError(f"port {port} is taken by another program; is another run of these tests going on?")


def answers(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex((HOST, port)) == 0


def unused_port() -> int:
    with socket.socket() as tried:
        tried.bind((HOST, 0))
        return int(tried.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes] | None = None, seconds: float = 60) -> None:
    """Returns when the port answers. Raises StartError when it does not, or when `process` has ended before."""
    end = time.monotonic() + seconds
    while not answers(port):
        if process is not None and process.poll() is not None:
            raise StartError(f"the server ended with status {process.returncode} before port {port} answered")
        if time.monotonic() > end:
            raise StartError(f"port {port} did not answer within {seconds:.0f} s")
        time.sleep(0.1)


def call(command: Sequence[str | Path], seconds: float) -> str:
    """Run a step of starting; gives what it printed. Raises StartError with its last words when it fails."""
    # the output goes to a file, because a server that stays in the background would keep a pipe open
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        try:
            done = subprocess.run(
                [str(part) for part in command],
                env=environ(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=False,
                start_new_session=True,  # ^C ends the tests, which then stop the servers in order
            )
        except subprocess.TimeoutExpired as error:
            raise StartError(f"{' '.join(map(str, command))} did not end within {seconds:.0f} s") from error
        output.seek(0)
        said = output.read()
    if done.returncode != 0:
        last = " / ".join(said.strip().splitlines()[-3:])
        raise StartError(f"{Path(command[0]).name} {' '.join(map(str, command[1:]))} failed: {last}")
    return said


@contextmanager
def stopping(command: Sequence[str | Path], seconds: float = 60) -> Iterator[None]:
    """Runs `command`, which stops a server, at the end of the block; also when this process is killed inside it.

    A shell waits for the end of its standard input, which comes when the block is left or this process dies.
    """
    watch = ["/bin/sh", "-c", 'cat >/dev/null; exec "$@" >/dev/null 2>&1', "stopping", *map(str, command)]
    with subprocess.Popen(watch, env=environ(), stdin=subprocess.PIPE, start_new_session=True) as guard:
        try:
            yield
        finally:
            if guard.stdin:
                guard.stdin.close()
            guard.wait(seconds)


@contextmanager
def running(command: Sequence[str | Path], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that stays in the foreground; its words go to `log`. Ended by its id, in whatever way this ends."""
    # the shell starts the server as its child, and ends it when its own standard input ends
    watched = 'exec 3<&0; "$@" </dev/null & pid=$!; { cat <&3 >/dev/null; kill $pid; } & wait $pid'
    with log.open("wb") as words:
        process = subprocess.Popen(
            ["/bin/sh", "-c", watched, "running", *map(str, command)],
            env=environ(),
            stdin=subprocess.PIPE,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait(30)


def gone(pids: Sequence[int], seconds: float = 30) -> list[int]:
    """Waits until none of the processes is left; gives those that are after all."""
    end = time.monotonic() + seconds
    while (left := [pid for pid in pids if _alive(pid)]) and time.monotonic() < end:
        time.sleep(0.2)
    return left


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"  # what only waits to be collected has ended
    except OSError:
        return False

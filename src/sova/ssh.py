"""Runs a command on another machine by the OpenSSH client, as git does.

So `~/.ssh/config`, the agent, known hosts, jump hosts, certificates and hardware keys work as the user set them up.
Nothing is ever asked (`BatchMode`), and an unknown or changed host key is refused, never taken over.
"""

from __future__ import annotations

import os
import re
import selectors
import shlex
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sova.errors import SourceError

__all__ = ["Connection", "SshError", "lines"]

_OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
)
_CHUNK = 65536
_KEPT_STDERR = 16384
_SSH_FAILED = 255
_NOT_FOUND = 127
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FAILURES = tuple(
    (re.compile(pattern), advice)
    for pattern, advice in (
        (
            "REMOTE HOST IDENTIFICATION HAS CHANGED",
            "the host key has CHANGED: somebody may be listening in, or the server was set up anew. Ask its"
            " administrators; only when they confirm the new key: ssh-keygen -R '{known}', then add the new one",
        ),
        (
            "host key is known for|Host key verification failed",
            "the host key is not known. Compare it with the one its administrators publish, then add it:"
            " ssh-keyscan {keyscan} >> ~/.ssh/known_hosts",
        ),
        ("UNPROTECTED PRIVATE KEY|bad permissions", "the key file may be read by others: chmod 600 {key}"),
        (
            "Permission denied|Too many authentication failures|no mutual signature",
            "the server refuses the key or the user. Is the public key registered with the account, and are `user` and"
            " `key_file` right? Try: ssh {login}",
        ),
        ("Could not resolve hostname", "the host name cannot be resolved; is `host` right?"),
        ("Connection refused", "nothing listens there; are `host` and `port` right?"),
        ("timed out|Timeout, server", "the server does not answer; try later, or raise `timeout`"),
        (
            "Connection (reset|closed)|closed by remote host|Broken pipe|unexpectedly",
            "the connection was cut; try later",
        ),
    )
)
_PATIENCE = 5.0
"""Seconds that the client is given to end by itself after its output ended, before it is ended."""


class SshError(SourceError):
    """A command over ssh did not work; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach an ssh server. What is empty is left to the client and the user's configuration of it.

    `ssh_command` replaces the program, with options of its own if need be; it must take OpenSSH's options.
    `timeout` bounds the seconds to connect and the seconds without a byte, `total_timeout` the whole command,
    `max_bytes` its output.
    """

    host: str
    port: int | None = None
    user: str = ""
    key_file: str = ""
    ssh_command: str = "ssh"
    timeout: float = 60.0
    total_timeout: float = 1800.0
    max_bytes: int = 500_000_000

    def arguments(self, words: Sequence[str]) -> list[str]:
        """The local command line that runs `words` over there, each word kept whole by the shell of the server."""
        options = [*_OPTIONS, f"ConnectTimeout={max(1, round(self.timeout))}"]
        arguments = [*shlex.split(self.ssh_command), "-x", "-T"]
        if self.port is not None:
            arguments += ["-p", str(self.port)]
        if self.key_file:
            arguments += ["-i", os.path.expanduser(self.key_file)]
            options.append("IdentitiesOnly=yes")
        if self.user:
            arguments += ["-l", self.user]
        for option in options:
            arguments += ["-o", option]
        return [*arguments, "--", self.host, shlex.join(words)]

    @property
    def name(self) -> str:
        """The server as messages show it."""
        return f"{self.host}:{self.port}" if self.port is not None else self.host


def lines(connection: Connection, words: Sequence[str]) -> Iterator[str]:
    """The output of the command `words` on the server, line by line as it comes, without the line ends.

    Lines end at LF only; bytes that are not UTF-8 are replaced. Raises SshError when the command cannot be run or does
    not end well; the lines given before are whole, one that the connection broke off is not given.
    """
    try:
        # no shell here, and no input: the client must not wait for a terminal that nobody sits at
        process = subprocess.Popen(
            connection.arguments(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except (OSError, ValueError) as error:
        raise SshError(f"{connection.name}: cannot start {connection.ssh_command!r}: {error}") from error
    with process:
        try:
            yield from _output(process, connection)
        finally:
            _end(process)


def _output(process: subprocess.Popen[bytes], connection: Connection) -> Iterator[str]:
    said = bytearray()
    line: list[bytes] = []
    for chunk in _chunks(process, connection, said):
        first, *more = chunk.split(b"\n")
        line.append(first)
        for part in more:
            yield _decode(b"".join(line))
            line = [part]
    status = _wait(process, connection)
    if any(line) and status != _SSH_FAILED:  # a command that ended may end without a line feed
        yield _decode(b"".join(line))
    if status != 0:
        raise SshError(_advice(connection, status, _decode(said)))


def _chunks(process: subprocess.Popen[bytes], connection: Connection, said: bytearray) -> Iterator[bytes]:
    """What comes on stdout; what comes on stderr is added to `said`. Ends when both are closed."""
    size, started = 0, time.monotonic()
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            left = started + connection.total_timeout - time.monotonic()
            ready = selector.select(min(connection.timeout, left)) if left > 0 else []
            if not ready:
                raise SshError(_too_slow(connection, left, _decode(said)))
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    said += chunk[: max(0, _KEPT_STDERR - len(said))]
                else:
                    size += len(chunk)
                    if size > connection.max_bytes:
                        raise SshError(f"{connection.name}: the answer is larger than {connection.max_bytes:,} bytes")
                    yield chunk


def _wait(process: subprocess.Popen[bytes], connection: Connection) -> int:
    try:
        return process.wait(_PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise SshError(f"{connection.name}: ssh closed its output and did not end") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the client where it still runs: nobody wants the rest, or it took too long."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def _decode(raw: bytes | bytearray) -> str:
    return raw.decode("utf-8", errors="replace")


def _too_slow(connection: Connection, left: float, said: str) -> str:
    silent = left > connection.timeout
    seconds = connection.timeout if silent else connection.total_timeout
    what = "no byte came" if silent else "the answer was not complete"
    return f"{connection.name}: gave up, {what} for {seconds:g} seconds{_quoted(said)}; is the server up and reachable?"


def _advice(connection: Connection, status: int, said: str) -> str:
    """What went wrong, in words, and what to do: from the exit status and what ssh said."""
    if status == _SSH_FAILED:
        for pattern, advice in _FAILURES:
            if pattern.search(said):
                return f"{connection.name}: {_fill(advice, connection)}{_quoted(said)}"
        return f"{connection.name}: the ssh connection failed{_quoted(said)}"
    if status == _NOT_FOUND:
        return f"{connection.name}: the server does not know the command (is this the right port?){_quoted(said)}"
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    return f"{connection.name}: the command {how}{_quoted(said)}"


def _fill(advice: str, connection: Connection) -> str:
    port = f"-p {connection.port} " if connection.port is not None else ""
    known = f"[{connection.host}]:{connection.port}" if connection.port not in (None, 22) else connection.host
    login = f"{connection.user}@{connection.host}" if connection.user else connection.host
    words = {"{keyscan}": f"{port}{connection.host}", "{known}": known, "{login}": f"{port}{login}"}
    words["{key}"] = connection.key_file or "the key"
    for name, value in words.items():
        advice = advice.replace(name, value)
    return advice


def _quoted(said: str) -> str:
    """The last line that ssh said, made safe for a terminal, in brackets; "" when it said nothing."""
    told = [_CONTROL.sub("", line).strip() for line in said.split("\n")]
    last = next((line for line in reversed(told) if line), "")
    return f" (ssh said: {last[:300]})" if last else ""

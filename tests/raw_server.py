"""A server on loopback that sends exactly the bytes it is told to, and may stop anywhere."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = Callable[[socket.socket], None]


@dataclass
class RawServer:
    """`requests` holds the head of each request as text. Answers are used in order, the last one again and again."""

    url: str
    requests: list[str] = field(default_factory=list)


@contextmanager
def raw_server(*answers: bytes | Answer) -> Iterator[RawServer]:
    """Answers each connection's one request and closes it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = RawServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
    thread = threading.Thread(target=_serve, args=(listener, server, answers))
    thread.start()
    try:
        yield server
    finally:
        # closing alone does not wake a thread that accepts
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


def _serve(listener: socket.socket, server: RawServer, answers: tuple[bytes | Answer, ...]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            head = b""
            while b"\r\n\r\n" not in head and (data := connection.recv(65536)):
                head += data
            answer = answers[min(len(server.requests), len(answers) - 1)]
            server.requests.append(head.decode("latin-1"))
            try:
                if isinstance(answer, bytes):
                    connection.sendall(answer)
                else:
                    answer(connection)
            except OSError:
                continue  # the client has seen enough


def plain(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """An answer with a body; `length` is the Content-Length that is claimed."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body

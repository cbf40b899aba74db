"""A log server on loopback: a dict of files, with or without listings, that notes what it was asked for."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote


@dataclass
class Answer:
    """What is sent for a path. Sending breaks off after `cut` bytes of the body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass
class LogServer:
    """`files` are paths without a leading slash; `asked` are the paths of all requests in order."""

    url: str
    files: dict[str, Answer]
    listed: bool = True
    delay: float = 0.0
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def answer(self, path: str) -> Answer:
        if path in self.files:
            return self.files[path]
        names = {name[len(path) :].partition("/") for name in self.files if name.startswith(path)}
        if not (path.endswith("/") or not path) or not names:
            return Answer(b"<html>404</html>", 404, {"Content-Type": "text/html"})
        if not self.listed:
            return Answer(b"forbidden", 403)
        links = "".join(
            f'<a href="{quote(name)}{slash}">{html.escape(name)}</a>  22-Nov-2026 15:13   100\n'
            for name, slash, _ in sorted({(name, slash, "") for name, slash, _ in names})
        )
        page = f"<html><head><title>Index of /{html.escape(path)}</title></head><body><pre>{links}</pre></body></html>"
        return Answer(page.encode(), 200, {"Content-Type": "text/html"})


@contextmanager
def log_server(files: Mapping[str, Answer | bytes], *, listed: bool = True, delay: float = 0.0) -> Iterator[LogServer]:
    """Serves the files until the end of the block."""
    answers = {path: Answer(found) if isinstance(found, bytes) else found for path, found in files.items()}
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    server = LogServer(f"http://127.0.0.1:{http.server_address[1]}/", answers, listed, delay)
    _Handler.servers[http.server_address[1]] = server
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


class _Handler(BaseHTTPRequestHandler):
    servers: dict[int, LogServer] = {}  # noqa: RUF012  # by port; one test process, free ports
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body in one packet

    def do_GET(self) -> None:
        server = self.servers[int(self.request.getsockname()[1])]
        path = unquote(self.path.partition("?")[0]).removeprefix("/")
        server.asked.append(path)
        server.headers.append({name.lower(): value for name, value in self.headers.items()})
        time.sleep(server.delay)
        answer = server.answer(path)
        etag = answer.headers.get("ETag", "")
        status = 304 if etag and self.headers.get("If-None-Match") == etag else answer.status
        body = b"" if status == 304 else answer.body
        self.send_response(status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if answer.cut is not None:
            self.wfile.write(body[: answer.cut])
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in http.server
        pass

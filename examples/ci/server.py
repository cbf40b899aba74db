"""The log server of the example: real HTTP on a loopback port, with directory listings in the manner of Apache."""

from __future__ import annotations

import datetime as dt
import html
import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

__all__ = ["serving"]


def _silent(*_words: object, **_more: object) -> None:
    """Requests are not told: Sova's report is what counts."""


class _Logs(SimpleHTTPRequestHandler):
    """Serves files as they are: a `.gz` comes as gzip data, without a content encoding."""

    protocol_version = "HTTP/1.1"

    log_message = _silent

    def list_directory(self, path: str | os.PathLike[str]) -> io.BytesIO:
        """A table of names, dates and sizes, newest first."""
        directory = Path(path)
        entries = sorted(directory.iterdir(), key=lambda entry: entry.stat().st_mtime, reverse=True)
        title = html.escape(f"Index of {self.path}")
        rows = "\n".join(map(_row, entries))
        page = (
            "<!DOCTYPE html>\n<html><head><meta charset='utf-8'>"
            f"<title>{title}</title></head><body>\n<h1>{title}</h1>\n"
            "<table><tr><th></th><th><a href='?C=N;O=D'>Name</a></th><th><a href='?C=M;O=A'>Last modified</a></th>"
            "<th><a href='?C=S;O=A'>Size</a></th></tr>\n<tr><th colspan='4'><hr></th></tr>\n"
            "<tr><td>[PARENTDIR]</td><td><a href='../'>Parent Directory</a></td><td>&nbsp;</td><td>  - </td></tr>\n"
            f"{rows}\n</table></body></html>\n"
        ).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return io.BytesIO(page)


def _row(entry: Path) -> str:
    name = entry.name + ("/" if entry.is_dir() else "")
    modified = dt.datetime.fromtimestamp(entry.stat().st_mtime, dt.UTC)
    size = "  - " if entry.is_dir() else f"{entry.stat().st_size / 1024:.1f}K"
    kind = "[DIR]" if entry.is_dir() else "[TXT]"
    link = f'<a href="{quote(name)}">{html.escape(name)}</a>'
    return f"<tr><td>{kind}</td><td>{link}</td><td>{modified:%Y-%m-%d %H:%M}  </td><td>{size}</td></tr>"


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that closes a kept connection is no error; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed on as it came


@contextmanager
def serving(directory: Path, port: int = 0) -> Iterator[str]:
    """Serve `directory` on 127.0.0.1; gives the root address, with a slash. Port 0 takes a free one."""
    with _Server(("127.0.0.1", port), partial(_Logs, directory=str(directory))) as server:
        thread = threading.Thread(target=server.serve_forever, name="example logs", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()

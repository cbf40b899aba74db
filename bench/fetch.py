"""How long 100 log files take from a server that holds every answer for 0.2 seconds, with 10 threads.

Fails unless it takes less than 4 seconds and the server counted at least 8 connections at once.
usage: python -m bench.fetch
"""

from __future__ import annotations

import gzip
import multiprocessing
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from sova.config import Limits
from sova.http_client import HttpClient
from sova.logs.cache import Cache
from sova.logs.find import open_tree

FILES = 100
THREADS = 10
HOLD = 0.2  # seconds
MOST_SECONDS = 4.0
LEAST_CONNECTIONS = 8
LOG = b"2024-01-01 00:00:00.000000 | controller | ok: nothing special\n" * 10_000
BODY = gzip.compress(LOG)


class Server(ThreadingHTTPServer):
    """Counts connections that are open and requests that are held, and the most of both at one time."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.open = self.most_open = self.held = self.most_held = self.requests = 0


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.open += 1
            self.server.most_open = max(self.server.most_open, self.server.open)

    def finish(self) -> None:
        super().finish()
        with self.server.lock:
            self.server.open -= 1

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.requests += 1
            self.server.held += 1
            self.server.most_held = max(self.server.most_held, self.server.held)
        time.sleep(HOLD)
        with self.server.lock:
            self.server.held -= 1
        found = self.path.endswith("/job-output.txt.gz")
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(BODY) if found else 0))
        self.end_headers()
        self.wfile.write(BODY if found else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in http.server
        pass


def serve(pipe: Connection) -> None:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_address[1])
    pipe.recv()  # until the client is done
    pipe.send((server.requests, server.most_open, server.most_held))


def fetch(root: str, http: HttpClient, cache: Cache, limits: Limits) -> int:
    tree = open_tree(root, http=http, cache=cache, limits=limits)
    (file,) = tree.find(["job-output.txt.gz"])
    return sum(map(len, tree.chunks(file)))


def main() -> int:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    process.start()
    port = here.recv()
    limits = Limits()
    with (
        tempfile.TemporaryDirectory(prefix="sova-bench-") as directory,
        HttpClient(limits, trusted_hosts=[f"127.0.0.1:{port}"]) as http,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        cache = Cache(Path(directory), 10**9)
        roots = [f"http://127.0.0.1:{port}/build{number}/" for number in range(FILES)]
        started = time.perf_counter()
        sizes = list(pool.map(lambda root: fetch(root, http, cache, limits), roots))
        seconds = time.perf_counter() - started
    here.send("done")
    requests, connections, held = here.recv()
    process.join()
    print(
        f"{len(sizes)} files, {sum(sizes) / 1e6:.0f} MB, {THREADS} threads, each answer held {HOLD} s: {seconds:.2f} s "
        f"(at most {MOST_SECONDS}); {requests} requests, {connections} connections open at once, "
        f"{held} answers held at once (at least {LEAST_CONNECTIONS})"
    )
    right = sizes == [len(LOG)] * FILES and requests == FILES
    return 0 if right and seconds < MOST_SECONDS and held >= LEAST_CONNECTIONS else 1


if __name__ == "__main__":
    sys.exit(main())

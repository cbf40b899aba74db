"""`sova serve`: the pages, live."""

from __future__ import annotations

import datetime as dt
import errno
import ipaddress
import os
import signal
import socket
import threading
import webbrowser
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from sova.cli import EXIT_INTERRUPTED
from sova.cli.app import App, as_of_option, pass_app
from sova.config import Config
from sova.errors import SovaError

if TYPE_CHECKING:
    import uvicorn

__all__ = ["serve"]

_BACKLOG = 512
_SECONDS_TO_END = 5
_SECONDS_TO_START = 60  # a process that has not answered by then is replaced
_OPEN_TO_ALL = """\
warning: {host} is not only this machine: everyone who can reach it can read the pages, and what is sent can be read on
the way. Keep to loopback and put a proxy with TLS and, where that is wanted, a password in front (docs/serve.md)."""


@click.command(
    epilog="""\b
Examples:
  sova serve                               http://127.0.0.1:8080/
  sova serve --port 0 --open               a free port, and a browser that shows it
  sova serve --workers 4 --access-log      four processes, and a line for each request
  SOVA_TOKEN=secret sova serve             allows POST to the API

\b
Exit status: 0 ended by SIGTERM; 2 usage, configuration, database, or the port is taken; 130 interrupted."""
)
@click.option("--host", metavar="ADDRESS", help="Where to listen; by default `web.host`, which is loopback.")
@click.option("--port", type=click.IntRange(0, 65535), help="By default `web.port`, 8080; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer.")
@click.option("--open", "open_browser", is_flag=True, help="Show the first page in a browser.")
@click.option("--access-log", is_flag=True, help="Write a line for each request to stderr.")
@as_of_option
@pass_app
def serve(  # noqa: PLR0913 - one parameter an option
    app: App,
    /,
    *,
    host: str | None,
    port: int | None,
    workers: int,
    open_browser: bool,
    access_log: bool,
) -> None:
    """Show statistics, builds and reasons as pages, and answer the API.

    What is shown is what `sova run` has collected; pages change as soon as it has collected more.
    """
    if app.as_of and workers > 1:
        raise click.UsageError("--as-of goes with one worker only")
    config = _asked(app.config, host, port)
    with _listening(config.web.host, config.web.port) as listener:
        address = _address(listener)
        if not ipaddress.ip_address(str(listener.getsockname()[0]).partition("%")[0]).is_loopback:
            click.echo(_OPEN_TO_ALL.format(host=config.web.host or "0.0.0.0"), err=True)  # noqa: S104 - said, not done
        begun = partial(_begun, address, open_browser)
        if workers == 1:
            _serve_alone(config, listener, app.as_of, begun, access_log)
        else:
            _serve_side_by_side(app, config, listener, workers, begun, access_log)


def _asked(config: Config, host: str | None, port: int | None) -> Config:
    asked = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return config.model_copy(update={"web": config.web.model_copy(update=asked)})


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises SovaError."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise SovaError(f"{host!r} is no address of this machine: {error}") from error
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SovaError(_refused(error, host, port)) from error
    listener.set_inheritable(True)
    return listener


def _refused(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; choose another with --port, or a free one with --port 0"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} is only for root; choose one above 1023 with --port"
    return f"cannot listen on port {port} of {host}: {error.strerror or error}"


def _address(listener: socket.socket) -> str:
    """The address of the first page, as a browser on this machine can ask for it."""
    host, port, *_ = listener.getsockname()
    if ipaddress.ip_address(host.partition("%")[0]).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _begun(address: str, open_browser: bool) -> None:
    click.echo(f"Sova is at {address} (^C ends it)", err=True)
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _serve_alone(
    config: Config, listener: socket.socket, moment: dt.datetime | None, begun: partial[None], access_log: bool
) -> None:
    import uvicorn  # noqa: PLC0415 - the web server is for this command only

    from sova.web.app import create_app, settle, utc_now  # noqa: PLC0415 - as above

    def clock() -> dt.datetime:
        return moment or utc_now()

    server = uvicorn.Server(_settings(create_app(config, now=clock), access_log))
    settle()
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn ends, and then sends itself the signal again
    begun()
    server.run(sockets=[listener])


def _serve_side_by_side(  # noqa: PLR0913, PLR0917 - what both ways of serving need
    app: App, config: Config, listener: socket.socket, workers: int, begun: partial[None], access_log: bool
) -> None:
    with TemporaryDirectory(prefix="sova-metrics-") as directory:
        # set before anything imports prometheus_client: figures of all processes are summed up from this directory
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        if app.found:
            os.environ["SOVA_CONFIG"] = str(Path(app.found).resolve())
        from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 - as in _serve_alone

        from sova.web.app import create_app  # noqa: PLC0415 - as above

        create_app(config).state.sova.store.close()  # upgrades the tables once, and tells mistakes once
        ended_by: list[int] = []

        class Workers(Multiprocess):
            def handle_int(self) -> None:
                ended_by.append(signal.SIGINT)
                super().handle_int()

            def handle_term(self) -> None:
                ended_by.append(signal.SIGTERM)
                super().handle_term()

        settings = _settings(partial(_app_of_worker, config.web.host), access_log, workers)
        begun()
        Workers(settings, sockets=[listener]).run()
    if signal.SIGINT in ended_by:
        click.echo("interrupted", err=True)
        click.get_current_context().exit(EXIT_INTERRUPTED)
    if not ended_by:
        raise SovaError("the processes that should answer did not start; the lines above say why")


def _app_of_worker(host: str) -> object:
    """The app, in a process of its own. What is sent to that process is this function, so that it answers its parent
    before it has loaded the rest."""
    from sova.web.app import create_app_from_environment, settle  # noqa: PLC0415 - as said

    app = create_app_from_environment(host)
    settle()
    return app


def _settings(app: object, access_log: bool, workers: int = 1) -> uvicorn.Config:
    import uvicorn  # noqa: PLC0415 - as in _serve_alone

    from sova.web.log_lines import log_settings  # noqa: PLC0415 - as above

    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # an ASGI app, or a function that makes one
        factory=isinstance(app, partial),
        workers=workers,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="on",
        access_log=access_log,
        log_config=log_settings(),
        server_header=False,
        timeout_graceful_shutdown=_SECONDS_TO_END,
        timeout_worker_healthcheck=_SECONDS_TO_START,
    )

"""Connection pools of urllib3 that connect only where a `Guard` allows, and retry no longer than is worth it."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    InvalidHeader,
    LocationParseError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ResponseError,
)
from urllib3.util.connection import create_connection

from sova.addresses import Guard

__all__ = ["GuardedPools", "PatientRetry"]

_LONGEST_WAIT = 30  # seconds; a server that asks for more is not asked again in this run


def _connect(connection: HTTPConnection, guard: Guard) -> socket.socket:
    """A socket to the first allowed address that answers. The name is not resolved again, so it cannot change."""
    try:
        addresses = guard.addresses(connection.host, connection.port)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except UnicodeError as error:
        raise LocationParseError(connection.host) from error
    failure: OSError | None = None
    for address in addresses:
        try:
            return create_connection(
                (address, connection.port), connection.timeout, socket_options=connection.socket_options
            )
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, f"no connection within {connection.timeout} seconds") from failure
    raise NewConnectionError(connection, f"no connection: {failure}") from failure


class _Connection(HTTPConnection):
    guard: Guard

    def _new_conn(self) -> socket.socket:  # the place where urllib3's own SOCKS support changes it, too
        return _connect(self, self.guard)


class _SecureConnection(HTTPSConnection):
    guard: Guard

    def _new_conn(self) -> socket.socket:
        return _connect(self, self.guard)


class GuardedPools(PoolManager):
    """A PoolManager whose connections ask `guard` for addresses."""

    def __init__(self, guard: Guard, *, connections: int, timeout: float) -> None:
        """At most `connections` to one host at once, more wait; `timeout` seconds without a byte end a request."""
        super().__init__(num_pools=50, maxsize=connections, block=True, timeout=timeout)
        # classes that know their guard, because a pool gives its connections nothing but what urllib3 knows
        http = type("Connection", (_Connection,), {"guard": guard})
        https = type("SecureConnection", (_SecureConnection,), {"guard": guard})
        self.pool_classes_by_scheme = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": http}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": https}),
        }


class PatientRetry(Retry):
    """Waits as long as the server asks, and gives up at once where that is longer than is worth it."""

    def parse_retry_after(self, retry_after: str) -> float:
        """Seconds; 0 where the header is neither a number nor a date."""
        try:
            return super().parse_retry_after(retry_after)
        except InvalidHeader:
            return 0.0

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """See `urllib3.Retry.increment`."""
        wait = self.get_retry_after(response) if response else None
        if _pool and url and wait and wait > _LONGEST_WAIT:
            raise MaxRetryError(_pool, url, ResponseError(f"asks to wait {wait:.0f} seconds"))
        return super().increment(method, url, response, error, _pool, _stacktrace)

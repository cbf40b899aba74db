"""The identity of a build: equal for the same build in whatever source it is seen.

By Zuul and uuid where they are known, else by the log URL, else by the review comment that told of it. The scheme of
an address does not count: the same server is often named by http in one place and by https in another.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

from sova.model import Change
from sova.sources.zuul_urls import ZuulAddress, host_and_path

__all__ = ["comment_key", "log_key", "zuul_key"]


def zuul_key(root: str, tenant: str, uuid: str) -> str:
    """The key of a Zuul build. `root` may be any address of that Zuul. Raises ValueError for what is no address."""
    address = ZuulAddress.parse(root, tenant)
    host, path = host_and_path(address.root)
    middle = f"/t/{quote(address.tenant, safe='')}" if address.tenant else ""
    return f"zuul:{host}{path}{middle}/{uuid.lower()}"


def log_key(url: str) -> str:
    """The key of a build of which only the place of its logs is known: a URL, or a local path."""
    if not url.lower().startswith(("http://", "https://")):
        return f"log:{url.rstrip('/')}"
    try:
        host, path = host_and_path(url)
    except ValueError:  # a port that is no number: the text is all there is
        return f"log:{url.rstrip('/')}"
    return f"log:{host}{path}"


def comment_key(host: str, change: Change, job_name: str, time: dt.datetime | None, line: str) -> str:
    """The key of a build known only by a line of a review comment. `line` tells apart what agrees in all the rest."""
    moment = int(time.timestamp()) if time else 0
    return f"comment:{host.lower()}/{change.name}/{quote(job_name, safe='')}/{moment}/{quote(line, safe='')[:200]}"

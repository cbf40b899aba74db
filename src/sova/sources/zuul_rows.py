"""One build as Zuul's REST API tells it, in both of its shapes, becomes a `Build`. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from sova.model import Artifact, Build, Change
from sova.sources.fields import Row, flag, integer, mapping, moment, real, rows, text
from sova.sources.keys import zuul_key
from sova.sources.zuul_urls import ZuulAddress

__all__ = ["Attempts", "attempts", "index", "parse_build", "with_attempts"]

_RETRIED = "RETRY"
Attempts: TypeAlias = "Counter[tuple[str, str, str]]"


def parse_build(row: Row, root: str, tenant: str, source: str) -> Build:
    """The build in one row of an answer. `root` is any address of the Zuul, `source` the name of who asks.

    Reads the shape since 2024 (`ref` is an object) and the flat one before. Raises ValueError for a row without uuid
    or job name.
    """
    uuid, job_name = text(row, "uuid"), text(row, "job_name")
    if not uuid or not job_name:
        raise ValueError(f"a build needs uuid and job_name, got {uuid!r} and {job_name!r}")
    zuul = ZuulAddress.parse(root, tenant)
    result = text(row, "result")
    start, end, seconds = moment(row, "start_time"), moment(row, "end_time"), real(row, "duration")
    if seconds is None and start and end and end >= start:
        seconds = (end - start).total_seconds()
    return Build(
        key=zuul_key(zuul.root, zuul.tenant, uuid),
        job_name=job_name,
        result=result,
        seen_by=(source,),
        uuid=uuid,
        pipeline=text(row, "pipeline"),
        change=_change(row),
        voting=flag(row, "voting", default=True),
        start_time=start,
        # a build that never ran (no node, skipped) may tell only when it was asked for
        end_time=end or (moment(row, "event_timestamp") if result and not start else None),
        duration=seconds,
        log_url=_log_url(row),
        url=zuul.page(uuid),
        artifacts=tuple(_artifacts(row)),
        nodeset=text(row, "nodeset"),
        tenant=zuul.tenant,
        event_id=text(row, "event_id"),
        error_detail=text(row, "error_detail"),
        final=flag(row, "final", default=True) and result != _RETRIED,
    )


def _change(row: Row) -> Change:
    ref = mapping(row, "ref") or row
    branch = text(ref, "branch")
    name = text(ref, "ref")
    return Change(
        project=text(ref, "project"),
        branch=branch or (name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else ""),
        number=integer(ref, "change"),
        patchset=text(ref, "patchset"),
        ref=name,
        url=_http(text(ref, "ref_url")),
    )


def _log_url(row: Row) -> str:
    url = _http(text(row, "log_url"))
    return url if not url or url.endswith("/") else f"{url}/"


def _http(url: str) -> str:
    return url if url.lower().startswith(("http://", "https://")) else ""


def _artifacts(row: Row) -> Iterable[Artifact]:
    for item in rows(row, "artifacts"):
        if url := _http(text(item, "url")):
            yield Artifact(text(item, "name"), url, text(mapping(item, "metadata"), "type"))


def index(row: Row) -> int | None:
    """Zuul's own number of a build, which orders an answer; None from a Zuul that tells none."""
    return integer(row, "_id")


def _run(row: Row) -> tuple[str, str, str]:
    """What is the same for all attempts of one job: the buildset, the job, and the change of a buildset of several."""
    ref = mapping(row, "ref") or row
    change = ",".join((text(ref, "project"), text(ref, "change"), text(ref, "ref")))
    return text(mapping(row, "buildset"), "uuid"), text(row, "job_name"), change


def attempts(answer: Iterable[Row]) -> Attempts:
    """How many attempts of each job were given up and retried."""
    return Counter(
        _run(row)
        for row in answer
        if text(mapping(row, "buildset"), "uuid") and (row.get("final") is False or text(row, "result") == _RETRIED)
    )


def with_attempts(build: Build, row: Row, retried: Attempts) -> Build:
    """The build with the number of attempts it took; a retried attempt itself stays one."""
    return replace(build, attempts=1 + retried[_run(row)]) if build.final else build

"""Builds and queries that often fit each other: few names, few days, all kinds of results."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sova.filters import Query
from sova.model import Build, Change

__all__ = ["builds", "queries"]

NAMES = ("unit", "unit-nv", "tempest", "tempest-full", "tempest-[x]", "")
GLOBS = (*NAMES, "tempest*", "*", "?nit", "[tu]*")
RESULTS = ("", "SUCCESS", "FAILURE", "failure", "RETRY_LIMIT", "SKIPPED", "échec", "ÉCHEC")

# around new year and a clock change, so that days of several years and lengths occur
begins = st.sampled_from((dt.datetime(2025, 12, 30, tzinfo=dt.UTC), dt.datetime(2026, 3, 28, tzinfo=dt.UTC)))
times = st.builds(lambda begin, seconds: begin + dt.timedelta(seconds=seconds), begins, st.integers(0, 4 * 86400))
days = st.tuples(st.sampled_from((None, 2025, 2026)), st.sampled_from((1, 2, 3, 12)), st.sampled_from((1, 28, 29, 31)))
real_days = days.filter(lambda day: (day[1], day[2]) not in ((2, 29), (2, 31)))

builds = st.builds(
    Build,
    key=st.uuids().map(str),
    job_name=st.sampled_from(NAMES),
    result=st.sampled_from(RESULTS),
    pipeline=st.sampled_from(NAMES),
    change=st.builds(
        Change,
        project=st.sampled_from(NAMES),
        branch=st.sampled_from(NAMES),
        number=st.none() | st.integers(1, 3),
    ),
    voting=st.booleans(),
    start_time=st.none() | times,
    end_time=st.none() | times,
)

globs = st.lists(st.sampled_from(GLOBS), max_size=2).map(tuple)

queries = st.builds(
    Query,
    since=st.none() | times,
    until=st.none() | times,
    dates=st.lists(real_days, max_size=2).map(tuple),
    limit=st.none() | st.integers(1, 5),
    jobs=globs,
    job_type=st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
    short=globs,
    exclude=st.lists(st.sampled_from(NAMES), max_size=1).map(tuple),
    fail=st.booleans(),
    periodic=st.none() | st.booleans(),
    pipeline=globs,
    branch=globs,
    project=globs,
    change=st.lists(st.integers(1, 3), max_size=2).map(tuple),
    result=st.lists(st.sampled_from(RESULTS[1:]), max_size=2).map(tuple),
    voting=st.none() | st.booleans(),
    timezone=st.sampled_from(("UTC", "Europe/Berlin", "Asia/Kathmandu")).map(ZoneInfo),
)

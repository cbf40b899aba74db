"""A build is found by whatever a person has of it, on both databases."""

from __future__ import annotations

import pytest

from sova.model import Build, Diagnosis, Verdict
from sova.slugs import build_slug
from sova.store import Store
from sova.store.finding import find_builds

UUID = "9594e237-24f0-44dc-9c1c-06d85085a367"


def build(name: str, uuid: str = "", log_url: str = "", url: str = "") -> Build:
    key = f"log:logs.example.org/{name}"
    return Build(key=key, job_name=name, result="SUCCESS", uuid=uuid, log_url=log_url, url=url)


def keep(store: Store, *several: Build) -> None:
    store.save_many([Diagnosis(one, Verdict.PASSED) for one in several])


def found(store: Store, text: str, *keys: str) -> list[str]:
    return sorted(one.build.job_name for one in find_builds(store, text, keys))


@pytest.fixture
def filled(store: Store) -> Store:
    keep(
        store,
        build("unit", uuid=UUID, log_url="https://logs.example.org/17/unit/", url="https://ci.example.org/job/unit/7/"),
        build("style", uuid="9594e237aaaa44dc9c1c06d85085a367", log_url="https://logs.example.org/18/style"),
        build("bare"),
    )
    return store


@pytest.mark.parametrize(
    "text",
    [
        UUID,
        UUID.replace("-", "").upper(),
        UUID[:11],
        build_slug("log:logs.example.org/unit"),
        build_slug("log:logs.example.org/unit")[:9],
        "log:logs.example.org/unit",
        "https://logs.example.org/17/unit",
        "http://LOGS.example.org:80/17/unit/",
        "https://logs.example.org/17/unit/controller/logs/syslog.txt.gz?raw=1#L7",
        "https://ci.example.org/job/unit/7/",
        f"https://sova.example.org/builds/{build_slug('log:logs.example.org/unit')}.html",
    ],
)
def test_one_build(filled: Store, text: str) -> None:
    assert found(filled, text) == ["unit"]


def test_keys_that_it_may_have(filled: Store) -> None:
    assert found(filled, "whatever", "log:nowhere", "log:logs.example.org/bare") == ["bare"]


def test_what_several_begin_with(filled: Store) -> None:
    assert found(filled, "9594e237") == ["style", "unit"]
    assert len(find_builds(filled, "9594e237", most=1)) == 1


def test_what_joined_another_build_is_found_by_its_old_name(filled: Store) -> None:
    keep(filled, Build(key=f"zuul:zuul.example.org/t/main/{UUID}", job_name="unit", result="SUCCESS", uuid=UUID))
    assert found(filled, "log:logs.example.org/unit") == ["unit"]
    assert found(filled, build_slug("log:logs.example.org/unit")) == ["unit"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "9",
        "959",
        "g" * 8,
        "9594e238",
        "https://",
        "https://[",
        "https://logs.example.org/",
        "\x00",
        "page:",
        "%",
    ],
)
def test_nothing(filled: Store, text: str) -> None:
    assert found(filled, text) == []

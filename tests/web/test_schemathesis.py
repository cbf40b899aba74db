"""Schemathesis over the OpenAPI: requests that fit it and requests that do not, and all checks of every answer."""

from __future__ import annotations

import json
import socket
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings

from sova.config import Config
from sova.store import Store
from sova.web.api import openapi
from sova.web.app import create_app
from sova.web.params import FILTERS
from tests.reports.samples import NOW
from tests.web.conftest import ADDRESS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it imports warns of its own future
    import schemathesis
    from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
    from schemathesis.specs.openapi.checks import positive_data_acceptance

TOKEN = "correct horse battery staple"  # noqa: S105 - made up
EXAMPLES = 12
CONFIG = SchemathesisConfig(
    seed=1,
    projects=ProjectsConfig(
        default=ProjectConfig(generation=GenerationConfig(deterministic=True, max_examples=EXAMPLES))
    ),
)
SHARED = FILTERS - {"range", "tag", "text"}


def document() -> Any:  # Any: a JSON document
    """The OpenAPI. Filters that work alike everywhere are tried on one address: each costs a score of requests."""
    found = json.loads(openapi())
    for path, operations in found["paths"].items():
        for operation in operations.values() if path != "/api/v1/builds" else ():
            operation["parameters"] = [one for one in operation.get("parameters", []) if one["name"] not in SHARED]
    return found


api = schemathesis.openapi.from_dict(document(), config=CONFIG)


@pytest.fixture(scope="module")
def app(sample_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The API over the sample, on a machine whose resolver knows nobody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOVA_TOKEN", TOKEN)
        patch.setattr(socket, "getaddrinfo", nobody)
        config = Config(cache=str(tmp_path_factory.mktemp("cache")))
        yield create_app(config, store=sample_store, now=lambda: NOW)


def nobody(*_: object, **__: object) -> list[object]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


SETTINGS = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def every_answer_of(operation: str) -> Any:  # Any: schemathesis' own type is not told
    """A test of this operation. One function with all of them would be ten tests of one name, of which pytest-xdist
    runs one."""

    @api.include(operation_id=operation).parametrize()
    @SETTINGS
    def test(case: Any, app: FastAPI) -> None:  # Any: likewise
        headers = {"Authorization": f"Bearer {TOKEN}"} if case.method == "POST" else {}
        beyond = {"since", "until", "after"} & set(case.query or {})  # that they follow each other no schema can say
        case.operation.app = case.operation.schema.app = app
        case.call_and_validate(
            base_url=ADDRESS, headers=headers, excluded_checks=[positive_data_acceptance] if beyond else []
        )

    return test


OPERATIONS = [one["operationId"] for operations in document()["paths"].values() for one in operations.values()]
globals().update({f"test_every_answer_of_{one}": every_answer_of(one) for one in OPERATIONS})


def test_every_operation_is_tested() -> None:
    assert len(set(OPERATIONS)) == len(list(api.get_all_operations())) == 10


@api.include(operation_id="diagnose").parametrize()
@SETTINGS
def test_without_the_token_nothing_is_diagnosed(case: Any, app: FastAPI) -> None:  # Any: likewise
    case.operation.app = case.operation.schema.app = app
    answer = case.call_and_validate(base_url=ADDRESS)
    assert answer.status_code in (400, 401, 405)

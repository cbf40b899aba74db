"""`sova report html`: pages of what is stored, as files, through the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builds_on_disk import local_build

from .conftest import Ran

Sova = Callable[..., Ran]
AS_OF = ("--as-of", "2026-03-02T09:00Z")


@pytest.fixture
def collected(sova: Sova, tmp_path: Path) -> Path:
    """A store with three builds; two failed, one of them five days ago."""
    local_build(tmp_path / "builds", "one", end_time="2026-03-01T12:00:00Z")
    local_build(tmp_path / "builds", "two", result="SUCCESS", end_time="2026-03-01T13:00:00Z")
    local_build(tmp_path / "builds", "three", job_name="other", end_time="2026-02-25T12:00:00Z")
    (tmp_path / "sova.yaml").write_text(
        "title: My CI\nsources: [{type: local, name: disk, path: builds}]\nstore: sova.db\n"
    )
    assert sova("run", *AS_OF, "--days", "10").status == 0
    return tmp_path


def test_pages_are_written_and_then_only_what_changed(sova: Sova, collected: Path) -> None:
    ran = sova("report", "html", "site", *AS_OF)
    assert (ran.status, ran.out) == (0, "")
    assert "wrote site/index.html" in ran.err
    index = (collected / "site/index.html").read_text()
    assert "My CI" in index
    assert len(list((collected / "site/builds").iterdir())) == 1
    assert "0 files changed" in sova("report", "html", "site", *AS_OF).err


def test_more_builds_have_pages_when_that_is_asked_for(sova: Sova, collected: Path) -> None:
    assert sova("report", "html", "site", *AS_OF, "--build-pages", "14").status == 0
    assert len(list((collected / "site/builds").iterdir())) == 2
    assert (collected / "site/jobs/other.html").exists()


def test_filters_bound_what_is_shown(sova: Sova, collected: Path) -> None:
    assert sova("report", "html", "site", *AS_OF, "--job", "other").status == 0
    assert [page.name for page in (collected / "site/jobs").iterdir()] == ["other.html"]


def test_one_file(sova: Sova, collected: Path) -> None:
    ran = sova("report", "html", "--single", "report.html", "--days", "1", *AS_OF)
    assert ran.status == 0
    assert "wrote report.html" in ran.err
    assert "My CI" in (collected / "report.html").read_text()
    assert not (collected / "site").exists()


def test_what_is_asked_wrongly_is_told(sova: Sova, collected: Path) -> None:
    assert sova("report", "html").status == 2
    assert sova("report", "html", "site", "--days", "0").status == 2
    assert sova("report", "html", "site", "--as-of", "some day").status == 2
    (collected / "file").write_text("")
    ran = sova("report", "html", "file/site", *AS_OF)
    assert ran.status == 2
    assert "cannot write the site" in ran.err

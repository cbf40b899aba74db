"""What stands in docs/sources is what the sources take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from sova.config import SourceSettings
from sova.documents import parse
from sova.sources.gerrit import GerritSettings
from sova.sources.index_pages import IndexPagesSettings
from sova.sources.zuul import ZuulSettings

DOCS = Path(__file__).resolve().parents[2] / "docs" / "sources"
PAGES = [("gerrit.md", GerritSettings), ("zuul.md", ZuulSettings), ("index-pages.md", IndexPagesSettings)]
ROW = re.compile(r"^\| `(\w+)` \|(.*?)\|(.*)\|$", re.MULTILINE)


def default(field: FieldInfo) -> str:
    """A default as a table shows it, or "" for one that needs words."""
    if field.is_required():
        return "required"
    return str(field.default) if isinstance(field.default, int | float) else ""


@pytest.mark.parametrize(("page", "settings"), PAGES)
def test_every_setting_and_its_default_is_documented(page: str, settings: type[SourceSettings]) -> None:
    documented = {name: shown.strip(" `") for name, shown, _ in ROW.findall((DOCS / page).read_text(encoding="utf-8"))}
    assert list(documented) == list(settings.model_fields)
    for name, field in settings.model_fields.items():
        shown = default(field)
        assert not shown or float_or_text(documented[name]) == float_or_text(shown), name


def float_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


@pytest.mark.parametrize(("page", "settings"), PAGES)
def test_the_example_of_a_page_is_right(page: str, settings: type[SourceSettings]) -> None:
    found = re.search(r"```yaml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    document = parse(found[1], page)
    assert document.mistakes == []
    assert isinstance(document.value, dict)
    assert isinstance(document.value["sources"], list)
    for source in document.value["sources"]:
        assert settings.model_validate(source).type in page.replace("-", "_")

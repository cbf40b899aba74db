"""What most tests of views look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sova.views.desk import Desk
from tests.views.desks import desk_of


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A desk over the sample CI."""
    found = desk_of()
    yield found
    found.store.close()

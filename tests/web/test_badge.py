"""The badge: words in a picture."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.stats import Totals
from sova.web.badge import Badge, badge_of, drawn
from tests.web.conftest import TestClient, parsed

SVG = "{http://www.w3.org/2000/svg}"


def title_of(picture: Element) -> str:
    found = picture.find(f"{SVG}title")
    assert found is not None
    assert found.text == picture.attrib["aria-label"]
    return found.text


def says(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    return title_of(parsed(answer.content))


def test_it_says_how_a_job_is_doing(client: TestClient) -> None:
    assert says(client, "/badge.svg?job=grenade-multinode") == "grenade-multinode: 3 of 12 failed"
    assert (
        says(client, "/badge.svg?job=devstack-platform-debian-bookworm") == "devstack-platform-debian-bookworm: passing"
    )
    assert says(client, "/badge.svg?job=grenade-multinode&range=yesterday") == "grenade-multinode: 1 of 3 failed"


def test_it_says_how_a_pipeline_or_a_project_is_doing(client: TestClient) -> None:
    assert says(client, "/badge.svg?pipeline=gate").startswith("gate: ")
    assert says(client, "/badge.svg?project=openstack/nova&branch=master").startswith("openstack/nova: ")
    assert says(client, "/badge.svg").startswith("builds: ")


def test_nothing_ran_and_nobody_knows_are_two_things(client: TestClient) -> None:
    assert says(client, "/badge.svg?job=grenade-multinode&until=2026-01-01") == "grenade-multinode: no runs"
    assert says(client, "/badge.svg?job=no-such-job") == "no-such-job: unknown"
    assert says(client, "/badge.svg?pipeline=no-such") == "no-such: unknown"


def test_pages_elsewhere_may_show_it_and_ask_again_after_a_minute(client: TestClient) -> None:
    headers = client.get("/badge.svg?job=grenade-multinode").headers
    assert headers["cache-control"] == "max-age=60"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["etag"]


def test_what_it_does_not_take_is_refused(client: TestClient) -> None:
    assert client.get("/badge.svg?style=flat").status_code == 400
    assert client.get("/badge.svg?range=never").status_code == 400


@pytest.mark.parametrize(
    ("passed", "failed", "words", "colour"),
    [
        (0, 0, "no runs", "#555555"),
        (7, 0, "passing", "#1a7f37"),
        (8, 2, "2 of 10 failed", "#8a5a00"),
        (7, 3, "3 of 10 failed", "#b3261e"),
        (0, 1234, "1,234 of 1,234 failed", "#b3261e"),
    ],
)
def test_words_and_colour_follow_the_counts(passed: int, failed: int, words: str, colour: str) -> None:
    totals = Totals(builds=passed + failed + 5, passed=passed, failed=failed, other=5)
    assert badge_of("job", totals) == Badge("job", words, colour)


def _light(colour: str) -> float:
    def channel(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (channel(int(colour[place : place + 2], 16)) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("failed", [0, 1, 9])
def test_white_words_can_be_read_on_every_colour(failed: int) -> None:
    picture = parsed(drawn(badge_of("job", Totals(10, 10 - failed, failed))))
    colours = [colour for background in picture.iter(f"{SVG}rect") if (colour := background.get("fill"))]
    assert len(colours) > 1
    for colour in colours:
        assert 1.05 / (_light(colour) + 0.05) >= 4.5


def test_a_longer_text_makes_a_wider_picture() -> None:
    short, long = (parsed(drawn(Badge("x" * length, "passing", "#1a7f37"))) for length in (3, 40))
    assert int(short.attrib["width"]) < int(long.attrib["width"])


def test_what_xml_cannot_hold_is_left_out() -> None:
    badge = Badge("a\ufffe\uffff\ud800\x00b", "\x1b[31mpassing", "#1a7f37")
    assert title_of(parsed(drawn(badge))) == "a\ufffdb: passing"


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_whatever_a_job_is_called_the_picture_is_one(label: str, words: str) -> None:
    picture = parsed(drawn(Badge(label, words, "#1a7f37")).encode())
    assert {element.tag.removeprefix(SVG) for element in picture.iter()} == {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "text",
    }
    assert title_of(picture)
    assert int(picture.attrib["width"]) < 1500

"""Pattern files of our form: what they become, and how they are put together."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.cli.pattern_view import as_yaml
from sova.errors import PatternError
from sova.model import Action, Examples, Kind, Match, Pattern, Scope
from sova.patterns.load import gather, load, read, version_of

DATA = Path(__file__).parent / "data"


def write(path: Path, *ids: str) -> Path:
    rows = "".join(f"  - {{id: {name}, text: about {name}, message: It is {name}.}}\n" for name in ids)
    path.write_text(f"patterns:\n{rows}")
    return path


def test_every_field() -> None:
    [pattern] = load([DATA / "everything.yaml"], builtin=False).patterns
    assert pattern == Pattern(
        id="mirror-of-region-down",
        message="The mirror of {region} answered {2}.",
        files=("console", "logs/*/apt.txt"),
        regex=r"mirror\.(?P<region>[\w-]+)\.example\.org.* (\d{3})$",
        exclude=("Hash Sum mismatch",),
        not_followed_by="will be tried again",
        match=Match.RAW,
        tag="infra",
        kind=Kind.GENERIC,
        action=Action.WAIT,
        owner="mirror team",
        bug="https://bugs.example.org/1234",
        log_search='message:"{0}" AND tags:console',
        scope=Scope(
            jobs=("*-multinode",),
            branches=("stable/2025.1",),
            pipelines=("gate", "check"),
            projects=("example/app",),
            since=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
            until=dt.datetime(2026, 4, 1, 10, tzinfo=dt.UTC),
        ),
        note="The first thing to do is to look at the mirror's own page.",
        examples=Examples(
            ("E: Failed to fetch http://mirror.dfw.example.org/ubuntu/x.deb 404",),
            ("Get:1 http://mirror.dfw.example.org/ubuntu jammy InRelease",),
        ),
    )


def test_what_is_left_out_has_its_usual_value(tmp_path: Path) -> None:
    [pattern] = load([write(tmp_path / "a.yaml", "short")], builtin=False).patterns
    assert pattern == Pattern(id="short", message="It is short.", text="about short")


def test_files_are_read_in_order_and_after_our_own(tmp_path: Path) -> None:
    files = [write(tmp_path / "b.yaml", "second", "third"), write(tmp_path / "a.yaml", "first")]
    ids = [pattern.id for pattern in load(files).patterns]
    assert ids[-3:] == ["second", "third", "first"]
    assert "disk-full" in ids[:-3]


def test_a_directory_gives_its_yaml_files(tmp_path: Path) -> None:
    write(tmp_path / "b.yml", "second")
    write(tmp_path / "a.yaml", "first")
    (tmp_path / "readme.md").write_text("not a pattern file")
    assert [pattern.id for pattern in load([tmp_path], builtin=False).patterns] == ["first", "second"]


def test_the_version_follows_the_content_and_not_the_examples(tmp_path: Path) -> None:
    def version(fields: str) -> str:
        (tmp_path / "a.yaml").write_text(f"patterns:\n  - {{id: a, text: about a{fields}}}\n")
        return load([tmp_path], builtin=False).version

    plain = version(", message: It is a.")
    assert version(", message: It is a., examples: {match: about a}") == plain
    assert version(", message: It is a.  # with a comment\n") == plain
    assert version(", message: It is a., tag: infra") != plain


def test_a_file_that_cannot_be_read_is_a_mistake_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"patterns: \xff\n")
    with pytest.raises(PatternError) as caught:
        load([tmp_path / "gone.yaml", tmp_path / "latin.yaml", DATA / "mistakes.yaml"])
    said = [str(mistake) for mistake in caught.value.mistakes]
    assert sum("cannot be read" in line for line in said) == 2
    assert sum("mistakes.yaml" in line for line in said) > 5


def test_an_id_that_is_taken_names_both_places(tmp_path: Path) -> None:
    first, second = write(tmp_path / "1.yaml", "x", "y"), write(tmp_path / "2.yaml", "z", "x", "disk-full")
    said = [str(mistake) for mistake in gather([first, second]).mistakes]
    assert len(said) == 2
    assert f"{second}:3:6: id: the id 'x' is taken already, at {first}:2:6" in said
    assert any("the id 'disk-full' is taken already, at sova/disk-memory.yaml:" in line for line in said)


words = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x85\u2028\u2029\ufeff"), max_size=30
)
texts = st.lists(words.filter(bool), max_size=3).map(tuple)
times = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2050, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - bounds of st.datetimes must be naive
some_patterns = st.builds(
    Pattern,
    id=st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True),
    message=words.filter(lambda text: bool(text) and "{" not in text),
    files=texts.filter(bool),
    text=words.filter(bool),
    exclude=texts,
    match=st.sampled_from(Match),
    tag=st.sampled_from(["infra", "code", "my-own"]),
    kind=st.sampled_from(Kind),
    action=st.sampled_from(Action),
    owner=words,
    bug=words,
    scope=st.builds(Scope, jobs=texts, branches=texts, since=st.none() | times),
    note=words,
    examples=st.builds(Examples, match=texts, no_match=texts),
)


@given(some_patterns)
def test_what_is_shown_is_read_back_as_it_was(pattern: Pattern) -> None:
    found = read(as_yaml([pattern]), "shown")
    assert not found.mistakes
    assert [one for one, _ in found.patterns] == [pattern]


def test_our_own_patterns_are_read_back_as_they_were() -> None:
    patterns = load().patterns
    found = read(as_yaml(patterns), "shown")
    assert [one for one, _ in found.patterns] == list(patterns)
    assert version_of(patterns) == version_of([one for one, _ in found.patterns])


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "patterns:",
                "\n",
                "  - ",
                "id: ",
                "regex: ",
                "'",
                '"',
                "{",
                "}",
                "[",
                ":",
                "x",
                "\\d",
                "text: y",
                "message: z",
                "&a ",
                "*a",
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_no_text_makes_the_loader_fall(text: str) -> None:
    found = read(text, "any")
    assert found.patterns or found.mistakes or "patterns" in text

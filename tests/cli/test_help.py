"""What `--help` says: every command tells what it does, what each option is for, and gives examples that are right."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from sova.cli import COMMANDS, root

COMMENT = re.compile(r"\s{2,}\S.*|\s[|>&].*")


def every(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for word in command.list_commands(context):
                inner = command.get_command(context, word)
                assert inner
                yield from every(inner, f"{name} {word}")


ALL = dict(every(root, "sova"))


def help_of(name: str) -> str:
    with click.Context(ALL[name], info_name=name) as context:
        return ALL[name].get_help(context)


def examples(name: str) -> list[str]:
    """The lines of commands, without what is said of them and what follows in a pipe."""
    lines = (line.strip() for line in help_of(name).partition("Example")[2].splitlines())
    return [COMMENT.sub("", line[line.index("sova ") :]) for line in lines if re.match(r"(\S+=\S+ |.*\| )?sova ", line)]


def test_no_command_is_left_out() -> None:
    assert {f"sova {name}" for name in COMMANDS} < set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_it_says_what_it_does_and_gives_an_example(name: str) -> None:
    assert (ALL[name].help or "").strip()
    assert "Example" in help_of(name)


@pytest.mark.parametrize("name", ALL)
def test_each_option_says_what_it_is_for(name: str) -> None:
    options = [one for one in ALL[name].params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []


@pytest.mark.parametrize("name", [name for name in ALL if name != "sova config path"])
def test_each_example_is_taken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    for command, one in ALL.items():
        if not isinstance(one, click.Group):
            monkeypatch.setattr(one, "callback", lambda *_args, command=command, **_more: ran.append(command))
    lines = examples(name)
    for line in lines:
        root.main(shlex.split(line)[1:], standalone_mode=False)
    assert len(ran) == len(lines) > 0
    assert all(command.startswith(name) for command in ran)

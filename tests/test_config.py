"""The configuration: found where it is looked for, every mistake at once, defaults that hold."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from sova.config import Config, SourceSettings, find, load, parse_size
from sova.errors import ConfigError


class Lamp(SourceSettings):
    type: Literal["lamp"]
    url: str
    watts: int = 40


def write(directory: Path, text: str) -> Path:
    path = directory / "sova.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(directory: Path, text: str) -> list[str]:
    path = write(directory, text)
    with pytest.raises(ConfigError) as caught:
        load(path, {"lamp": Lamp})
    return [str(mistake).removeprefix(f"{path}:") for mistake in caught.value.mistakes]


def test_a_full_configuration(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
sources:
  - {type: lamp, url: "https://a.example.org"}
logs: {console: job-output.txt, syslog: [logs/syslog.txt, logs/messages]}
jobs: [tempest-*]
groups: {Upgrades: [grenade*], Rest: ["*"]}
aliases: {ha: tempest-ha}
patterns: mine.yaml
limits: {file_size: 1 GB, timeout: 2.5}
rewrite_urls: [{from: "http://old.example.org/", to: "https://new.example.org/"}]
store: data/sova.db
timezone: Europe/Berlin
""",
    )
    (tmp_path / "mine.yaml").write_text("patterns: []\n")
    config = load(path, {"lamp": Lamp})
    assert config.sources == (Lamp(type="lamp", url="https://a.example.org"),)
    assert config.log_paths("syslog") == ("logs/syslog.txt", "logs/messages")
    assert config.log_paths("console") == ("job-output.txt",)
    assert config.log_paths("logs/etc/*.conf") == ("logs/etc/*.conf",)
    assert config.limits.file_size == 10**9
    assert config.patterns == (str(tmp_path / "mine.yaml"),)
    assert config.store == str(tmp_path / "data/sova.db")
    assert config.moved("http://old.example.org/1/") == "https://new.example.org/1/"
    assert config.group_of("grenade-multinode") == "Upgrades"
    assert config.short_of("tempest-ha") == "ha"
    assert config.timezone.key == "Europe/Berlin"


def test_every_mistake_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    assert mistakes(
        tmp_path,
        """sources:
  - type: lamb
    url: https://a.example.org
  - type: lamp
    wats: 60
jobs: 7
timezone: Mars/Olympus
limits:
  file_size: huge
colour: red
log_search: https://search.example.org/
""",
    ) == [
        "2:5: sources[0].type: unknown type 'lamb'; allowed: lamp",
        "4:5: sources[1].url: this key is required",
        "5:5: sources[1].wats: unknown key, did you mean `watts`? (allowed: type, name, url, watts)",
        "6:1: jobs: should be a list, got 7",
        "7:1: timezone: should be a time zone such as UTC or Europe/Berlin, got 'Mars/Olympus'",
        "9:3: limits.file_size: should be a size such as 5 GB or 200 MB, got 'huge'",
        f"10:1: colour: unknown key (allowed: {', '.join(Config.model_fields)})",
        "11:1: log_search: should hold {query}, the place for the text to search",
    ]


def test_a_pattern_file_that_is_not_there_is_told_where_it_is_named(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "jobs: 7\npatterns:\n  - none.yaml\n") == [
        "1:1: jobs: should be a list, got 7",
        f"3:5: patterns[0]: no such file: {tmp_path / 'none.yaml'}",
    ]


@pytest.mark.parametrize("text", ["[1, 2]", "just text", "sources: {type: lamp}", "a: [", "a: \x00"])
def test_what_is_no_configuration_is_a_mistake_with_a_place(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, text)[0][0].isdigit()


def test_a_file_that_is_named_must_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file \(named by --config\)"):
        find(tmp_path / "none.yaml")
    monkeypatch.setenv("SOVA_CONFIG", str(tmp_path / "none.yaml"))
    with pytest.raises(ConfigError, match="named by SOVA_CONFIG"):
        find()


def test_the_order_in_which_a_configuration_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOVA_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert find() is None
    (tmp_path / "xdg/sova").mkdir(parents=True)
    (tmp_path / "xdg/sova/config.yaml").touch()
    assert find() == tmp_path / "xdg/sova/config.yaml"
    (tmp_path / "sova.yaml").touch()
    assert find() == Path("sova.yaml")
    (tmp_path / "env.yaml").touch()
    monkeypatch.setenv("SOVA_CONFIG", str(tmp_path / "env.yaml"))
    assert find() == tmp_path / "env.yaml"
    (tmp_path / "named.yaml").touch()
    assert find(tmp_path / "named.yaml") == tmp_path / "named.yaml"


@pytest.mark.parametrize(("text", "size"), [("5 GB", 5 * 10**9), ("64KiB", 65536), ("1.5k", 1500), ("7", 7)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_without_a_file_the_defaults_hold() -> None:
    assert load(None, {}) == Config()

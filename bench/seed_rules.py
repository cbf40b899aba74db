"""The seed's rules and its line test, read and written here without Sova, as something to be measured against."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

SHARED = Path(__file__).resolve().parents[2] / "shared"
CORPORA = (SHARED / "corpora/sova_original_patterns.yml", SHARED / "corpora/collect-logs_sova-patterns.yml")

NEXT_LINE = re.compile(r"\\n\(\?!\.\*(\w+)\)\.\*\Z")
"""How two of the rules end: a look at the next line, which a test of one line can never see.

On a line with its line feed this end always matches, so it says nothing. Here it is cut off, so that the rule also
holds on a last line without line feed; Sova reads it as `not_followed_by`, which is compared apart.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a seed file. `follows` is the word that the next line was meant not to hold."""

    number: int
    id: str
    pattern: str | re.Pattern[str]
    exclude: tuple[str, ...]
    follows: str = ""

    def matches(self, line: str) -> bool:
        """The seed's line test."""
        if any(text in line for text in self.exclude):
            return False
        if isinstance(self.pattern, str):
            return self.pattern in line
        return self.pattern.search(line) is not None


def read_rules(path: Path) -> list[Rule]:
    """Every rule of a file, in its order."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    regexes = {row["name"]: row for row in document["regexes"]}
    rules: list[Rule] = []
    for rows in document["patterns"].values():
        for row in rows:
            pattern, follows = row["pattern"], ""
            if pattern in regexes:
                written = regexes[pattern]["regex"]
                end = NEXT_LINE.search(written)
                follows = end[1] if end else ""
                flags = re.MULTILINE if regexes[pattern].get("multiline") else 0
                pattern = re.compile(NEXT_LINE.sub("", written), flags)
            rules.append(Rule(len(rules), str(row["id"]), pattern, tuple(row.get("exclude") or ()), follows))
    return rules


def decoded(log: bytes) -> list[str]:
    """The lines of a log as the seed had them: text, each with its line feed."""
    return [line.decode(errors="replace") for line in io.BytesIO(log)]


def hits(rules: list[Rule], log: bytes) -> Iterator[tuple[int, int]]:
    """(number of rule, number of line) for every rule and every line: the seed's loop."""
    for number, line in enumerate(decoded(log), 1):
        for rule in rules:
            if rule.matches(line):
                yield rule.number, number


def not_followed(rules: list[Rule], log: bytes, found: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Of those hits, the ones that remain when the look at the next line does what it was meant to do."""
    words = {rule.number: rule.follows for rule in rules if rule.follows}
    lines = decoded(log)
    return {
        (rule, line)
        for rule, line in found
        if rule not in words or line == len(lines) or words[rule] not in lines[line]
    }

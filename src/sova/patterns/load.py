"""Pattern files into one `PatternSet`: ours and the seed's form, with every mistake of every file told at once."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import count
from pathlib import Path

from sova.config import Config
from sova.documents import Document, parse
from sova.errors import Mistake, PatternError
from sova.model import Examples, Pattern
from sova.patterns.form import ids_of, patterns_of
from sova.patterns.importers import seed

__all__ = [
    "Gathered",
    "PatternSet",
    "Place",
    "Read",
    "builtin_files",
    "gather",
    "load",
    "patterns_for",
    "read",
    "version_of",
]


@dataclass(frozen=True, slots=True)
class PatternSet:
    """Patterns that are used together. `version` changes whenever an answer could; `notes` tell defects of imported
    files that were mended on the way in."""

    patterns: tuple[Pattern, ...]
    version: str
    notes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pattern stands: file, and line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Read:
    """One pattern file: its patterns with their places, what is wrong, and what was mended.

    `ids` holds those of patterns with mistakes, too. In a file that was `imported`, an id that is taken becomes
    another one; in one of ours it is a mistake.
    """

    patterns: tuple[tuple[Pattern, Place], ...] = ()
    ids: tuple[tuple[str, Place], ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    notes: tuple[Mistake, ...] = ()
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """What several pattern files hold together, whatever is wrong with it."""

    files: tuple[Read, ...]
    patterns: tuple[Pattern, ...]
    mistakes: tuple[Mistake, ...]
    notes: tuple[Mistake, ...]


def load(paths: Sequence[Path] = (), *, builtin: bool = True) -> PatternSet:
    """The patterns of these files (of all `*.yaml` and `*.yml` in a directory), after the built-in ones.

    Raises PatternError with every mistake of all of them.
    """
    found = gather(paths, builtin=builtin, trusted=True)
    if found.mistakes:
        raise PatternError(found.mistakes)
    return PatternSet(found.patterns, version_of(found.patterns), found.notes)


def patterns_for(config: Config, files: Sequence[Path] = ()) -> PatternSet:
    """The patterns of the configuration, or only those in `files`. Raises PatternError."""
    if files:
        return load(files, builtin=False)
    return load([Path(name) for name in config.patterns], builtin=config.builtin_patterns)


def gather(paths: Sequence[Path] = (), *, builtin: bool = True, trusted: bool = False) -> Gathered:
    """The files with all that is wrong in them. `trusted` leaves out checks that tests make for the built-in files."""
    files = [read(text, name, trusted=trusted) for name, text in builtin_files()] if builtin else []
    mistakes: list[Mistake] = []
    for path in _expanded(paths):
        try:
            files.append(read(path.read_text(encoding="utf-8"), str(path)))
        except (OSError, UnicodeDecodeError) as error:
            mistakes.append(Mistake(str(path), 0, 0, "", f"cannot be read: {error}"))
    mistakes += [mistake for file in files for mistake in file.mistakes]
    notes = [note for file in files for note in file.notes]
    mistakes += _duplicates(files)
    patterns = tuple(_unique(files, notes))
    return Gathered(tuple(files), patterns, _in_order(mistakes), _in_order(notes))


def _in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    return tuple(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line, mistake.column)))


def read(text: str, file: str, *, trusted: bool = False) -> Read:
    """One pattern file, of our form or of the seed's. Never raises: mistakes are in the result.

    `trusted` is for files whose content was checked before.
    """
    document = parse(text, file)
    if seed.is_seed(document.value):
        imported = seed.patterns_of(document)
        placed = tuple((pattern, _place(document, (*at, "id"))) for at, pattern in imported.patterns)
        return Read(placed, mistakes=imported.mistakes, notes=imported.notes, imported=True)
    found, mistakes = patterns_of(document, trusted=trusted)
    places = {index: _place(document, ("patterns", index, "id")) for index in ids_of(document)}
    placed = tuple((pattern, places[index]) for index, pattern in found.items())
    ids = tuple((name, places[index]) for index, name in ids_of(document).items())
    return Read(placed, ids, tuple(mistakes))


def _place(document: Document, at: Sequence[str | int]) -> Place:
    return Place(document.file, *document.place(at))


def builtin_files() -> Iterator[tuple[str, str]]:
    """Name and text of every pattern file that comes with Sova."""
    directory = resources.files("sova.patterns") / "data"
    for entry in sorted(directory.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".yaml"):
            yield f"sova/{entry.name}", entry.read_text(encoding="utf-8")


def _expanded(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(child for child in path.iterdir() if child.suffix in (".yaml", ".yml"))
        else:
            yield path


def _duplicates(files: Iterable[Read]) -> Iterator[Mistake]:
    first: dict[str, Place] = {}
    for file in files:
        for name, place in file.ids:
            if first.setdefault(name, place) is not place:
                yield _taken(name, place, first[name])


def _unique(files: Iterable[Read], notes: list[Mistake]) -> Iterator[Pattern]:
    """The patterns of all files. Those of imported files get an id of their own where theirs is taken."""
    taken: dict[str, Place] = {}
    for file in files:
        for pattern, place in file.patterns:
            name = pattern.id
            if file.imported and name in taken:
                name = next(free for number in count(2) if (free := f"{pattern.id}-{number}") not in taken)
                notes.append(_taken(pattern.id, place, taken[pattern.id], f"; kept as {name!r}"))
            taken[name] = place
            yield dataclasses.replace(pattern, id=name) if name != pattern.id else pattern


def _taken(name: str, place: Place, first: Place, more: str = "") -> Mistake:
    return Mistake(place.file, place.line, place.column, "id", f"the id {name!r} is taken already, at {first}{more}")


def version_of(patterns: Iterable[Pattern]) -> str:
    """Twelve hexadecimal digits that change with anything but the examples."""
    plain = [dataclasses.replace(pattern, examples=Examples()) for pattern in patterns]
    return hashlib.sha256(repr(plain).encode()).hexdigest()[:12]

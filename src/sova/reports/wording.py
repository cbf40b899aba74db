"""Numbers, moments, and what to do, the same in every report: sizes, lengths, ages, shares, counts, actions."""

from __future__ import annotations

import datetime as dt

from sova.model import Action

__all__ = ["ACTIONS", "age", "count", "iso", "length", "share", "size"]

ACTIONS = {
    Action.RECHECK: "recheck",
    Action.FIX: "fix the change",
    Action.WAIT: "wait",
    Action.REPORT: "report it",
}
"""What should happen next, in two words."""

_SIZES = ("kB", "MB", "GB", "TB")


def size(value: int) -> str:
    """Bytes in decimal units: `812 B`, `1.4 kB`, `41 MB`."""
    if value < 1000:
        return f"{value} B"
    number, power = value / 1000, 0
    while number >= 999.5 and power < len(_SIZES) - 1:
        number, power = number / 1000, power + 1
    unit = _SIZES[power]
    return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"


def length(seconds: float | None) -> str:
    """How long something took: `1 h 2 m`, `3 m 5 s`, `30 m`, `0.3 s`; "" where it is not known."""
    if seconds is None:
        return ""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "m"), (0 if hours else rest, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def age(moment: dt.datetime, now: dt.datetime) -> str:
    """How long ago, in one unit: `14 h`, `3 d`, `5 m`; a moment to come is `0 m`."""
    minutes = max(0, int((now - moment).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} m"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def iso(moment: dt.datetime, timespec: str = "auto") -> str:
    """A moment as programs read it: ISO 8601 in UTC with a `Z`."""
    return moment.astimezone(dt.UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def share(part: int, whole: int) -> str:
    """A share in whole percent; one that is neither none nor all is never told as 0 or 100; "–" of nothing."""
    if not whole:
        return "–"
    percent = round(100 * part / whole)
    if 0 < part < whole:
        percent = min(99, max(1, percent))
    return f"{percent} %"


def count(number: int, word: str, plural: str = "") -> str:
    """A number and its word: `1 build`, `2 builds`, `1,204 builds`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"

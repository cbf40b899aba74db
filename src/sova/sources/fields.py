"""Reading loosely typed JSON of servers: every field may be missing, null, or of another type than last year."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

__all__ = ["flag", "integer", "mapping", "moment", "real", "rows", "text"]

Row = Mapping[str, object]
_DAY_DIGITS = 8  # more digits than a date of ISO 8601 has are seconds


def text(row: Row, name: str) -> str:
    """The field as text that can be written as UTF-8; a number in digits, anything else that is no text as ""."""
    value = row.get(name)
    if isinstance(value, str):  # JSON can spell halves of characters, which no file or database takes
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def integer(row: Row, name: str) -> int | None:
    """The field as a whole number from 0 up, of at most 53 bits; digits in text count, anything else is None."""
    value = row.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def real(row: Row, name: str) -> float | None:
    """The field as a finite number that is not negative, else None."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def flag(row: Row, name: str, *, default: bool) -> bool:
    """The field as true or false."""
    value = row.get(name)
    return value if isinstance(value, bool) else default


def mapping(row: Row, name: str) -> Row:
    """The field as an object; {} for anything else."""
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def rows(row: Row, name: str) -> list[Row]:
    """The objects in the list that the field is; [] for anything else."""
    value = row.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def moment(row: Row, name: str) -> dt.datetime | None:
    """The field as a moment in UTC: seconds since 1970, or ISO text, which is in UTC where it names no zone."""
    value = row.get(name)
    if isinstance(value, str) and len(value) > _DAY_DIGITS and value.isascii() and value.isdigit():
        value = int(value[:20])
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value, dt.UTC)
        if isinstance(value, str):
            parsed = dt.datetime.fromisoformat(value)
            return parsed.astimezone(dt.UTC) if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None

"""Statistics in words, the same on the console, in Markdown and in pages: shares with their interval, what changed."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sova.reports.wording import share

if TYPE_CHECKING:
    from sova.stats import Compared, Share, Statistics, Streak

__all__ = [
    "ARROWS",
    "INTERVAL",
    "arrow",
    "bars",
    "bounds",
    "hours",
    "interval",
    "periods_of",
    "spoken_range",
    "streak_words",
]

INTERVAL = (
    "Shares stand with their 95 % Wilson interval: had the CI run many more such builds, the share would lie within it "
    "19 times in 20."
)
"""What the two numbers beside a share mean."""
ARROWS = (
    "▲ ▼ ≈ stand before the share of the stretch before (as many days, ending where this one begins); ≈ where the "
    "difference may be chance: one of the two lies within the interval of the other."
)
"""What the sign beside a share means."""
_BARS = "▁▂▃▄▅▆▇█"


def interval(value: Share) -> str:
    """A share and its interval in percent: `84 % (74–90)`; "–" of nothing."""
    if not value.whole:
        return "–"
    return f"{share(value.part, value.whole)} ({bounds(value)})"


def bounds(value: Share) -> str:
    """The 95 % interval of a share in whole percent: `74–90`. It never leaves out what it holds."""
    return f"{math.floor(100 * value.low)}–{math.ceil(100 * value.high)}"


def arrow(now: Share, before: Share) -> str:
    """What became of a share: `▲ from 71 %`, `▼ from 93 %`, `≈ 80 %`; "" where there was nothing before."""
    if now.value is None or before.value is None:
        return ""
    was = share(before.part, before.whole)
    if now.low <= before.value <= now.high or before.low <= now.value <= before.high:
        return f"≈ {was}"
    return f"{'▲' if now.value > before.value else '▼'} from {was}"


def hours(seconds: float) -> str:
    """A length of many builds together in hours: `1,204 h`, `3.5 h`, `12 m`; "–" of none."""
    if not seconds:
        return "–"
    if seconds < 3570:
        return f"{max(1, round(seconds / 60))} m"
    value = seconds / 3600
    return f"{value:,.0f} h" if value >= 99.5 else f"{value:.1f} h"


def periods_of(statistics: Statistics) -> tuple[Compared, ...]:
    """Today, yesterday and the last 7 days, and the range where it is none of them."""
    same = any((one.since, one.until) == (statistics.since, statistics.until) for one in statistics.compared)
    return statistics.compared if same else (*statistics.compared, statistics.range)


def spoken_range(statistics: Statistics) -> str:
    """The range by its name and its first and last day: `last 7 days, 2026-03-07 to 2026-03-13 (Europe/Berlin)`."""
    zone = ZoneInfo(statistics.timezone)
    first, end = statistics.since.astimezone(zone), statistics.until.astimezone(zone)
    last = (statistics.until - dt.timedelta(microseconds=1)).astimezone(zone)
    if first.time() != dt.time() or end.time() != dt.time():
        days = f"{first:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
    else:
        days = f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"{statistics.name}, {days} ({zone.key})" if statistics.name else f"{days} ({zone.key})"


def bars(numbers: Sequence[float]) -> str:
    """Numbers as a row of bars, the biggest as high as it goes; nothing is a dot."""
    most = max(numbers, default=0)
    steps = len(_BARS) - 1
    return "".join(_BARS[round(steps * number / most)] if number else "·" for number in numbers)


def streak_words(streak: Streak | None, zone: ZoneInfo) -> str:
    """A streak in words: `4 failed since 03-12 18:00`."""
    if streak is None:
        return ""
    since = f" since {streak.since.astimezone(zone):%m-%d %H:%M}" if streak.since else ""
    return f"{streak.length:,} {'failed' if streak.failed else 'passed'}{since}"

"""Counts side by side as little bars, as text in a title for those who do not see them. Made without templates, as a
list has hundreds."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

__all__ = ["spark"]

_STEP = 6
_BAR = 5
_HEIGHT = 14


def spark(counts: Sequence[int], words: str) -> Markup:
    """The bars, the largest as high as the line; `words` says what is counted."""
    most = max(counts, default=0) or 1
    bars = "".join(
        f"M{_STEP * place} 15h{_BAR}v-{max(1, round(_HEIGHT * count / most))}h-{_BAR}z"
        for place, count in enumerate(counts)
        if count
    )
    width = _STEP * len(counts)
    title = escape(f"{words}: {', '.join(map(str, counts))}")
    return Markup(  # noqa: S704 - numbers, and words that are escaped
        f'<svg class="spark" width="{width}" height="16" viewBox="0 0 {width} 16" role="img"><title>{title}</title>'
        f'<path class="none" d="M0 15h{width}v1h-{width}z"/><path d="{bars}"/></svg>'
    )

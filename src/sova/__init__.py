"""Sova tells people who watch CI why a job failed and what to do next.

`from sova import meow, diagnose` is the whole interface for scripts; the values that they return are in `sova.model`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sova.model import Build, Change, Diagnosis, Excerpt, Hit, Pattern, Problem, Reason, Verdict

if TYPE_CHECKING:
    from sova.targets import diagnose
    from sova.watchcat import meow

__version__ = "0.1.0"
__all__ = [
    "Build",
    "Change",
    "Diagnosis",
    "Excerpt",
    "Hit",
    "Pattern",
    "Problem",
    "Reason",
    "Verdict",
    "__version__",
    "diagnose",
    "meow",
]

_LAZY = {"meow": "sova.watchcat", "diagnose": "sova.targets"}


def __getattr__(name: str) -> object:
    # the front doors import the whole program; a script that only wants the values should not pay for it
    if name in _LAZY:
        from importlib import import_module  # noqa: PLC0415 - lazy on purpose, see above

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

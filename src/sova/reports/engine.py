"""The template engine, with what costs most of a page made cheaper: calls, macros, imports, escaping.

A page of builds calls some thousand macros and escapes some ten thousand words. Jinja asks at each call whether the
function wants the context, makes a `Markup` of each word only to join it at once, and all macros of a file anew for
each file that imports them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from jinja2 import Environment, Template, Undefined
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.utils import missing
from markupsafe import Markup
from markupsafe import escape as escaped

__all__ = ["Engine", "Macro", "escape"]

_SPECIAL = re.compile("[&<>\"']").search
_MISSING = (missing,) * 20
_OURS = f"\nfrom {__name__} import Macro, escape\n"
"""Stands at the end of a template's code, so that its functions find these in the place of Jinja's."""


class _Context(Context):
    """Nothing that our templates call wants to be given the context."""

    def call(
        __self,  # noqa: N805 - its name cannot be that of a keyword
        __obj: Callable[..., object],
        *args: object,
        _loop_vars: object = None,
        _block_vars: object = None,
        **kwargs: object,
    ) -> object:
        return __obj(*args, **kwargs)


class _Template(Template):
    """Makes its macros once for all files and pages that have the same `modules`."""

    def make_module(self, *context: Any) -> TemplateModule:  # Any: the signature is Jinja's
        """`context` begins with the values that a page was given."""
        modules: dict[str | None, TemplateModule] = context[0]["modules"]
        if self.name not in modules:
            modules[self.name] = super().make_module(*context[:2])
        return modules[self.name]


class Engine(Environment):
    """Templates that always escape. What they import, they import with the context, and it sees `modules` (an empty
    dict at first) and what else all pages have in common that are given the same one; it must look at nothing else."""

    context_class = _Context
    template_class = _Template

    def _compile(self, source: str, filename: str) -> CodeType:
        return super()._compile(source + _OURS, filename)


def escape(value: object) -> str:
    """The value as it stands in HTML, for the one who joins the pieces of a page."""
    kind = type(value)
    if kind is Markup or (kind is str and not _SPECIAL(value)):  # type: ignore[call-overload]  # it is a str
        return value  # type: ignore[return-value]  # and Markup is one too
    if kind is int or kind is Undefined:  # the latter is an `if` that has no `else`
        return str(value)
    return escaped(value)


class Macro:
    """A macro: the function that it was compiled to, called by the names of its parameters."""

    __slots__ = ("_function",)

    def __init__(self, _engine: Engine, function: FunctionType, *_how: object) -> None:
        function.__defaults__ = _MISSING[: function.__code__.co_argcount]  # it knows itself what stands for those
        self._function = function

    def __call__(self, *args: object, **kwargs: object) -> Markup:
        text = self._function(*args, **self._named(kwargs)) if kwargs else self._function(*args)
        return str.__new__(Markup, text)  # as Markup does after some questions

    def _named(self, kwargs: dict[str, object]) -> dict[str, object]:
        """With the names that the parameters have in the code: `l_1_words` for `words`."""
        code = self._function.__code__
        names = {name.split("_", 2)[2]: name for name in code.co_varnames[: code.co_argcount]}
        return {names.get(name, name): value for name, value in kwargs.items()}

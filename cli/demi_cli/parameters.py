"""Arguments and options whose values are left alone where there is nothing to convert.

Typer converts every value with pydantic, even a text to a text or the absence of a value, and
importing pydantic takes as long as importing Typer. What does need work is left to Typer, and so
are its messages.
"""

from enum import Enum
from typing import Any

import typer
from typer.core import TyperArgument, TyperOption


class QuickArgument(TyperArgument):
    """An argument that asks Typer only where it must."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        """The value as the command gets it."""
        value = _member(self, value, ctx)
        if not _is_converted(self, value, ctx):
            return super().process_value(ctx, value)
        return self.callback(ctx, self, value) if self.callback else value


class QuickOption(TyperOption):
    """An option that asks Typer only where it must."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        """The value as the command gets it."""
        value = _member(self, value, ctx)
        if not _is_converted(self, value, ctx):
            return super().process_value(ctx, value)
        return self.callback(ctx, self, value) if self.callback else value


def quick(params: list[Any]) -> list[Any]:
    """The same parameters, made quick; Typer has no other way to choose their class."""
    for param in params:
        if type(param) is TyperArgument:
            param.__class__ = QuickArgument
        elif type(param) is TyperOption:
            param.__class__ = QuickOption
    return params


def _kind(param: Any) -> type | None:
    """What the value has to be; None where that is more than a class, or Typer does not say it."""
    descriptor = getattr(param, "type_descriptor", None)  # earlier versions of Typer have none
    if descriptor is None or descriptor.parameter_info.parser is not None:
        return None
    is_one = param.nargs == 1 and not getattr(param, "multiple", False)
    return descriptor.annotation if is_one and isinstance(descriptor.annotation, type) else None


def _are_texts(param: Any) -> bool:
    """Whether the value has to be any number of texts."""
    descriptor = getattr(param, "type_descriptor", None)
    return (
        descriptor is not None
        and descriptor.parameter_info.parser is None
        and descriptor.annotation == list[str]
    )


def _member(param: Any, value: Any, ctx: Any) -> Any:
    """The member of an enumeration that a text stands for, no texts for none, else what it was."""
    if value is None and _are_texts(param):
        return ()
    kind = _kind(param)
    if kind is None or not issubclass(kind, Enum) or not isinstance(value, str):
        return value
    words = [str(member.value) for member in kind]
    if value not in words:
        raise typer.BadParameter(f"{value!r} is none of {', '.join(words)}.", ctx, param)
    return list(kind)[words.index(value)]


def _is_converted(param: Any, value: Any, ctx: Any) -> bool:
    if _are_texts(param):
        given = isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value)
        return given and bool(value or ctx.resilient_parsing or not param.required)
    kind = _kind(param)
    if kind is None:
        return False
    if value is None:
        return ctx.resilient_parsing or not param.required
    return isinstance(value, kind)

"""`${VAR}` filled in as compose does (compose specification, "Interpolation")."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from demi_adapters.problems import shown

_DEEPEST = 50  # a guess: defaults in defaults; nobody reads three
_FOUND = re.compile(r"\$(?:(?P<escaped>\$)|(?P<named>[A-Za-z_][A-Za-z0-9_]*)|(?P<braced>\{))")
_BRACED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+?])|\})")


class TemplateError(ValueError):
    """A text can't be filled in; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its variables filled in, and the names of those that are not set."""

    text: str
    unset: tuple[str, ...] = ()


def fill(template: str, variables: Mapping[str, str]) -> Filled:
    """Fill in the variables of a text; those that are not set count as empty.

    Raises:
        TemplateError: the text is none of the forms, or a required variable is missing.
    """
    if "$" not in template:
        return Filled(template)
    unset: dict[str, None] = {}
    text = _fill(template, variables, unset, 0)
    return Filled(text, tuple(unset))


def _fill(template: str, variables: Mapping[str, str], unset: dict[str, None], depth: int) -> str:
    if depth > _DEEPEST:
        raise TemplateError(f"defaults are nested more than {_DEEPEST} levels deep.")
    done: list[str] = []
    position = 0
    while found := _FOUND.search(template, position):
        done.append(template[position : found.start()])
        position = found.end()
        if found["escaped"]:
            done.append("$")
        elif name := found["named"]:
            done.append(_value(name, variables, unset))
        else:
            text, position = _braced(template, found.start(), variables, unset, depth)
            done.append(text)
    return "".join((*done, template[position:]))


def _value(name: str, variables: Mapping[str, str], unset: dict[str, None]) -> str:
    if name not in variables:
        unset[name] = None
    return variables.get(name, "")


def _braced(
    template: str, start: int, variables: Mapping[str, str], unset: dict[str, None], depth: int
) -> tuple[str, int]:
    """The text for the `${...}` that begins at `start`, and where it ends."""
    found = _BRACED.match(template, start)
    if found and not found[2]:
        return _value(found[1], variables, unset), found.end()
    end = _closing(template, start)
    if not found or end < found.end():
        raise TemplateError(
            f"{shown(template[start : start + 60])} is no variable: write ${{NAME}} or "
            "${NAME:-default}, and $$ for a dollar sign."
        )
    name, operator = found[1], found[2]
    # Also where it is not needed: compose refuses a wrong default before it is.
    word = _fill(template[found.end() : end], variables, unset, depth + 1)
    value = variables.get(name)
    is_there = value is not None and (bool(value) or ":" not in operator)
    match operator[-1]:
        case "+":
            text = word if is_there else ""
        case "-":
            text = (value or "") if is_there else word
        case _ if is_there:
            text = value or ""
        case _:
            why = f": {shown(word.strip(), 200)}" if word.strip() else ""
            raise TemplateError(
                f"variable {name} is required{why}. Set it in the environment, in .env beside the "
                "file, or in an --env-file."
            )
    return text, end + 1


def _closing(template: str, start: int) -> int:
    """Where the brace after `start` closes, on the same line; -1 where it does not.

    Each opening brace counts, so a default may be `{"a": 1}`. Where they do not match, the last
    closing brace of the line is taken: compose does the same.
    """
    line_end = template.find("\n", start)
    end = len(template) if line_end < 0 else line_end
    depth = 0
    for position in range(start, end):
        if template[position] == "{":
            depth += 1
        elif template[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    return template.rfind("}", start, end)

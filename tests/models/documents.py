"""What the documents promise: command lines, and the fields of JSON."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from demi_local.reference import BEGIN, PAGE, help_pages

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_COMMAND = re.compile(r"""(?:^|[\s(/|;&"])demi(?=\s|$)""")
_FIELDS = re.compile(r"^### Fields of (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")


class Line(NamedTuple):
    """A command line, and where it is written."""

    where: str
    text: str


def command_lines() -> list[Line]:
    """Every line with the command in a block of code, and every example of a help page."""
    found = [
        Line(f"{path.name}:{number}", text.partition("  # ")[0].rstrip())
        for path in PAGES
        for number, text in _code(path.read_text().partition(BEGIN)[0])
        if _COMMAND.search(text)
    ]
    for name, page in help_pages():
        found += [
            Line(f"{name} -h", line.partition("Example: ")[2])
            for line in page.splitlines()
            if "Example: " in line
        ]
    return found


def _code(text: str) -> Iterator[tuple[int, str]]:
    """The lines of code in Markdown: fenced, and indented by four behind an empty line.

    In a block with prompts the rest is what was printed.
    """
    fenced: list[tuple[int, str]] | None = None
    is_indented = False
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            if fenced is not None:
                prompted = [(n, each[2:]) for n, each in fenced if each.startswith("$ ")]
                yield from prompted or fenced
            fenced = [] if fenced is None else None
        elif fenced is not None:
            fenced.append((number, line))
        else:
            is_indented = line.startswith("    ") and (is_indented or not before)
            if is_indented:
                yield number, line.strip()
        before = line


def documented_fields() -> dict[str, set[str]]:
    """The fields of each command's JSON, as `docs/cli.md` has them, by the command."""
    parts = _FIELDS.split(PAGE.read_text().partition(BEGIN)[0])[1:]
    found = {}
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        table = re.split(r"^#", text, maxsplit=1, flags=re.MULTILINE)[0]
        fields = {
            field
            for row in table.splitlines()
            if row.startswith("| `")
            for field in _CODE.findall(row.split("|")[1])
        }
        for command in _CODE.findall(title):
            found[command] = fields
    return found


def fields_of(data: Any, known: set[str], path: str = "") -> set[str]:
    """The fields in JSON, as paths: `[]` is each of a list, `*` any name where that is documented.

    Nothing in place of what has fields, such as an empty list, is no field.
    """
    if isinstance(data, Mapping):
        start = f"{path}." if path else ""
        is_free = any(each.startswith(f"{start}*") for each in known)
        below = ((f"{start}{'*' if is_free else name}", value) for name, value in data.items())
    elif isinstance(data, list):
        below = ((f"{path}[]", value) for value in data)
    else:
        has_fields = any(each.startswith((f"{path}.", f"{path}[")) for each in known)
        return set() if data is None and has_fields else {path}
    return {found for where, value in below for found in fields_of(value, known, where)}

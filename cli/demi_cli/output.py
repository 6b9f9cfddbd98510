"""Data to standard output: a table for people, JSON or YAML for programs."""

import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def print_data(data: object, form: Format) -> None:
    """Print data as JSON or YAML."""
    if form is Format.YAML:
        import yaml

        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
        if text.translate(_BIDIRECTIONAL) != text or not _is_encodable(text):
            text = yaml.safe_dump(data, sort_keys=False)
        put(text, end="")
    else:
        text = json.dumps(data, indent=2, ensure_ascii=False)
        if not _is_encodable(text):
            text = json.dumps(data, indent=2)
        put(text.translate(_BIDIRECTIONAL))


def put(text: str, end: str = "\n") -> None:
    """Write to standard output; quietly not once its reader has gone (`demi ls | head`)."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), end=end, flush=True)
    except BrokenPipeError:
        # Python documentation, "Note on SIGPIPE": else the interpreter complains when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows: a table on a terminal, tab-separated lines with no header cut when piped."""
    safe = [[printable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        put("\n".join("\t".join(row) for row in [[*columns], *safe]))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for row in safe:
        # Text, since a plain string may hold markup such as [bold].
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    Console().print(table)


def say(message: str) -> None:
    """Words for a person, on standard error."""
    print(printable(message, keep="\n"), file=sys.stderr)


def _is_encodable(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def printable(text: str, keep: str = "") -> str:
    """Text without anything that a terminal could take for a command."""
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )


# JSON escapes C0 controls by itself; these would still turn a terminal's text around.
_BIDIRECTIONAL = {
    code: f"\\u{code:04x}"
    for code in (
        *range(0x7F, 0xA0),
        0x61C,
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    )
}

"""Data to standard output: a table for people, JSON or YAML for programs."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_GAP = 2  # between two columns
_LEAST_WIDTH = 20  # a guess: a URL in narrower pieces than this is none


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class ListFormat(StrEnum):
    """How to print services, or whatever else has a name each."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


class Mark(NamedTuple):
    """How a terminal shows a state: never by its colour alone."""

    symbol: str
    plain: str
    """What stands for the symbol where the terminal has none."""
    style: str


CHECK_MARKS = {
    "passing": Mark("✔", "+", "green"),
    "warning": Mark("!", "!", "yellow"),
    "critical": Mark("✘", "x", "bold red"),
}


class Column(NamedTuple):
    """A column of a table."""

    title: str
    wide: bool = False
    """Whether it is there in `wide` alone."""
    may_go: bool = False
    """Whether it goes where a terminal is narrow; the others are folded, never cut."""
    marks: Mapping[str, Mark] | None = None
    """How the states that it shows are marked."""


def print_data(data: object, form: Format | ListFormat) -> None:
    """Print data as JSON or YAML."""
    if form in (Format.YAML, ListFormat.YAML):
        import yaml

        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
        if text.translate(_BIDIRECTIONAL) != text or not _is_encodable(text):
            text = yaml.safe_dump(data, sort_keys=False)
        put(text, end="")
    else:
        import json

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


def print_list(
    form: ListFormat,
    columns: Sequence[str | Column],
    rows: Sequence[Sequence[str]],
    *,
    names: Iterable[str],
    data: object,
) -> None:
    """Print what a command lists, in the form that was asked for.

    Args:
        form: table and wide show the columns; the others do not.
        columns: all of them, those for `wide` alone among them.
        rows: a cell for each of all the columns.
        names: SITE/STACK/SERVICE of each row; one that comes again is printed once.
        data: what JSON and YAML say.
    """
    if form is ListFormat.NAME:
        if names := dict.fromkeys(names):
            put("\n".join(map(printable, names)))
    elif form in (ListFormat.TABLE, ListFormat.WIDE):
        every = [_column(column) for column in columns]
        shown = [i for i, column in enumerate(every) if form is ListFormat.WIDE or not column.wide]
        print_table([every[i] for i in shown], [[row[i] for i in shown] for row in rows])
    else:
        print_data(data, form)


def print_table(columns: Sequence[str | Column], rows: Sequence[Sequence[str]]) -> None:
    """Print rows: a table on a terminal, whole tab-separated lines below a header when piped."""
    every = [_column(column) for column in columns]
    safe = [[printable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        put("\n".join("\t".join(row) for row in [[column.title for column in every], *safe]))
        return
    from rich.console import Console
    from rich.text import Text

    # Text, since a plain string may hold markup such as [bold].
    cells = [[Text(*_marked(*pair)) for pair in zip(every, row, strict=True)] for row in safe]
    show(_laid_out(every, cells, Console().width))


def show(renderable: "RenderableType") -> None:
    """Print something of rich's on a terminal, where a broken encoding breaks nothing."""
    from rich.console import Console

    console = Console()
    with console.capture() as captured:
        console.print(renderable)
    put(captured.get(), end="")


def _column(column: str | Column) -> Column:
    return Column(column) if isinstance(column, str) else column


def _marked(column: Column, cell: str) -> tuple[str, str]:
    """A cell as a terminal shows it, and its style."""
    mark = column.marks.get(cell) if column.marks else None
    if mark is None:
        return cell, ""
    return f"{mark.symbol if _is_encodable(mark.symbol) else mark.plain} {cell}", mark.style


def _laid_out(
    columns: Sequence[Column], cells: Sequence[Sequence["Text"]], width: int
) -> "RenderableType":
    """A table without the columns that may go where they do not fit, or a record for each row.

    Rich folds the widest columns first, so all are readable where each can have its least.
    """
    from rich.table import Table

    widths = [
        max([len(column.title), *(row[i].cell_len for row in cells)])
        for i, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    for i in reversed(shown[:]):
        if columns[i].may_go and sum(widths[each] + _GAP for each in shown) - _GAP > width:
            shown.remove(i)
    if sum(min(widths[i], _LEAST_WIDTH) + _GAP for i in shown) - _GAP > width:
        return _records(columns, cells)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for i in shown:
        table.add_column(columns[i].title, overflow="fold")
    for row in cells:
        table.add_row(*(row[i] for i in shown))
    return table


def _records(columns: Sequence[Column], cells: Sequence[Sequence["Text"]]) -> "RenderableType":
    """A line for each cell that says something, and an empty one after each row."""
    from rich.table import Table

    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(style="bold", overflow="fold")
    grid.add_column(overflow="fold")
    for row in cells:
        for column, cell in zip(columns, row, strict=True):
            if cell.plain:
                grid.add_row(column.title, cell)
        grid.add_row("", "")
    return grid


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

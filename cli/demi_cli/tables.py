"""Tables for people, and the same as plain lines for programs."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from demi_cli.output import ListFormat, is_encodable, print_data, printable, put

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_GAP = 2  # between two columns
_LEAST_WIDTH = 20  # a guess: a URL in narrower pieces than this is none


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
    if not sys.stdout.isatty():
        print_lines([[column.title for column in every], *rows])
        return
    from rich.console import Console

    show(table_for(every, rows, Console().width))


def print_lines(rows: Iterable[Sequence[str]]) -> None:
    """Print rows as programs read them: a line each, whole, with tabs between the cells."""
    put("\n".join("\t".join(map(printable, row)) for row in rows))


def table_for(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], width: int
) -> "RenderableType":
    """Rows for a terminal of so many columns."""
    from rich.text import Text

    # Text, since a plain string may hold markup such as [bold].
    cells = [
        [Text(*_marked(*pair)) for pair in zip(columns, map(printable, row), strict=True)]
        for row in rows
    ]
    return _laid_out(columns, cells, width)


def marked(text: str, mark: Mark) -> str:
    """Words for a terminal behind the symbol of a state."""
    return f"{mark.symbol if is_encodable(mark.symbol) else mark.plain} {printable(text)}"


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
    return marked(cell, mark), mark.style


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

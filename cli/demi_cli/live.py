"""A table that follows Consul until Ctrl-C."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from demi_adapters.services import Snapshot
from demi_cli.output import printable
from demi_cli.tables import Column, print_lines, table_for

if TYPE_CHECKING:
    from rich.console import RenderableType

    from demi_adapters.mirror import Freshness
    from demi_adapters.registry import Registry

_LOOK_S = 1.0  # ages are shown in seconds
_REDRAW_S = 0.2  # faster is not read
_OLD_S = 15.0  # in quiet times, Consul confirms what it said each 10 s

Rows = Callable[[Snapshot], dict[str, list[str]]]


def watch_table(
    registry: "Registry", columns: Sequence[Column], rows: Rows, *, status: int
) -> None:
    """Show rows: on a terminal drawn anew, else a line for each that has changed.

    Args:
        registry: where from.
        columns: what the rows' cells are.
        rows: the rows of a snapshot, by what stays the same about each.
        status: which column says "gone" where a row went.
    """
    if sys.stdout.isatty():
        _draw(registry, columns, rows)
    else:
        _print(registry, columns, rows, status)


def _draw(registry: "Registry", columns: Sequence[Column], rows: Rows) -> None:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    console = Console()
    with Live(console=console, auto_refresh=False, screen=True) as live:
        for snapshot, freshness in _follow(registry):
            table: RenderableType = table_for(columns, [*rows(snapshot).values()], console.width)
            live.update(Group(table, Text(_trust(freshness), style="bold red")), refresh=True)


def _print(registry: "Registry", columns: Sequence[Column], rows: Rows, status: int) -> None:
    print_lines([[column.title for column in columns]])
    known: dict[str, list[str]] = {}
    for snapshot, _ in _follow(registry):
        now = rows(snapshot)
        for key, cells in now.items():
            if known.get(key) != cells:
                print_lines([cells])
        for key in known.keys() - now.keys():
            print_lines([[*known[key][:status], "gone", *known[key][status + 1 :]]])
        known = now


def _follow(registry: "Registry") -> "Iterator[tuple[Snapshot, Freshness]]":
    changed = threading.Event()
    with registry, registry.following() as mirror:
        stop = mirror.listen(changed.set)
        try:
            while True:
                changed.clear()
                yield mirror.snapshot(), mirror.freshness
                if changed.wait(_LOOK_S):
                    time.sleep(_REDRAW_S)
        finally:
            stop()


def _trust(freshness: "Freshness") -> str:
    """What to say of rows that may be old; nothing where they are not."""
    if freshness.error is None and freshness.age_s < _OLD_S:
        return ""
    why = f": {printable(str(freshness.error))}" if freshness.error else "."
    return f"This is {freshness.age_s:.0f} s old. Consul does not answer{why}"

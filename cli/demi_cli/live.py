"""What follows Consul until Ctrl-C: a table drawn anew, and words about its outages."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from demi_adapters.services import Snapshot
from demi_cli.output import printable, say
from demi_cli.tables import Column, print_lines, table_for

if TYPE_CHECKING:
    from rich.console import RenderableType

    from demi_adapters.mirror import Freshness, Mirror
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
    with registry, registry.following() as mirror:
        mirror.snapshot()  # where Consul can't be asked at all, there is nothing to watch
        if sys.stdout.isatty():
            _draw(mirror, columns, rows)
        else:
            _print(mirror, columns, rows, status)


@contextmanager
def outages_told(mirror: "Mirror") -> Iterator[None]:
    """Say on standard error when Consul stops answering, and when it does again."""
    is_away = threading.Event()

    def look() -> None:
        error = mirror.freshness.error
        if mirror.is_closed or (error is not None) == is_away.is_set():
            return
        if error:
            is_away.set()
            say(f"demi: Consul does not answer, and nothing is known meanwhile: {error}")
        else:
            is_away.clear()
            say("demi: Consul answers again.")

    stop = mirror.listen(look)
    try:
        yield
    finally:
        stop()


def _draw(mirror: "Mirror", columns: Sequence[Column], rows: Rows) -> None:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    if hasattr(sys.stdout, "reconfigure"):  # rich writes by itself
        sys.stdout.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _end)
    console = Console()
    with Live(console=console, auto_refresh=False, screen=True) as live:
        for snapshot, freshness in _follow(mirror):
            table: RenderableType = table_for(columns, [*rows(snapshot).values()], console.width)
            # Above, where a long table can't push it off the screen.
            words = [Text(_trust(freshness), style="bold red")] if _trust(freshness) else []
            live.update(Group(*words, table), refresh=True)


def _end(*_: object) -> NoReturn:
    """End as from Ctrl-C, so that the terminal becomes what it was."""
    raise SystemExit(128 + signal.SIGTERM)


def _print(mirror: "Mirror", columns: Sequence[Column], rows: Rows, status: int) -> None:
    print_lines([[column.title for column in columns]])
    known: dict[str, list[str]] = {}
    with outages_told(mirror):
        for snapshot, _ in _follow(mirror):
            now = rows(snapshot)
            for key, cells in now.items():
                if known.get(key) != cells:
                    print_lines([cells])
            for key in known.keys() - now.keys():
                print_lines([[*known[key][:status], "gone", *known[key][status + 1 :]]])
            known = now


def _follow(mirror: "Mirror") -> "Iterator[tuple[Snapshot, Freshness]]":
    changed = threading.Event()
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

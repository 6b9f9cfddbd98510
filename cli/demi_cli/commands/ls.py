"""`demi ls`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from demi_cli.lookup import (
    Category,
    Patterns,
    Site,
    Stack,
    check_known,
    none_fits,
    open_registry,
    those,
)
from demi_cli.options import ConsulAddr, ListOutput
from demi_cli.output import ListFormat
from demi_cli.tables import CHECK_MARKS, Column, print_list

if TYPE_CHECKING:
    from demi_adapters.directory import Instance
    from demi_adapters.registry import Registry
    from demi_adapters.services import Snapshot

_COLUMNS = (
    Column("SITE", may_go=True),
    Column("STACK"),
    Column("SERVICE"),
    Column("STATUS", marks=CHECK_MARKS),
    Column("URL"),
    Column("CONTAINER", may_go=True),
    Column("CATEGORY", wide=True),
    Column("NODE", wide=True),
    Column("OWNER", wide=True),
    Column("ADDRESS", wide=True),
    Column("REASON", wide=True),
)
_STATUS = 3  # which column it is

Status = Annotated[
    str | None, typer.Option("--status", help="Only these: passing, warning or critical.")
]
Watch = Annotated[
    bool, typer.Option("--watch", "-w", help="Go on, and show what changes, until Ctrl-C.")
]


def ls(
    context: typer.Context,
    pattern: Patterns = None,
    site: Site = None,
    stack: Stack = None,
    category: Category = None,
    status: Status = None,
    watch: Watch = False,
    output: ListOutput = ListFormat.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """List all services with their state and URL.

    Example: demi ls 'felix/*' --status critical
    """
    filters = {"site": site, "stack": stack, "category": category, "status": _status(status)}
    for_people = output in (ListFormat.TABLE, ListFormat.WIDE)
    if watch and not for_people:
        raise typer.BadParameter("--watch shows tables; demi watch -o json prints JSON lines.")
    registry = open_registry(context)
    if watch:
        _watch(registry, pattern, filters, wide=output is ListFormat.WIDE)
        return
    snapshot = registry.snapshot()
    check_known(snapshot, pattern)
    found = those(snapshot, pattern, filters)
    if for_people and not found:
        none_fits(snapshot)
    _show(found, output)


def _watch(
    registry: "Registry",
    pattern: Sequence[str] | None,
    filters: Mapping[str, str | None],
    *,
    wide: bool,
) -> None:
    from demi_cli.live import watch_table

    shown = [i for i, column in enumerate(_COLUMNS) if wide or not column.wide]

    def rows(snapshot: "Snapshot") -> dict[str, list[str]]:
        found = those(snapshot, pattern, filters)
        return {f"{i.node} {i.id}": [_row(i)[each] for each in shown] for i in found}

    watch_table(registry, [_COLUMNS[i] for i in shown], rows, status=_STATUS)


def _show(instances: "Sequence[Instance]", output: ListFormat) -> None:
    """Print instances."""
    print_list(
        output,
        _COLUMNS,
        [_row(instance) for instance in instances],
        names=(instance.name.slashed for instance in instances),
        data=[instance.as_dict() for instance in instances],
    )


def _row(instance: "Instance") -> list[str]:
    """A cell for each of all columns."""
    return [
        instance.site,
        instance.stack,
        instance.service,
        instance.status,
        instance.url or "",
        instance.container or "",
        instance.category or "",
        instance.node,
        instance.owner or "",
        f"{instance.host}:{instance.port}",
        instance.reason,
    ]


def _status(text: str | None) -> str | None:
    known: Mapping[str, object] = CHECK_MARKS
    if text is not None and text not in known:
        raise typer.BadParameter(f"--status: write one of {', '.join(known)}.")
    return text

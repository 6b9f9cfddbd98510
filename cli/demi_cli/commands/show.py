"""`demi show`."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from demi_cli.lookup import OneService, find_one, open_registry
from demi_cli.options import ConsulAddr, Output
from demi_cli.output import Format, print_data, printable, put
from demi_cli.tables import CHECK_MARKS, Column, marked, print_table
from demi_cli.tables import show as show_rich

if TYPE_CHECKING:
    from demi_adapters.registry import Registry
    from demi_adapters.services import Service

_INSTANCES = (
    Column("STATUS", marks=CHECK_MARKS),
    Column("URL"),
    Column("CONTAINER"),
    Column("NODE", may_go=True),
    Column("OWNER", may_go=True),
    Column("REASON"),
)


def show(
    context: typer.Context,
    service: OneService,
    output: Output = Format.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """Show all about one service: state, URLs, instances, keys.

    Example: demi show felix/api
    """
    registry = open_registry(context)
    found = find_one(registry, service)
    keys = _keys(registry, found.name.path)
    if output is Format.TABLE:
        _print(found, keys)
    else:
        print_data(_describe(found, keys), output)


def _keys(registry: "Registry", folder: str) -> dict[str, str]:
    from demi_adapters.errors import ConfigurationError

    try:
        found = registry.keys.list(folder)
    except ConfigurationError:  # a name that no registrator would give: it has no keys
        return {}
    return {entry.path.removeprefix(folder): entry.text for entry in found}


def _describe(service: "Service", keys: dict[str, str]) -> dict[str, Any]:
    """The form that `demi show -o json` prints."""
    first = service.instances[0]
    return {
        "site": service.name.site,
        "stack": service.name.stack,
        "service": service.name.service,
        "status": service.status,
        "description": first.description,
        "category": service.category,
        "url": first.url,
        "swagger_url": first.swagger_url,
        "dns_names": list(service.name.dns_names),
        "instances": [instance.as_dict() for instance in service.instances],
        "keys": keys,
    }


def _print(service: "Service", keys: dict[str, str]) -> None:
    _print_facts(service)
    put("")
    print_table(
        _INSTANCES,
        [
            (
                i.status,
                i.url or f"{i.host}:{i.port}",
                i.container or "",
                i.node,
                i.owner or "",
                i.reason,
            )
            for i in service.instances
        ],
    )
    if keys:
        put("")
        print_table(("KEY", "VALUE"), sorted(keys.items()))


def _print_facts(service: "Service") -> None:
    facts = [(word, text) for word, text in _facts(service) if text]
    if not sys.stdout.isatty():
        for word, text in facts:
            put(f"{word.lower()}\t{printable(text)}")
        return
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for word, text in facts:
        mark = CHECK_MARKS[text] if word == "Status" else None
        shown = Text(marked(text, mark), style=mark.style) if mark else Text(printable(text))
        grid.add_row(word, shown)
    show_rich(grid)


def _facts(service: "Service") -> "Iterator[tuple[str, str]]":
    """What is true of all instances, or of the first, which is healthy if any is."""
    first = service.instances[0]
    yield "Service", service.name.slashed
    yield "Status", service.status
    yield "Description", first.description or ""
    yield "Category", service.category or ""
    yield "URL", first.url or ""
    yield "Swagger", first.swagger_url or ""
    for name in service.name.dns_names:
        yield "DNS", name

"""`demi show`."""

from typing import TYPE_CHECKING, Any

import typer

from demi_cli.lookup import OneService, find_one, open_registry
from demi_cli.options import ConsulAddr, Output
from demi_cli.output import Format, print_data, printable, put
from demi_cli.tables import CHECK_MARKS, Column, print_table

if TYPE_CHECKING:
    from demi_adapters.services import Service


def show(
    context: typer.Context,
    service: OneService,
    output: Output = Format.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """Show all that is known of one service: state, URLs, instances, checks, keys.

    Example: demi show felix/api
    """
    registry = open_registry(context)
    found = find_one(registry, service)
    keys = {
        entry.path.removeprefix(found.name.path): entry.text
        for entry in registry.keys.list(found.name.path)
    }
    described = _describe(found, keys)
    if output is Format.TABLE:
        _print(found, described, keys)
    else:
        print_data(described, output)


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


def _print(service: "Service", described: dict[str, Any], keys: dict[str, str]) -> None:
    put(printable(service.name.slashed))
    for field in ("status", "description", "category", "url", "swagger_url"):
        if described[field]:
            put(printable(f"  {field}: {described[field]}"))
    put(printable(f"  DNS: {', '.join(described['dns_names'])}"))
    put("")
    print_table(
        (
            Column("STATUS", marks=CHECK_MARKS),
            Column("CONTAINER"),
            Column("ADDRESS"),
            Column("NODE", may_go=True),
            Column("OWNER", may_go=True),
            Column("REASON"),
        ),
        [
            (
                i.status,
                i.container or "",
                f"{i.host}:{i.port}",
                i.node,
                i.owner or "",
                i.reason,
            )
            for i in service.instances
        ],
    )
    put("")
    print_table(("KEY", "VALUE"), sorted(keys.items()))

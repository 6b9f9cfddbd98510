"""`demi ls`."""

import typer

from demi_adapters.consul_settings import consul_settings
from demi_adapters.directory import Instance
from demi_cli.options import ConsulAddr, ListOutput, environment
from demi_cli.output import CHECK_MARKS, Column, ListFormat, print_list, say

_COLUMNS = (
    "SITE",
    "STACK",
    "SERVICE",
    Column("STATUS", marks=CHECK_MARKS),
    "URL",
    Column("CONTAINER", may_go=True),
    Column("HOST", wide=True),
    Column("CATEGORY", wide=True),
    Column("OWNER", wide=True),
    Column("DESCRIPTION", wide=True),
)


def ls(
    context: typer.Context, output: ListOutput = ListFormat.TABLE, consul_addr: ConsulAddr = None
) -> None:
    """List all services with their state and URL.

    Example: demi ls -o json
    """
    from demi_adapters.consul_reader import ConsulReader, read_all

    with ConsulReader(consul_settings(environment(context.params))) as consul:
        instances = read_all(consul)
    if not instances and output in (ListFormat.TABLE, ListFormat.WIDE):
        say("No service is registered. Does a registrator run (demi registrator)?")
    print_list(
        output,
        _COLUMNS,
        [_cells(instance) for instance in instances],
        names=(f"{i.site}/{i.stack}/{i.service}" for i in instances),
        data=[instance.as_dict() for instance in instances],
    )


def _cells(instance: Instance) -> tuple[str, ...]:
    i = instance
    first = (i.site, i.stack, i.service, i.status, i.url or "", i.container or "")
    return (*first, i.host, i.category or "", i.owner or "", i.description or "")

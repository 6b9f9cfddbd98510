"""`demi health` and `demi wait`."""

from typing import TYPE_CHECKING, Annotated

import typer

from demi_cli.exit_codes import ExitCode
from demi_cli.lookup import SomeServices, find_some, open_registry
from demi_cli.options import ConsulAddr, ListOutput
from demi_cli.output import ListFormat, printable, put
from demi_cli.tables import CHECK_MARKS, Column, print_list

if TYPE_CHECKING:
    from demi_adapters.directory import Instance
    from demi_adapters.names import ServiceName
    from demi_adapters.registry import Registry

_COLUMNS = (
    Column("SERVICE"),
    Column("STATUS", marks=CHECK_MARKS),
    Column("CONTAINER"),
    Column("SAYS"),
    Column("CHECK", wide=True),
    Column("NODE", wide=True),
)
Timeout = Annotated[
    float, typer.Option("--timeout", "-t", min=0, help="Give up after so many seconds.")
]


def health(
    context: typer.Context,
    services: SomeServices,
    output: ListOutput = ListFormat.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """Say how services are, and what each check of theirs found.

    Checks of a whole node, which are the same for all that is on it, are shown where they do not
    pass, and by -o wide. Exit status 0 where each service has a healthy instance, else 1.

    Example: demi health felix/api
    """
    registry = open_registry(context)
    found = find_some(registry.snapshot(), services, registry.default_site)
    instances = [instance for service in found for instance in service.instances]
    print_list(
        output,
        _COLUMNS,
        [row for i in instances for row in _rows(i, in_full=output is ListFormat.WIDE)],
        names=(service.name.slashed for service in found),
        data=[instance.as_dict() for instance in instances],
    )
    if not all(service.is_healthy for service in found):
        raise typer.Exit(ExitCode.NO)


def wait(
    context: typer.Context,
    services: SomeServices,
    timeout: Timeout = 30.0,
    consul_addr: ConsulAddr = None,
) -> None:
    """Wait until services are healthy, and print a URL of each.

    A whole name may be of a service that is not there yet. Exit status 124 where it is not healthy
    in time.

    Example: demi wait felix/api felix/ui --timeout 60
    """
    with open_registry(context) as registry:
        names = [name for text in services for name in _names(registry, text)]
        found = registry.wait_all(*names, timeout_s=timeout)
    for name in names:
        put(printable(found[name].url or f"{found[name].host}:{found[name].port}"))


def _names(registry: "Registry", text: str) -> "list[ServiceName]":
    """What a text means: a whole name as it is, whoever is there."""
    from demi_adapters.errors import ConfigurationError

    try:
        return [registry.name(text)]
    except ConfigurationError:
        found = find_some(registry.snapshot(), [text], registry.default_site)
        return [service.name for service in found]


def _rows(instance: "Instance", *, in_full: bool) -> list[list[str]]:
    """A row for each check that has to do with the service."""
    name, container = instance.name.slashed, instance.container or ""
    rows = [
        [
            name,
            check.status,
            container,
            " ".join(check.output.split()) if in_full else check.says,
            check.name,
            instance.node,
        ]
        for check in instance.checks
        if in_full or not check.is_of_node or check.status != "passing"
    ]
    if instance.has_own_checks:
        return rows
    return [*rows, [name, instance.status, container, "it has no check", "", instance.node]]

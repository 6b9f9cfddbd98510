"""`demi ls`."""

import typer

from demi_adapters.consul_reader import ConsulReader, read_all
from demi_adapters.consul_settings import consul_settings
from demi_cli.options import ConsulAddr, Output, environment
from demi_cli.output import Format, print_data, print_table, say


def ls(
    context: typer.Context, output: Output = Format.TABLE, consul_addr: ConsulAddr = None
) -> None:
    """List all services with their state and URL.

    Example: demi ls -o json
    """
    with ConsulReader(consul_settings(environment(context.params))) as consul:
        instances = read_all(consul)
    if output is not Format.TABLE:
        print_data([instance.as_dict() for instance in instances], output)
        return
    if not instances:
        say("No service is registered. Does a registrator run (demi registrator)?")
    print_table(
        ("SITE", "STACK", "SERVICE", "STATUS", "URL", "CONTAINER"),
        [(i.site, i.stack, i.service, i.status, i.url or "", i.container or "") for i in instances],
    )

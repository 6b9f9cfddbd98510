"""`demi tree`."""

import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from demi_cli.lookup import Patterns, Site, Stack, open_registry
from demi_cli.options import ConsulAddr, Output
from demi_cli.output import Format, print_data, printable, put, say
from demi_cli.tables import CHECK_MARKS, marked, show

if TYPE_CHECKING:
    from demi_adapters.services import Service

    Tree = dict[str, dict[str, list[Service]]]


def tree(
    context: typer.Context,
    pattern: Patterns = None,
    site: Site = None,
    stack: Stack = None,
    output: Output = Format.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """Show sites, their stacks, and the state of each service in them.

    A service is warning where some of its instances are healthy and others are not.

    Example: demi tree --site sr1_lls
    """
    from demi_adapters.matching import matching

    registry = open_registry(context)
    services = registry.services(site=site, stack=stack)
    if pattern:
        known = [service.name for service in services]
        wanted = {name for text in pattern for name in matching(text, known)}
        services = [service for service in services if service.name in wanted]
    found = _grow(services)
    if output is not Format.TABLE:
        print_data(
            {
                site: {
                    stack: {service.name.service: service.status for service in services}
                    for stack, services in stacks.items()
                }
                for site, stacks in found.items()
            },
            output,
        )
        return
    if not found:
        say("No service is registered, or none fits; demi ls shows all.")
    elif sys.stdout.isatty():
        _draw(found)
    else:
        _print(found)


def _grow(services: "Iterable[Service]") -> "Tree":
    found: Tree = defaultdict(lambda: defaultdict(list))
    for service in services:
        found[service.name.site][service.name.stack].append(service)
    return found


def _says(service: "Service") -> str:
    """What a person has to know of it, on one line."""
    worst = service.instances[-1]
    ill = sum(not instance.is_healthy for instance in service.instances)
    many = f" ({ill} of {len(service.instances)} instances)" if len(service.instances) > 1 else ""
    return printable(f"{service.status}{many if ill else ''}{_because(worst.reason)}")


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _print(found: "Tree") -> None:
    """Two spaces a level, which any program can read."""
    for site, stacks in found.items():
        put(site)
        for stack, services in stacks.items():
            put(f"  {stack}")
            for service in services:
                put(f"    {service.name.service}\t{_says(service)}")


def _draw(found: "Tree") -> None:
    from rich.text import Text
    from rich.tree import Tree as RichTree

    for site, stacks in found.items():
        root = RichTree(Text(site, style="bold"))
        for stack, services in stacks.items():
            branch = root.add(Text(stack))
            for service in services:
                mark = CHECK_MARKS[service.status]
                line = Text(f"{service.name.service}  ")
                line.append(marked(_says(service), mark), style=mark.style)
                branch.add(line)
        show(root)

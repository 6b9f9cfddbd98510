"""`demi tree`."""

import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

from demi_cli.lookup import Patterns, Site, Stack, check_known, none_fits, open_registry, those
from demi_cli.options import ConsulAddr, Output
from demi_cli.output import Format, print_data, printable, put
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
    """Show sites, stacks, and the state of each service in them.

    A service is warning where some of its instances are healthy and others are not.

    Example: demi tree --site sr1_lls
    """
    snapshot = open_registry(context).snapshot()
    check_known(snapshot, pattern)
    names = {i.name for i in those(snapshot, pattern, {"site": site, "stack": stack})}
    found = _grow(snapshot.services[name] for name in sorted(names))
    if output is not Format.TABLE:
        print_data(_describe(found), output)
        return
    if not found:
        none_fits(snapshot)
    elif sys.stdout.isatty():
        _draw(found)
    else:
        _print(found)


def _grow(services: "Iterable[Service]") -> "Tree":
    found: Tree = defaultdict(lambda: defaultdict(list))
    for service in services:
        found[service.name.site][service.name.stack].append(service)
    return found


def _describe(found: "Tree") -> dict[str, Any]:
    """The form that `demi tree -o json` prints."""
    return {
        site: {
            stack: {
                service.name.service: {
                    "status": service.status,
                    "instances": len(service.instances),
                    "healthy": _healthy(service),
                }
                for service in services
            }
            for stack, services in stacks.items()
        }
        for site, stacks in found.items()
    }


def _healthy(service: "Service") -> int:
    return sum(instance.is_healthy for instance in service.instances)


def _says(service: "Service") -> str:
    """What a person has to know of it, on one line."""
    several = len(service.instances)
    counted = f", {_healthy(service)} of {several} healthy" if several > 1 else ""
    worst = service.instances[-1]
    because = f": {worst.reason}" if worst.reason else ""
    return printable(f"{service.status}{counted}{because}")


def _print(found: "Tree") -> None:
    """Two spaces a level, which any program can read."""
    for site, stacks in found.items():
        put(printable(site))
        for stack, services in stacks.items():
            put(f"  {printable(stack)}")
            for service in services:
                put(f"    {printable(service.name.service)}\t{_says(service)}")


def _draw(found: "Tree") -> None:
    from rich.text import Text
    from rich.tree import Tree as RichTree

    for site, stacks in found.items():
        root = RichTree(Text(printable(site), style="bold"))
        for stack, services in stacks.items():
            branch = root.add(Text(printable(stack)))
            for service in services:
                mark = CHECK_MARKS[service.status]
                line = Text(f"{printable(service.name.service)}  ")
                line.append(marked(_says(service), mark), style=mark.style)
                branch.add(line)
        show(root)

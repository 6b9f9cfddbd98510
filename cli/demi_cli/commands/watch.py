"""`demi watch`."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from demi_cli.lookup import Category, Patterns, Site, Stack, open_registry
from demi_cli.options import ConsulAddr, Output
from demi_cli.output import Format, put
from demi_cli.tables import CHECK_MARKS, Mark, marked, print_lines, show

if TYPE_CHECKING:
    from demi_adapters.names import ServiceName
    from demi_adapters.services import Change

_GONE = Mark("-", "-", "dim")


def watch(
    context: typer.Context,
    pattern: Patterns = None,
    site: Site = None,
    stack: Stack = None,
    category: Category = None,
    output: Output = Format.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """Print what happens to services, a line each, until Ctrl-C.

    First, all that is there appears. With -o json, each line is one JSON object.

    Example: demi watch 'felix/*'
    """
    from demi_adapters.matching import check_words

    if output is Format.YAML:
        raise typer.BadParameter("-o yaml has no lines: take -o json.")
    from demi_cli.live import outages_told

    for text in pattern or ():
        check_words(text)
    with open_registry(context) as registry, registry.following() as mirror:
        mirror.snapshot()  # where Consul can't be asked at all, there is nothing to watch
        with outages_told(mirror):
            for change in registry.watch(site=site, stack=stack, category=category):
                if _is_meant(change.instance.name, pattern):
                    _print(change, output)


def _is_meant(name: "ServiceName", patterns: Sequence[str] | None) -> bool:
    from demi_adapters.matching import matching

    return not patterns or any(matching(text, [name]) for text in patterns)


def _print(change: "Change", output: Format) -> None:
    instance, now = change.instance, datetime.now().astimezone()
    if output is Format.JSON:
        said = {"time": now.isoformat(), "change": change.kind, **instance.as_dict()}
        put(json.dumps(said))
        return
    status = "gone" if change.kind == "gone" else instance.status
    where = instance.url or f"{instance.host}:{instance.port}"
    cells = [
        now.strftime("%H:%M:%S"),
        change.kind,
        instance.name.slashed,
        status,
        where,
        instance.reason,
    ]
    if not sys.stdout.isatty():
        print_lines([cells])
        return
    from rich.text import Text

    mark = CHECK_MARKS.get(status, _GONE)
    show(Text(marked("  ".join(cell for cell in cells if cell), mark), style=mark.style))

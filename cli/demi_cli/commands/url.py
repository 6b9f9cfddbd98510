"""`demi url`."""

import difflib
from collections.abc import Sequence
from typing import Annotated

import typer

from demi_adapters.consul_settings import consul_settings
from demi_adapters.directory import STATUSES, Instance
from demi_adapters.errors import ConfigurationError, NotFound
from demi_adapters.names import is_segment, is_site
from demi_cli.completion import service_names
from demi_cli.options import ConsulAddr, environment
from demi_cli.output import printable, put, say


def url(
    context: typer.Context,
    service: Annotated[
        str, typer.Argument(metavar="SITE/STACK/SERVICE", autocompletion=service_names)
    ],
    consul_addr: ConsulAddr = None,
) -> None:
    """Print the URL of a service, of a healthy instance if there is one.

    Example: curl "$(demi url sr1_lls/felix/api)"
    """
    parts = service.split("/")
    if len(parts) != 3 or not (is_site(parts[0]) and all(map(is_segment, parts[1:]))):
        raise ConfigurationError(f"{service!r}: write SITE/STACK/SERVICE, e.g. sr1_lls/felix/api.")
    from demi_adapters.consul_reader import ConsulReader, read_all

    with ConsulReader(consul_settings(environment(context.params))) as consul:
        instances = read_all(consul)
    found = [i for i in instances if _path(i) == service and i.url]
    if not found:
        raise NotFound(f"no service {service!r} is registered.{_hint(service, instances)}")
    best = min(found, key=lambda i: STATUSES.index(i.status))
    if best.status != STATUSES[0]:
        say(f"demi: {service} is {best.status}")
    put(printable(best.url or ""))


def _path(instance: Instance) -> str:
    return f"{instance.site}/{instance.stack}/{instance.service}"


def _hint(service: str, instances: Sequence[Instance]) -> str:
    near = difflib.get_close_matches(service, {_path(i) for i in instances}, n=3)
    return f" Did you mean {', '.join(near)}?" if near else " See demi ls."

"""`demi url` and `demi open`."""

import random
from typing import TYPE_CHECKING, Annotated

import typer

from demi_cli.lookup import OneService, find_one, open_registry
from demi_cli.options import ConsulAddr
from demi_cli.output import printable, put, say

if TYPE_CHECKING:
    from demi_adapters.registry import Registry
    from demi_adapters.services import Service

Swagger = Annotated[bool, typer.Option("--swagger", help="The page of its API (Swagger).")]
Health = Annotated[bool, typer.Option("--health", help="What its health check asks.")]
Any = Annotated[bool, typer.Option("--any", help="Take an unhealthy instance where no other is.")]


def url(
    context: typer.Context,
    service: OneService,
    swagger: Swagger = False,
    health: Health = False,
    any_status: Any = False,
    consul_addr: ConsulAddr = None,
) -> None:
    """Print the URL of a service, of a healthy instance.

    Exit status 1 where no instance is healthy.

    Example: curl "$(demi url sr1_lls/felix/api)"
    """
    put(printable(_url(context, service, swagger=swagger, health=health, any_status=any_status)))


def open_(
    context: typer.Context,
    service: OneService,
    swagger: Swagger = False,
    any_status: Any = False,
    consul_addr: ConsulAddr = None,
) -> None:
    """Open a service in the browser, or print its URL.

    Where there is no browser, or the URL is none of http or https, it is printed.

    Example: demi open felix/api --swagger
    """
    found = _url(context, service, swagger=swagger, health=False, any_status=any_status)
    if not _show_in_browser(found):
        put(printable(found))


def _url(
    context: typer.Context, text: str, *, swagger: bool, health: bool, any_status: bool
) -> str:
    if swagger and health:
        raise typer.BadParameter("--swagger and --health are two different URLs: ask for one.")
    registry = open_registry(context)
    service = find_one(registry, text)
    if health:
        return _health_url(registry, service)
    # Not the first one each time: that spreads the load, and guards nothing.
    urls = service.urls("swagger_url" if swagger else "url", any_status=any_status)
    return random.choice(urls)  # noqa: S311


def _health_url(registry: "Registry", service: "Service") -> str:
    """From the key tree, where alone it is: of the instance that the tree shows."""
    from demi_adapters.errors import ConfigurationError, NotFound

    try:
        entry = registry.keys.get(f"{service.name.path}health_url")
    except ConfigurationError:  # a stranger's name, which no key can have
        entry = None
    if entry is None:
        raise NotFound(
            f"{service.name.slashed} has no health URL: Consul looks at its port, or Docker at its "
            "HEALTHCHECK. Its label health= would name one."
        )
    return entry.text


def _show_in_browser(url: str) -> bool:
    """Whether there was a browser to show it in."""
    import os
    import webbrowser

    if not url.startswith(("http://", "https://")) or not url.isprintable():
        say("This is nothing for a browser:")
        return False
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")):
        return False
    return webbrowser.open(url)

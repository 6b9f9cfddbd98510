"""What commands that look services up share: their arguments, and from words to services."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from demi_cli.completion import service_tails, sites, stacks
from demi_cli.options import environment
from demi_cli.output import say

if TYPE_CHECKING:
    from demi_adapters.directory import Instance
    from demi_adapters.registry import Registry
    from demi_adapters.services import Service, Snapshot

_WORDS = "SITE/STACK/SERVICE, or an end of it that only one service has"

OneService = Annotated[
    str,
    typer.Argument(metavar="SERVICE", help=f"{_WORDS}.", autocompletion=service_tails),
]
SomeServices = Annotated[
    list[str],
    typer.Argument(
        metavar="SERVICE",
        help=f"{_WORDS}; or a pattern: 'felix/*'.",
        autocompletion=service_tails,
    ),
]
Patterns = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATTERN",
        help="Only these: SITE/STACK/SERVICE, an end of it, or a pattern such as 'felix/*'.",
        autocompletion=service_tails,
    ),
]
Site = Annotated[str | None, typer.Option("--site", help="Only this site.", autocompletion=sites)]
Stack = Annotated[
    str | None, typer.Option("--stack", help="Only this stack.", autocompletion=stacks)
]
Category = Annotated[str | None, typer.Option("--category", help="Only this category.")]


def open_registry(context: typer.Context) -> "Registry":
    """The registry at the Consul that the command's options name, until the command ends."""
    from demi_adapters.consul_settings import consul_settings
    from demi_adapters.registry import Registry

    registry = Registry(settings=consul_settings(environment(context.params)))
    context.call_on_close(registry.close)
    return registry


def find_one(registry: "Registry", text: str) -> "Service":
    """The one service that a text means; one question to Consul where it is the whole name.

    Raises:
        NotFound: none or several have such a name.
    """
    from demi_adapters.errors import ConfigurationError
    from demi_adapters.matching import check_words, parse_name, the_one

    check_words(text)
    try:
        exact = parse_name(text)
    except ConfigurationError:
        services = registry.snapshot().services
        return services[the_one(text, services, registry.default_site)]
    return registry.service(exact)


def find_some(snapshot: "Snapshot", texts: Iterable[str], site: str | None) -> "list[Service]":
    """The services that some texts mean, each of which must mean at least one, and no two.

    Raises:
        NotFound: a text means none, or without being a pattern several.
    """
    from demi_adapters.matching import (
        check_words,
        is_pattern,
        matching,
        no_such_service,
        the_one,
    )

    names = {}
    for text in map(check_words, texts):
        if is_pattern(text):
            found = matching(text, snapshot.services)
            if not found:
                raise no_such_service(text, snapshot.services)
            names.update(dict.fromkeys(found))
        else:
            names[the_one(text, snapshot.services, site)] = None
    return [snapshot.services[name] for name in names]


def check_known(snapshot: "Snapshot", texts: Iterable[str] | None) -> None:
    """Make sure that names without wildcards are of something; patterns may match nothing.

    Raises:
        NotFound: one is not; the message names the nearest.
    """
    from demi_adapters.matching import check_words, is_pattern, matching, no_such_service

    for text in map(check_words, texts or ()):
        if not is_pattern(text) and not matching(text, snapshot.services):
            raise no_such_service(text, snapshot.services)


def none_fits(snapshot: "Snapshot") -> None:
    """Say why a list is empty."""
    if snapshot.services:
        say(f"None of the {len(snapshot.services)} services fits; demi ls shows all.")
    else:
        say(
            "No service is registered. Does a registrator run (demi problems lists them), and "
            "where Consul has ACLs, may the ACL token read services?"
        )


def those(
    snapshot: "Snapshot",
    patterns: Sequence[str] | None,
    filters: Mapping[str, str | None],
) -> "list[Instance]":
    """The instances that any of the patterns means (None: all), and all filters let through."""
    from demi_adapters.matching import check_words, matching

    instances: Iterable[Instance] = snapshot.instances
    if patterns:
        wanted = {
            name for text in patterns for name in matching(check_words(text), snapshot.services)
        }
        instances = (i for i in instances if i.name in wanted)
    return [
        instance
        for instance in instances
        if all(value in (None, getattr(instance, field)) for field, value in filters.items())
    ]

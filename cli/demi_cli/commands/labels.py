"""`demi labels`: a block of labels to paste into a compose file."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from demi_adapters.errors import ConfigurationError
from demi_cli.output import printable, put, say

if TYPE_CHECKING:
    from demi_adapters.names import ServiceName
    from demi_cli.compose.findings import Linted

# Stands for the PC that will run the container, where no label says which.
_SOME_HOST = "HOST"


class Form(StrEnum):
    """How `labels:` is written."""

    MAP = "map"
    LIST = "list"


def labels(
    service: Annotated[str, typer.Argument(metavar="SITE/STACK/SERVICE")],
    port: Annotated[str | None, typer.Option(help="Port inside the container.")] = None,
    description: Annotated[str | None, typer.Option(help="Text for people.")] = None,
    category: Annotated[
        str | None, typer.Option(help="Kind of service, e.g. Microservice-UI.")
    ] = None,
    health: Annotated[
        str | None, typer.Option(help="Path of the health check, or a URL on the same host.")
    ] = None,
    url_prefix: Annotated[str | None, typer.Option(help="Path of the API or UI.")] = None,
    url_postfix: Annotated[
        str | None, typer.Option(help="Path of the Swagger UI below the prefix.")
    ] = None,
    protocol: Annotated[str | None, typer.Option(help="URL scheme. [default: http]")] = None,
    host: Annotated[
        str | None, typer.Option(help="Full name or address of the PC that runs the container.")
    ] = None,
    more: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other label; may be repeated."),
    ] = None,
    form: Annotated[Form, typer.Option(help="How to write them.")] = Form.MAP,
) -> None:
    """Print the labels of a service, to paste into a compose file.

    They are checked as the registrator would check them; what they will become is said on
    standard error.

    Example: demi labels sr1_lls/felix/api --port 8000 --health /health
    """
    from demi_cli.compose import block, draft

    name = _name(service)
    given = {
        "description": description,
        "category": category,
        "host": host,
        "port": port,
        "url_prefix": url_prefix,
        "url_postfix": url_postfix,
        "protocol": protocol,
        "health": health,
    }
    values = _values(given, more or ())
    judged = draft.judge(name, values, _SOME_HOST)
    if judged.has_errors:
        raise ConfigurationError(" ".join(finding.message for finding in judged.findings))
    render = block.render_list if form is Form.LIST else block.render_map
    put(render(draft.named(name, values)))
    _say_what_becomes(judged)


def _name(text: str) -> "ServiceName":
    from demi_adapters.names import ServiceName, is_segment, is_site
    from demi_adapters.problems import shown

    parts = text.split("/")
    if len(parts) != 3 or not (is_site(parts[0]) and all(map(is_segment, parts[1:]))):
        raise ConfigurationError(
            f"{shown(text)}: write SITE/STACK/SERVICE, e.g. sr1_lls/felix/api: letters, digits, "
            "'_' and '-'."
        )
    if "." in parts[0]:
        say(f"Set DEMI_NAMESPACE=demi.{parts[0]} for the registrator: the site's name has dots.")
    return ServiceName(*parts)


def _values(given: Mapping[str, str | None], more: Iterable[str]) -> dict[str, str]:
    """The labels by key, those of `--set` last."""
    from demi_adapters.problems import shown

    values = {key: value for key, value in given.items() if value is not None}
    for entry in more:
        key, equals, value = entry.partition("=")
        if not equals:
            raise ConfigurationError(f"--set {shown(entry)}: write KEY=VALUE.")
        if key in values:
            raise ConfigurationError(f"--set {shown(entry)}: {shown(key)} is given twice.")
        values[key] = value
    if not values:
        raise ConfigurationError("a service needs a label. Say at least --port or --description.")
    for key, value in values.items():
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise ConfigurationError(f"{shown(key)} is no text in UTF-8: {shown(value)}.")
    return values


def _say_what_becomes(judged: "Linted") -> None:
    """The URL, the check, and what else has to be done."""
    for finding in judged.findings:
        say(printable(f"{finding.severity} {finding.code}: {finding.message}"))
    for expected in judged.services:
        service = expected.registration
        say(f"URL: {service.url}")
        say(f"Check: {service.check.summary if service.check else 'none'}")
        if service.hostport is None:
            say("Publish the port (ports: in the compose file); ? is what Docker then chooses.")

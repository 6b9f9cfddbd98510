"""`demi dns`."""

from typing import Annotated, Any

import typer

from demi_adapters.urls import bracketed
from demi_cli.exit_codes import ExitCode
from demi_cli.lookup import OneService, find_one, open_registry
from demi_cli.options import ConsulAddr, Output, environment
from demi_cli.output import Format, print_data, printable, put
from demi_cli.tables import print_table

Server = Annotated[
    str | None,
    typer.Option("--dns", metavar="HOST:PORT", help="Ask this server. [default: Consul's own]"),
]


_ADDRESSES = ("A", "AAAA")


def dns(
    context: typer.Context,
    service: OneService,
    server: Server = None,
    output: Output = Format.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """Show a service's names in DNS, and what they answer now.

    Lines for dig follow. Exit status 1 where a name has no answer: no instance is healthy, or
    for the name that ends in query.consul, no registrator has installed its template.

    Example: demi dns felix/api
    """
    name = find_one(open_registry(context), service).name
    host, port = _server(context, server)
    found = [
        _ask(host, port, each, kind) for each in name.dns_names for kind in ("SRV", *_ADDRESSES)
    ]
    if output is Format.TABLE:
        print_table(
            ("NAME", "TYPE", "ANSWER"),
            [
                (each["name"], each["type"], "; ".join(each["records"]) or each["code"])
                for each in found
                if _is_told(each, found)
            ],
        )
        put("")
        for each in name.dns_names:
            put(printable(f"dig @{host} -p {port} {each} SRV"))
    else:
        print_data({"server": f"{bracketed(host)}:{port}", "answers": found}, output)
    if not all(_is_answered(each, found) for each in found):
        raise typer.Exit(ExitCode.NO)


def _is_told(asked: dict[str, Any], found: list[dict[str, Any]]) -> bool:
    """Whether it says something: few services have addresses of both kinds."""
    by_kind = {each["type"]: each["records"] for each in found if each["name"] == asked["name"]}
    match asked["type"]:
        case "A":
            return bool(by_kind["A"] or not by_kind["AAAA"])
        case "AAAA":  # for a host with a name, the answer is that name, whatever was asked for
            return bool(by_kind["AAAA"] and by_kind["AAAA"] != by_kind["A"])
        case _:
            return True


def _is_answered(asked: dict[str, Any], found: list[dict[str, Any]]) -> bool:
    """Whether it has an answer, as an address of either kind is one."""
    kinds = _ADDRESSES if asked["type"] in _ADDRESSES else (asked["type"],)
    return any(
        each["records"] for each in found if each["name"] == asked["name"] and each["type"] in kinds
    )


def _server(context: typer.Context, given: str | None) -> tuple[str, int]:
    """Where Consul's DNS listens, as told or as its agent says."""
    from demi_adapters.consul_probe import ConsulProbe
    from demi_adapters.consul_settings import consul_settings
    from demi_adapters.errors import ConfigurationError
    from demi_registrator.doctor.consul_facts import dns_address, dns_server
    from demi_registrator.doctor.facts import Missing

    if given is not None:
        return dns_address(given)
    settings = consul_settings(environment(context.params))
    with ConsulProbe(settings) as consul:
        found = dns_server(None, settings.host, consul.details())
    if isinstance(found, Missing):
        raise ConfigurationError(f"{found.why}.")
    return found


def _ask(host: str, port: int, name: str, kind: str) -> dict[str, Any]:
    """One question and its answer.

    Raises:
        ConsulUnavailable: there was none.
    """
    from demi_adapters.errors import ConsulUnavailable
    from demi_registrator.doctor.network import ask_dns

    try:
        answer = ask_dns(host, port, name, kind)
    except ValueError:
        return {"name": name, "type": kind, "code": "no name for DNS", "records": []}
    except OSError as error:
        raise ConsulUnavailable(
            f"DNS at {bracketed(host)}:{port}: {error.strerror or error}. Does Consul listen "
            "there? --dns names another place."
        ) from None
    return {"name": name, "type": kind, "code": answer.code, "records": list(answer.records)}

"""`demi dns`."""

from typing import Annotated, Any

import typer

from demi_cli.exit_codes import ExitCode
from demi_cli.lookup import OneService, find_one, open_registry
from demi_cli.options import ConsulAddr, Output, environment
from demi_cli.output import Format, print_data, put
from demi_cli.tables import print_table

Server = Annotated[
    str | None,
    typer.Option("--dns", metavar="HOST:PORT", help="Ask this server. [default: Consul's own]"),
]


def dns(
    context: typer.Context,
    service: OneService,
    server: Server = None,
    output: Output = Format.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """Show a service's names in DNS, what they answer now, and how to ask dig.

    Exit status 1 where a name has no answer.

    Example: demi dns felix/api
    """
    name = find_one(open_registry(context), service).name
    host, port = _server(context, server)
    found = [_ask(host, port, each, kind) for each in name.dns_names for kind in ("SRV", "A")]
    if output is Format.TABLE:
        print_table(
            ("NAME", "TYPE", "ANSWER"),
            [
                (each["name"], each["type"], "; ".join(each["records"]) or each["code"])
                for each in found
            ],
        )
        for each in name.dns_names:
            put(f"dig @{host} -p {port} {each} SRV")
    else:
        print_data({"server": f"{host}:{port}", "answers": found}, output)
    if not all(each["records"] for each in found):
        raise typer.Exit(ExitCode.NO)


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
    from demi_registrator.doctor.network import ask_dns

    try:
        answer = ask_dns(host, port, name, kind)
    except OSError as error:
        why = error.strerror or str(error)
        return {"name": name, "type": kind, "code": why, "records": []}
    return {"name": name, "type": kind, "code": answer.code, "records": list(answer.records)}

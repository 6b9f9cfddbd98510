"""`demi doctor`: is everything there that the registrator and its users need?"""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from demi_adapters.consul_settings import consul_settings
from demi_adapters.labels import parse_namespaces
from demi_cli.exit_codes import ExitCode
from demi_cli.extras import installed_extras
from demi_cli.options import (
    Config,
    ConsulAddr,
    ConsulCacert,
    ConsulClientCert,
    ConsulClientKey,
    ConsulSsl,
    ConsulSslVerify,
    ConsulTokenFile,
    DockerCertPath,
    DockerHost,
    DockerTlsVerify,
    Host,
    Namespace,
    Output,
    Owner,
    environment,
)
from demi_cli.output import Format, print_data, printable, say
from demi_cli.tables import print_table, show

if TYPE_CHECKING:
    from demi_registrator.doctor.finding import Finding

_SYMBOLS = {"pass": "✓", "warn": "!", "fail": "✗"}
_COLOURS = {"pass": "green", "warn": "yellow", "fail": "bold red"}

Dns = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Consul's DNS. [default: where the agent says it is]"),
]


def doctor(
    context: typer.Context,
    output: Output = Format.TABLE,
    config: Config = None,
    namespace: Namespace = "",
    host: Host = None,
    owner: Owner = None,
    dns: Dns = None,
    consul_addr: ConsulAddr = None,
    consul_token_file: ConsulTokenFile = None,
    consul_ssl: ConsulSsl = None,
    consul_ssl_verify: ConsulSslVerify = None,
    consul_cacert: ConsulCacert = None,
    consul_client_cert: ConsulClientCert = None,
    consul_client_key: ConsulClientKey = None,
    docker_host: DockerHost = None,
    docker_tls_verify: DockerTlsVerify = None,
    docker_cert_path: DockerCertPath = None,
) -> None:
    """Check Docker, Consul, the token, DNS, clocks and leftovers.

    Nothing is changed. Give it the registrator's settings. Exit status 1 where a check fails;
    warnings are allowed.

    Example: demi doctor --config demi.yaml
    """
    from demi_registrator.doctor.consul_facts import consul_facts, dns_address
    from demi_registrator.doctor.examine import examine
    from demi_registrator.doctor.facts import EngineFacts, Facts, Missing
    from demi_registrator.doctor.host_facts import engine_facts, host_facts
    from demi_registrator.doctor.network import resolve
    from demi_registrator.settings import RegistratorSettings

    environ = environment(context.params)
    settings = RegistratorSettings(
        consul=consul_settings(environ),
        docker=environ,
        sites=parse_namespaces(namespace),
        host=host,
        owner=owner,
    )
    place = None if dns is None else dns_address(dns)
    extras = installed_extras()
    engine = engine_facts(environ, settings.sites) if extras["registrator"] else None
    machine = host_facts(engine, environ=environ, extras=extras, owner=owner, host=host)
    consul = consul_facts(
        settings.consul,
        owner=machine.owner,
        sites=settings.sites,
        wanted=engine.wanted if isinstance(engine, EngineFacts) else (),
        dns=place,
    )
    hosts = () if isinstance(consul.services, Missing) else {s.host for s in consul.services}
    unresolved = frozenset(name for name, found in resolve(hosts).items() if not found)
    findings = examine(Facts(machine, consul, unresolved))
    if output is Format.TABLE:
        _print(findings)
    else:
        print_data({"findings": [finding.as_dict() for finding in findings]}, output)
    if any(finding.verdict == "fail" for finding in findings):
        raise typer.Exit(ExitCode.NO)


def _print(findings: Sequence["Finding"]) -> None:
    if sys.stdout.isatty():
        _print_for_a_person(findings)
    else:
        print_table(
            ("VERDICT", "CHECK", "MESSAGE", "REMEDY"),
            [(_verdict(f), f.name, f.message, f.remedy or "") for f in findings],
        )
    counts = Counter(str(finding.verdict) for finding in findings)
    say(f"{counts['pass']} passed, {counts['warn']} warned, {counts['fail']} failed")


def _print_for_a_person(findings: Sequence["Finding"]) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for finding in findings:
        # Text, since a plain string may hold markup such as [bold].
        words = Text(printable(finding.message), overflow="fold")
        if finding.remedy:
            words.append(f"\n→ {printable(finding.remedy)}", style="dim")
        grid.add_row(
            Text(_verdict(finding), style=_COLOURS[finding.verdict]), Text(finding.name), words
        )
    show(grid)


def _verdict(finding: "Finding") -> str:
    symbol = _SYMBOLS[finding.verdict]
    try:
        symbol.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        symbol = "!" if finding.verdict == "warn" else "+" if finding.verdict == "pass" else "x"
    return f"{symbol} {finding.verdict}"

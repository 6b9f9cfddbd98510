"""`demi explain`: the contract made visible."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from demi_adapters.container import Container, from_inspect
from demi_adapters.errors import ConfigurationError, NotFound
from demi_adapters.labels import parse_namespaces
from demi_adapters.problems import Severity
from demi_adapters.registration import Origin, Registrations, register_all
from demi_cli.exit_codes import ExitCode
from demi_cli.options import (
    DockerCertPath,
    DockerHost,
    DockerTlsVerify,
    Host,
    Namespace,
    Output,
    Owner,
    environment,
)
from demi_cli.output import Format, print_data, say
from demi_cli.tables import print_table


def explain(
    context: typer.Context,
    containers: Annotated[
        list[str] | None, typer.Argument(metavar="[CONTAINER]...", help="Names or IDs.")
    ] = None,
    inspect: Annotated[
        str | None,
        typer.Option(help="File with what `docker inspect` prints, - for standard input."),
    ] = None,
    output: Output = Format.TABLE,
    namespace: Namespace = "",
    host: Host = None,
    owner: Owner = None,
    docker_host: DockerHost = None,
    docker_tls_verify: DockerTlsVerify = None,
    docker_cert_path: DockerCertPath = None,
) -> None:
    """Show what the registrator makes of containers.

    Nothing is changed. Without arguments: of all running containers. Exit status 1 where labels
    have errors.

    Example: docker inspect felix | demi explain --inspect -
    """
    from demi_registrator.settings import check_host, check_owner, host_of

    if inspect is not None and containers:
        raise ConfigurationError("name containers or give --inspect, not both.")
    if inspect is not None:
        import socket

        engine_host = socket.gethostname()
        described = [from_inspect(data) for data in read_inspection(inspect)]
    else:
        environ = environment(context.params)
        engine_host, described = _ask_engine(environ, containers or [])
    origin = Origin(
        owner=check_owner(owner or engine_host),
        host=check_host("DEMI_HOST", host) if host else host_of(engine_host),
        sites=parse_namespaces(namespace),
    )
    found = register_all(described, origin)
    if output is Format.TABLE:
        _print(found)
        _print_silence(described, found)
    else:
        print_data(
            {
                "services": [service.as_dict() for service in found.services],
                "problems": [problem.as_dict() for problem in found.problems],
            },
            output,
        )
    if any(problem.severity is Severity.ERROR for problem in found.problems):
        raise typer.Exit(ExitCode.NO)


def read_inspection(name: str) -> list[Mapping[str, Any]]:
    """The objects in what `docker inspect` printed: a list of them, or one alone.

    Raises:
        ConfigurationError: the file can't be read or holds something else.
    """
    where = "standard input" if name == "-" else name
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text()
        data = json.loads(text)
    except OSError as error:
        raise ConfigurationError(f"--inspect {where}: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"--inspect {where} is no JSON: {error}. Write docker inspect NAME > FILE."
        ) from None
    objects = data if isinstance(data, list) else [data]
    if not all(isinstance(each, dict) and each.get("Id") for each in objects):
        raise ConfigurationError(
            f"--inspect {where} holds no containers. Write docker inspect NAME > FILE."
        )
    return objects


def _ask_engine(environ: Mapping[str, str], names: list[str]) -> tuple[str, list[Container]]:
    """The engine host's name and the containers, all running ones where none are named."""
    from demi_cli.extras import need_registrator

    need_registrator()
    from demi_adapters.engine import Engine

    with Engine(environ) as engine:
        found = {}
        for name in names or [container.id for container in engine.containers()]:
            try:
                container = engine.container(name)
            except NotFound:
                if names:
                    raise
                continue  # it ended since the listing
            found[container.id] = container
        return engine.info().host, list(found.values())


def _print(found: Registrations) -> None:
    print_table(
        ("SITE", "STACK", "SERVICE", "REGISTERED", "URL", "CHECK", "CONTAINER"),
        [
            (
                service.name.site,
                service.name.stack,
                service.name.service,
                "yes" if service.registered else "no",
                service.url or "",
                service.check.summary if service.check else "none",
                service.container,
            )
            for service in found.services
        ],
    )
    for problem in found.problems:
        say(f"{problem.severity} {problem.code}: {problem.message}")


def _print_silence(described: list[Container], found: Registrations) -> None:
    """Say why nothing was said."""
    for container in described:
        if not container.running and container.labels:
            say(f"container {container.short_id} does not run: it is not registered.")
    if not found.services and not found.problems and not any(c.labels for c in described):
        say("No container here carries a label demi.SITE.STACK.SERVICE.KEY=VALUE.")

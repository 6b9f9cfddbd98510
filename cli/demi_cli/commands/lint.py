"""`demi lint`: what the labels of compose files will become, before anything runs."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from demi_adapters.errors import ConfigurationError
from demi_cli.exit_codes import ExitCode
from demi_cli.options import Host, Namespace, Output
from demi_cli.output import Format, print_data, printable, say
from demi_cli.tables import print_table

if TYPE_CHECKING:
    from demi_adapters.registration import Origin
    from demi_cli.compose.findings import Linted


def lint(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMPOSE_FILE]...",
            help="Each is looked at by itself; - is standard input. "
            "[default: what docker compose takes in this folder]",
            show_default=False,
        ),
    ] = None,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="The files are one project, as for docker compose -f A -f B."),
    ] = False,
    env_file: Annotated[
        list[str] | None,
        typer.Option(help="Variables instead of .env beside the file; may be repeated."),
    ] = None,
    output: Output = Format.TABLE,
    namespace: Namespace = "",
    host: Host = None,
) -> None:
    """Show what the labels of compose files will become.

    Nothing is started and nobody is asked. A port that Docker will choose is shown as ?.
    Labels that an image brings are not seen. Exit status 1 where labels have errors, 2 where a
    file can't be read.

    Example: demi lint compose.yaml
    """
    from demi_cli.compose.files import default_files

    origin = _origin(namespace, host)
    merge = merge or not files
    names = files or default_files()
    found: list[Linted] = []
    is_readable = True
    for project in [names] if merge else [[name] for name in names]:
        try:
            found.append(_lint(project, env_file or [], origin, is_host_assumed=not host))
        except ConfigurationError as error:
            # The other files may still be of use.
            say(f"demi: {error}")
            is_readable = False
    if found:
        _print(found, output)
    if not is_readable:
        raise typer.Exit(ExitCode.USAGE)
    if any(each.has_errors for each in found):
        raise typer.Exit(ExitCode.NO)


def _origin(namespace: str, host: str | None) -> "Origin":
    """Whom the services will belong to, as far as it shows in what they become."""
    import socket

    from demi_adapters.labels import parse_namespaces
    from demi_adapters.registration import Origin
    from demi_registrator.settings import check_host, host_of

    return Origin(
        owner="",
        host=check_host("DEMI_HOST", host) if host else host_of(socket.gethostname()),
        sites=parse_namespaces(namespace),
    )


def _lint(
    files: list[str], env_files: list[str], origin: "Origin", *, is_host_assumed: bool
) -> "Linted":
    from demi_cli.compose.files import load_project
    from demi_cli.compose.findings import lint as lint_project

    project = load_project(files, env_files, os.environ)
    return lint_project(project, origin, is_host_assumed=is_host_assumed)


def _print(found: "list[Linted]", output: Format) -> None:
    services = [service for each in found for service in each.services]
    findings = [finding for each in found for finding in each.findings]
    if output is not Format.TABLE:
        print_data(
            {
                "services": [service.as_dict() for service in services],
                "problems": [finding.as_dict() for finding in findings],
            },
            output,
        )
        return
    print_table(
        ("SITE", "STACK", "SERVICE", "REGISTERED", "URL", "CHECK", "LINE"),
        [
            (
                service.registration.name.site,
                service.registration.name.stack,
                service.registration.name.service,
                "yes" if service.registration.registered else "no",
                service.registration.url or "",
                service.registration.check.summary if service.registration.check else "none",
                str(service.place),
            )
            for service in services
        ],
    )
    for finding in findings:
        say(printable(str(finding)))
    if not services and not findings:
        say("No service here carries a label demi.SITE.STACK.SERVICE.KEY=VALUE.")

"""`demi plan`: what the registrator would change now."""

import typer

from demi_adapters.consul_settings import consul_settings
from demi_adapters.labels import parse_namespaces
from demi_cli.exit_codes import ExitCode
from demi_cli.extras import need_registrator
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
from demi_cli.output import Format, print_data, say
from demi_cli.tables import print_table


def plan(
    context: typer.Context,
    output: Output = Format.TABLE,
    config: Config = None,
    namespace: Namespace = "",
    host: Host = None,
    owner: Owner = None,
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
    """Show what the registrator would change in Consul now.

    Nothing is changed. Exit status 1 where there is work to do.

    Example: demi plan -o json
    """
    need_registrator()
    from demi_adapters.consul_client import ConsulClient
    from demi_registrator.preview import preview
    from demi_registrator.settings import RegistratorSettings

    environ = environment(context.params)
    settings = RegistratorSettings(
        consul=consul_settings(environ),
        docker=environ,
        sites=parse_namespaces(namespace),
        host=host,
        owner=owner,
    )
    with ConsulClient(settings.consul) as consul:
        rows, problems = preview(settings, consul)
    if not rows:
        say("Nothing to do: Consul is in step with the containers.")
    if output is Format.TABLE:
        print_table(
            ("ACTION", "SERVICE", "WHAT", "WHY"),
            [(row.action, row.service, row.what, row.why) for row in rows],
        )
        for problem in problems:
            say(f"{problem.severity} {problem.code}: {problem.message}")
    else:
        print_data(
            {
                "steps": [row.as_dict() for row in rows],
                "problems": [problem.as_dict() for problem in problems],
            },
            output,
        )
    if rows:
        raise typer.Exit(ExitCode.NO)

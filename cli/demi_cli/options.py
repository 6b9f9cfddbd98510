"""Options that several commands share, each with the variable that sets it as well."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from demi_adapters.errors import ConfigurationError
from demi_cli.output import Format, ListFormat

_CONSUL = "Consul"
_DOCKER = "Docker Engine"

Output = Annotated[Format, typer.Option("--output", "-o", help="How to print.")]
ListOutput = Annotated[
    ListFormat,
    typer.Option("--output", "-o", help="How to print; name: SITE/STACK/SERVICE and no more."),
]
ConsulAddr = Annotated[
    str | None,
    typer.Option(
        envvar="CONSUL_HTTP_ADDR",
        help="host:port, http://host:port or https://host:port. [default: 127.0.0.1:8500]",
        rich_help_panel=_CONSUL,
    ),
]
ConsulTokenFile = Annotated[
    str | None,
    typer.Option(
        envvar="CONSUL_HTTP_TOKEN_FILE",
        help="File with the ACL token (or set CONSUL_HTTP_TOKEN).",
        rich_help_panel=_CONSUL,
    ),
]
ConsulSsl = Annotated[
    str | None,
    typer.Option(
        envvar="CONSUL_HTTP_SSL", metavar="BOOL", help="Use https.", rich_help_panel=_CONSUL
    ),
]
ConsulSslVerify = Annotated[
    str | None,
    typer.Option(
        envvar="CONSUL_HTTP_SSL_VERIFY",
        metavar="BOOL",
        help="Verify Consul's certificate. [default: true]",
        rich_help_panel=_CONSUL,
    ),
]
ConsulCacert = Annotated[
    str | None,
    typer.Option(
        envvar="CONSUL_CACERT",
        help="CA of Consul's certificate. [default: the system's]",
        rich_help_panel=_CONSUL,
    ),
]
ConsulClientCert = Annotated[
    str | None,
    typer.Option(envvar="CONSUL_CLIENT_CERT", help="Client certificate.", rich_help_panel=_CONSUL),
]
ConsulClientKey = Annotated[
    str | None,
    typer.Option(
        envvar="CONSUL_CLIENT_KEY", help="The client certificate's key.", rich_help_panel=_CONSUL
    ),
]
DockerHost = Annotated[
    str | None,
    typer.Option(
        envvar="DOCKER_HOST",
        help="unix:// or tcp:// address. [default: unix:///var/run/docker.sock]",
        rich_help_panel=_DOCKER,
    ),
]
DockerTlsVerify = Annotated[
    str | None,
    typer.Option(
        envvar="DOCKER_TLS_VERIFY",
        help="Anything but an empty text: verify the engine's certificate.",
        rich_help_panel=_DOCKER,
    ),
]
DockerCertPath = Annotated[
    str | None,
    typer.Option(
        envvar="DOCKER_CERT_PATH",
        help="Folder with ca.pem, cert.pem and key.pem.",
        rich_help_panel=_DOCKER,
    ),
]
Namespace = Annotated[
    str,
    typer.Option(
        envvar="DEMI_NAMESPACE",
        help="Sites to handle, e.g. demi.sr1_lls,demi.sr1_sr2. [default: every site]",
        show_default=False,
    ),
]
Host = Annotated[
    str | None,
    typer.Option(
        envvar="DEMI_HOST",
        help="Host name or address of services that do not say theirs. "
        "[default: the engine host's full name]",
    ),
]
Owner = Annotated[
    str | None,
    typer.Option(
        envvar="DEMI_OWNER",
        help="Name that registrations belong to. [default: the engine host's name]",
    ),
]


_VARIABLES = {
    "consul_addr": "CONSUL_HTTP_ADDR",
    "consul_token_file": "CONSUL_HTTP_TOKEN_FILE",
    "consul_ssl": "CONSUL_HTTP_SSL",
    "consul_ssl_verify": "CONSUL_HTTP_SSL_VERIFY",
    "consul_cacert": "CONSUL_CACERT",
    "consul_client_cert": "CONSUL_CLIENT_CERT",
    "consul_client_key": "CONSUL_CLIENT_KEY",
    "docker_host": "DOCKER_HOST",
    "docker_tls_verify": "DOCKER_TLS_VERIFY",
    "docker_cert_path": "DOCKER_CERT_PATH",
}

# What the file may say; a command passes over what is not for it, so that one file serves all.
CONFIG_KEYS = _VARIABLES.keys() | {
    "namespace",
    "host",
    "owner",
    "resync",
    "deregister_on_exit",
    "log_level",
    "log_format",
    "metrics_host",
    "metrics_port",
}


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Take a YAML file's values as defaults: below the command line and the environment.

    Raises:
        ConfigurationError: the file can't be read, or says something unknown.
    """
    if path is None:
        return None
    import yaml

    try:
        # As text, whatever it looks like: YAML would read 'owner: 0123' as the number 83.
        data = yaml.load(path.read_text(), Loader=yaml.BaseLoader) or {}  # noqa: S506 - text only
    except OSError as error:
        raise ConfigurationError(f"--config {path}: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"--config {path} is no YAML file: {error}") from None
    if not isinstance(data, dict):
        raise ConfigurationError(f"--config {path} must hold lines such as 'resync: 30'.")
    values = {str(key).replace("-", "_"): value for key, value in data.items()}
    if unknown := sorted(values.keys() - CONFIG_KEYS):
        raise ConfigurationError(
            f"--config {path}: unknown: {', '.join(unknown)}. Known are "
            f"{', '.join(sorted(CONFIG_KEYS))}."
        )
    if isinstance(values.get("namespace"), list):
        values["namespace"] = ",".join(map(str, values["namespace"]))
    if wrong := sorted(key for key, value in values.items() if not isinstance(value, str)):
        raise ConfigurationError(f"--config {path}: {', '.join(wrong)}: one value each, please.")
    context.default_map = {key: value for key, value in values.items() if value}
    return path


Config = Annotated[
    Path | None,
    typer.Option(
        envvar="DEMI_CONFIG",
        is_eager=True,
        callback=read_config,
        help="YAML file with any of these options, e.g. 'resync: 30'. "
        "The command line wins over variables, and these win over the file.",
    ),
]


def environment(options: Mapping[str, object]) -> Mapping[str, str]:
    """The process environment with what a command's options say about Consul and Docker."""
    given = {
        variable: str(options[option])
        for option, variable in _VARIABLES.items()
        if options.get(option) is not None
    }
    return {**os.environ, **given}

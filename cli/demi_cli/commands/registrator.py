"""`demi registrator`: the daemon in the foreground."""

import json
import logging
import signal
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from demi_adapters.consul_settings import consul_settings
from demi_adapters.errors import ConfigurationError
from demi_adapters.labels import parse_namespaces
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
    Owner,
    environment,
)
from demi_cli.output import printable

_LEVELS = ("debug", "info", "warning", "error")


class _LogForm(StrEnum):
    TEXT = "text"
    JSON = "json"


Resync = Annotated[
    float,
    typer.Option(
        envvar="DEMI_RESYNC", metavar="SECONDS", help="How often to compare everything afresh."
    ),
]
DeregisterOnExit = Annotated[
    bool,
    typer.Option(
        "--deregister-on-exit/--keep-on-exit",
        envvar="DEMI_DEREGISTER_ON_EXIT",
        help="On SIGTERM or Ctrl-C remove what is ours, instead of leaving it for the next start.",
    ),
]
LogLevel = Annotated[
    str, typer.Option(envvar="DEMI_LOG_LEVEL", help=f"One of {', '.join(_LEVELS)}.")
]


LogFormat = Annotated[
    _LogForm, typer.Option(envvar="DEMI_LOG_FORMAT", help="Lines for people, or JSON.")
]
MetricsHost = Annotated[
    str, typer.Option(envvar="DEMI_METRICS_HOST", help="Address of the metrics port.")
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        envvar="DEMI_METRICS_PORT",
        help="Serve /metrics, /healthz and /readyz there (0: any port). Off by default.",
    ),
]


def registrator(
    context: typer.Context,
    config: Config = None,
    namespace: Namespace = "",
    host: Host = None,
    owner: Owner = None,
    resync: Resync = 30.0,
    deregister_on_exit: DeregisterOnExit = False,
    log_level: LogLevel = "info",
    log_format: LogFormat = _LogForm.TEXT,
    metrics_host: MetricsHost = "127.0.0.1",
    metrics_port: MetricsPort = None,
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
    """Watch the Docker Engine and keep Consul in step.

    It ends by SIGTERM or Ctrl-C.

    Example: demi registrator --namespace demi.sr1_lls --host pc7.cern.ch
    """
    need_registrator()
    from demi_registrator.daemon import Daemon
    from demi_registrator.settings import RegistratorSettings

    _start_logging(log_level, log_format)
    environ = environment(context.params)
    daemon = Daemon(
        RegistratorSettings(
            consul=consul_settings(environ),
            docker=environ,
            sites=parse_namespaces(namespace),
            host=host,
            owner=owner,
            resync_s=resync,
            deregister_on_exit=deregister_on_exit,
            metrics_host=metrics_host,
            metrics_port=metrics_port,
        )
    )

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)  # a second one does not wait
        daemon.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    daemon.run()


class _PlainLines(logging.Formatter):
    """Whatever text from labels or Consul is in a message: one line, no terminal commands."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        return printable(super().formatMessage(record))


class _JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, message, and what a change was about."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        return json.dumps(
            {
                "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "level": record.levelname.lower(),
                "message": record.getMessage(),
                **getattr(record, "change", {}),
            }
        )


def _start_logging(level: str, form: _LogForm) -> None:
    if level.lower() not in _LEVELS:
        raise ConfigurationError(f"DEMI_LOG_LEVEL: {level!r} is none of {', '.join(_LEVELS)}.")
    handler = logging.StreamHandler()
    lines = _PlainLines("%(asctime)s %(levelname)-7s %(message)s")
    handler.setFormatter(_JsonLines() if form is _LogForm.JSON else lines)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("demi_registrator").setLevel(level.upper())

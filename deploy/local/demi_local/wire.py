"""HTTP with nothing but the standard library, over TCP or a unix socket."""

import http.client
import json
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from demi_local.errors import LocalError

TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `status` 0 means that nobody answered."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Tell whether the status says success."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Parse the body; ValueError where it is no JSON."""
        return json.loads(self.body)


NO_ANSWER = Answer(0, b"")


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def request(
    server: str,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Send one request to a `unix:`, `tcp:`, `http:` or `https:` server.

    Never raises for a server that is not there: that is `NO_ANSWER`.
    """
    connection = _connect(server, timeout_s)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read())
    except (OSError, http.client.HTTPException):
        return NO_ANSWER
    finally:
        connection.close()


def _connect(server: str, timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(server)
    if parts.scheme == "unix":
        return _UnixConnection(server.removeprefix("unix://"), timeout_s)
    if parts.scheme not in {"tcp", "http", "https"} or not parts.hostname:
        raise LocalError(
            f"{server} is no address this tool can talk to: use unix:///path or tcp://host:port "
            "for DOCKER_HOST, host:port or http(s)://host:port for CONSUL_HTTP_ADDR"
        )
    docker_tls = parts.scheme == "tcp" and bool(os.environ.get("DOCKER_TLS_VERIFY"))
    if parts.scheme == "https" or docker_tls:
        context = _docker_tls() if docker_tls else _consul_tls()
        return http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=timeout_s, context=context
        )
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)


def _docker_tls() -> ssl.SSLContext:
    """Docker's client settings: the three files in DOCKER_CERT_PATH."""
    folder = Path(os.environ.get("DOCKER_CERT_PATH") or Path.home() / ".docker")
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def _consul_tls() -> ssl.SSLContext:
    """Consul's client settings: CONSUL_CACERT, CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY."""
    context = ssl.create_default_context(cafile=os.environ.get("CONSUL_CACERT"))
    certificate = os.environ.get("CONSUL_CLIENT_CERT")
    if certificate:
        context.load_cert_chain(certificate, os.environ.get("CONSUL_CLIENT_KEY"))
    return context

"""How to reach Consul: Consul's own environment variables, read in this one place.

python-consul2 reads some of them too, lets them win over explicit arguments, and knows neither
`http://host` nor IPv6; the client in `consul_client` keeps it from doing so.
"""

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from demi_adapters.errors import ConfigurationError
from demi_adapters.problems import LabelError, shown
from demi_adapters.urls import bracketed, parse_host

_DEFAULT_ADDRESS = "127.0.0.1:8500"
_DEFAULT_PORT = 8500
_SCHEME_PORTS = {"http": 80, "https": 443}
_TRUE = frozenset({"1", "t", "true"})  # Go's strconv.ParseBool, as Consul's own client
_FALSE = frozenset({"0", "f", "false"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsulSettings:
    """Where Consul's HTTP API is and how to prove who asks.

    `host` has no brackets; `verify` is a CA file or folder, or False; the token stays out of any
    repr.
    """

    scheme: str = "http"
    host: str = "127.0.0.1"
    port: int = _DEFAULT_PORT
    token: str | None = field(default=None, repr=False)
    verify: str | bool = True
    client_cert: tuple[str, str] | None = None

    @property
    def url(self) -> str:
        """The API's address for requests and messages."""
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"


def consul_settings(environ: Mapping[str, str]) -> ConsulSettings:
    """Settings from `CONSUL_HTTP_ADDR` and its companions.

    Raises:
        ConfigurationError: one of them can't be used; the message names it.
    """
    if environ.get("CONSUL_NAMESPACE"):
        raise ConfigurationError(
            "CONSUL_NAMESPACE is set, but namespaces exist in Consul Enterprise only and are not "
            "supported here. Unset it."
        )
    tls = _boolean(environ, "CONSUL_HTTP_SSL", default=False)
    scheme, host, port = parse_address(environ.get("CONSUL_HTTP_ADDR") or _DEFAULT_ADDRESS, tls=tls)
    return ConsulSettings(
        scheme=scheme,
        host=host,
        port=port,
        token=_token(environ),
        verify=_verify(environ),
        client_cert=_client_cert(environ),
    )


def settings_at(address: str | None, token: str | None) -> ConsulSettings:
    """Settings from this process's environment, with another address or token where given.

    Raises:
        ConfigurationError: one of them can't be used.
    """
    given = {"CONSUL_HTTP_ADDR": address, "CONSUL_HTTP_TOKEN": token}
    return consul_settings({**os.environ, **{k: v for k, v in given.items() if v is not None}})


def parse_address(text: str, *, tls: bool = False) -> tuple[str, str, int]:
    """Scheme, host and port of `host`, `host:port`, `[v6]:port` or `http(s)://host[:port]`.

    With `tls`, http is never used, as in Consul's own client.

    Raises:
        ConfigurationError: it is none of these, e.g. a `unix://` socket.
    """
    error = ConfigurationError(
        f"CONSUL_HTTP_ADDR: {shown(text)} is no address of Consul. Write host:port, [IPv6]:port, "
        "http://host:port or https://host:port."
    )
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
    scheme = scheme.lower()
    if scheme not in _SCHEME_PORTS:
        raise error
    if tls:
        scheme = "https"
    rest = rest.removesuffix("/")
    if _is_bare_ipv6(rest):
        rest = f"[{rest}]"
    if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\s]+)(:[0-9]{1,5})?", rest):
        raise error
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parse_host(parts.hostname or ""), parts.port
    except (LabelError, ValueError):
        raise error from None
    if port is None:
        port = _SCHEME_PORTS[scheme] if found else _DEFAULT_PORT
    if port == 0:
        raise error
    return scheme, host, port


def _is_bare_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _token(environ: Mapping[str, str]) -> str | None:
    variable = "CONSUL_HTTP_TOKEN"
    token = environ.get(variable, "")
    if not token and (path := environ.get("CONSUL_HTTP_TOKEN_FILE")):
        variable = "CONSUL_HTTP_TOKEN_FILE"
        token = _readable(variable, path).read_text(errors="replace").strip()
    if not token:
        return None
    if not re.fullmatch(r"[!-~]+", token):
        raise ConfigurationError(
            f"{variable}: it holds spaces or characters that no token has. Copy it again."
        )
    return token


def _verify(environ: Mapping[str, str]) -> str | bool:
    if not _boolean(environ, "CONSUL_HTTP_SSL_VERIFY", default=True):
        return False
    if path := environ.get("CONSUL_CACERT"):
        return str(_readable("CONSUL_CACERT", path))
    # The machine's own store, which holds the site's CA; requests would take certifi's.
    system = ssl.get_default_verify_paths()
    return system.cafile or system.capath or True


def _client_cert(environ: Mapping[str, str]) -> tuple[str, str] | None:
    cert, key = environ.get("CONSUL_CLIENT_CERT"), environ.get("CONSUL_CLIENT_KEY")
    if not cert and not key:
        return None
    if not cert or not key:
        raise ConfigurationError("set both CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY, or neither.")
    return (
        str(_readable("CONSUL_CLIENT_CERT", cert)),
        str(_readable("CONSUL_CLIENT_KEY", key)),
    )


def _readable(variable: str, name: str) -> Path:
    path = Path(name)
    try:
        path.open("rb").close()
    except OSError as error:
        reason = error.strerror or "can't be read"
        raise ConfigurationError(f"{variable}: {name}: {reason}. Name a readable file.") from None
    return path


def _boolean(environ: Mapping[str, str], variable: str, *, default: bool) -> bool:
    text = environ.get(variable, "").lower()
    if not text:
        return default
    if text not in _TRUE | _FALSE:
        raise ConfigurationError(f"{variable}: {shown(text)} is neither true nor false.")
    return text in _TRUE

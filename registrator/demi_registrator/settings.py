"""The registrator's settings."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.errors import ConfigurationError
from demi_adapters.names import is_site
from demi_adapters.problems import LabelError, shown
from demi_adapters.urls import parse_host

DEFAULT_RESYNC_S = 30.0
_SHORTEST_RESYNC_S = 1.0
# Mirrored health states are confirmed a few at each resync, so these must not be rare.
_LONGEST_RESYNC_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistratorSettings:
    """What the daemon is told; `host` and `owner` are asked of the engine where they are None.

    `docker` holds `DOCKER_HOST` and its companions.
    """

    consul: ConsulSettings = field(default_factory=ConsulSettings)
    docker: Mapping[str, str] = field(default_factory=dict)
    sites: tuple[str, ...] = ()
    host: str | None = None
    owner: str | None = None
    resync_s: float = DEFAULT_RESYNC_S
    deregister_on_exit: bool = False
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None

    def __post_init__(self) -> None:
        if not _SHORTEST_RESYNC_S <= self.resync_s <= _LONGEST_RESYNC_S:
            raise ConfigurationError(
                f"DEMI_RESYNC: {self.resync_s:g} is not between {_SHORTEST_RESYNC_S:g} and "
                f"{_LONGEST_RESYNC_S:g} seconds."
            )
        if self.metrics_port is not None and not 0 <= self.metrics_port <= 65535:
            raise ConfigurationError(
                f"DEMI_METRICS_PORT: {self.metrics_port} is no port (1 to 65535; 0: any)."
            )
        if self.host is not None:
            check_host("DEMI_HOST", self.host)
        if self.owner is not None:
            check_owner(self.owner)


def check_host(source: str, host: str) -> str:
    """A default host fit for every service.

    Raises:
        ConfigurationError: it is no host.
    """
    try:
        return parse_host(host)
    except LabelError as error:
        raise ConfigurationError(f"{source}: {error}") from None


def check_owner(owner: str) -> str:
    """An owner's name fit for a key and a session.

    Raises:
        ConfigurationError: it is none.
    """
    if not is_site(owner):
        raise ConfigurationError(
            f"DEMI_OWNER: {shown(owner)} can't be a name: letters, digits, '.', '_' and '-', at "
            "most 63 of them. By default it is the name of the Docker host."
        )
    return owner


def host_of(engine_host: str) -> str:
    """The fully qualified name of the engine's host, as far as this machine knows one.

    Raises:
        ConfigurationError: the engine has no usable name.
    """
    qualified = socket.getfqdn(engine_host)
    usable = "." in qualified and not qualified.startswith("localhost")
    return check_host(
        "the engine's host name can't be used, so set DEMI_HOST",
        qualified if usable else engine_host,
    )

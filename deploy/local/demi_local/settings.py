"""What the user's environment variables say about a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from demi_local.errors import LocalError
from demi_local.ports import LOOPBACK

HELP = """\
Usage: ./dev up

Starts everything on this machine: a Docker Engine and a Consul where none answers, the
registrator, the page, and the FELIX example. Ctrl-C stops what it started, and only that.

Settings are environment variables:

  DOCKER_HOST       engine to watch: unix:///path or tcp://host:port. Unset: the one at
                    /var/run/docker.sock, else a private one that lives as long as this run.
  CONSUL_HTTP_ADDR  Consul to keep in step (127.0.0.1:8500). Where nothing answers on a port
                    of this machine, a server is started there; its data is kept between runs.
  DEMI_DNS_PORT     DNS port of the Consul server that is started (8600).
  DEMI_HOST         name or address under which others reach this machine's containers.
                    Unset: the full host name if it leads back here, else the main address.
  DEMI_UI_PORT      port of the page. Unset: 8080, or another one if that is taken.
  DEMI_UI_HOST      address the page listens on.

Everything else in the environment (CONSUL_HTTP_TOKEN, DEMI_NAMESPACE, DEMI_OWNER, ...) reaches
the registrator and the page as it is.
"""
_CONSUL_DEFAULT = f"{LOOPBACK}:8500"


@dataclass(frozen=True)
class Settings:
    """The settings of `./dev up`; None where the user left the choice to us."""

    docker_host: str | None
    consul_address: str
    consul_token: str | None
    dns_port: int
    host: str | None
    ui_port: int | None
    ui_host: str | None
    consul_tls: bool = False

    @property
    def consul_url(self) -> str:
        """Return Consul's address with its scheme."""
        if "://" in self.consul_address:
            return self.consul_address
        return f"{'https' if self.consul_tls else 'http'}://{self.consul_address}"

    @property
    def consul_headers(self) -> dict[str, str]:
        """Return the HTTP headers that Consul wants."""
        return {"X-Consul-Token": self.consul_token} if self.consul_token else {}

    @property
    def consul_is_default(self) -> bool:
        """Tell whether `demi` finds this Consul without being told."""
        return self.consul_address == _CONSUL_DEFAULT

    @property
    def own_consul_port(self) -> int | None:
        """Return the port a server of ours may be started on; None for one elsewhere."""
        parts = urlsplit(self.consul_url)
        if parts.scheme != "http" or parts.hostname not in {LOOPBACK, "localhost"}:
            return None
        return parts.port or 8500


def read_settings(env: Mapping[str, str]) -> Settings:
    """Read the settings; an empty variable counts as unset."""
    return Settings(
        docker_host=env.get("DOCKER_HOST") or None,
        consul_address=env.get("CONSUL_HTTP_ADDR") or _CONSUL_DEFAULT,
        consul_token=env.get("CONSUL_HTTP_TOKEN") or None,
        dns_port=_port(env, "DEMI_DNS_PORT") or 8600,
        host=env.get("DEMI_HOST") or None,
        ui_port=_port(env, "DEMI_UI_PORT"),
        ui_host=env.get("DEMI_UI_HOST") or None,
        consul_tls=env.get("CONSUL_HTTP_SSL", "").lower() in {"1", "true"},
    )


def _port(env: Mapping[str, str], name: str) -> int | None:
    value = env.get(name)
    if not value:
        return None
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise LocalError(f"{name}={value} is no port: give a number from 1 to 65535")
    return int(value)

"""Checks of this machine and its Docker Engine."""

import ipaddress
import re

from demi_registrator.doctor.facts import EngineFacts, HostFacts, Missing, not_checked
from demi_registrator.doctor.finding import Finding, failed, passed, warned

_OLDEST_ENGINE = (20, 10)

_USES = {
    "registrator": "demi registrator, plan and explain need it",
    "ui": "only demi ui needs it",
}


def check_host(host: HostFacts) -> list[Finding]:
    """What is installed, whether Docker answers, and whether others can reach this PC."""
    return [_installed(host), _docker(host), _default_host(host)]


def _installed(host: HostFacts) -> Finding:
    name = "installed"
    absent = [extra for extra, is_there in host.extras.items() if not is_there]
    if not absent:
        return passed(name, "all parts of demi-registry")
    message = "; ".join(
        f"the extra {extra} is missing ({_USES.get(extra, 'needed')})" for extra in absent
    )
    remedy = f"pip install 'demi-registry[{','.join(absent)}]'"
    return (failed if "registrator" in absent else warned)(name, message, remedy)


def _docker(host: HostFacts) -> Finding:
    name = "docker"
    if host.docker is None:
        return warned(name, "not checked: the extra registrator is missing")
    if isinstance(host.docker, EngineFacts):
        return _engine(host.docker, host.docker_address)
    if host.socket and not host.socket.exists:
        return failed(
            name,
            f"there is no socket {host.socket.path}",
            "start Docker (systemctl start docker), or set DOCKER_HOST to where it listens",
        )
    if host.socket and not host.socket.is_usable:
        return failed(
            name,
            f"this user may not open {host.socket.path}",
            "sudo usermod -aG docker $USER, then log in again; "
            "for a container: ./config && docker compose up -d",
        )
    return failed(name, host.docker.why, "start Docker; compare DOCKER_HOST")


def _engine(engine: EngineFacts, address: str) -> Finding:
    words = f"engine {engine.version} (API {engine.api_version}) of {engine.host} at {address}"
    version = version_of(engine.version)
    if version and version < _OLDEST_ENGINE:
        return warned(
            "docker", f"{words}: older than 20.10, with which nothing is tested", "update Docker"
        )
    if not engine.id:
        return warned(
            "docker",
            f"{words}: it has no ID, so a renamed host is not recognised",
            "keep DEMI_OWNER as it is",
        )
    return passed("docker", words)


def version_of(text: str) -> tuple[int, int] | None:
    """Major and minor number, None where a version has none (`dev`)."""
    found = re.match(r"v?(\d{1,6})\.(\d{1,6})", text)
    return (int(found[1]), int(found[2])) if found else None


def _default_host(host: HostFacts) -> Finding:
    name = "default host"
    if isinstance(host.default_host, Missing):
        return not_checked(name, host.default_host)
    words = f"{host.default_host} (DEMI_HOST)"
    remedy = "set DEMI_HOST to a name or address under which others reach this PC"
    addresses = ", ".join(host.default_addresses)
    if not host.default_addresses:
        return failed(name, f"{words} does not resolve here", remedy)
    if all(_is_loopback(address) for address in host.default_addresses):
        return warned(
            name,
            f"{words} is {addresses} here: on another host that is another PC",
            f"{remedy}; if it is only a line in this PC's /etc/hosts, others may see it right",
        )
    if not host.own_addresses:
        return warned(
            name, f"{words} is {addresses}, which is no address of this machine or engine", remedy
        )
    return passed(name, f"{words} is {', '.join(host.own_addresses)}, an address of this PC")


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback

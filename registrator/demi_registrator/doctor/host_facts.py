"""Everything that a diagnosis has to know of this machine and its Docker Engine."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from demi_adapters.errors import DemiError
from demi_adapters.labels import parse_labels
from demi_registrator.doctor.facts import EngineFacts, Fact, HostFacts, Missing, SocketFacts
from demi_registrator.doctor.network import is_own, resolve
from demi_registrator.settings import check_owner, host_of

_DEFAULT_ADDRESS = "unix:///var/run/docker.sock"


def engine_facts(environ: Mapping[str, str], sites: Sequence[str]) -> Fact[EngineFacts]:
    """Ask the engine. The extra `registrator` has to be installed."""
    from demi_adapters.engine import Engine  # noqa: PLC0415 - needs the Docker SDK

    try:
        with Engine(environ) as engine:
            info = engine.info()
            wanted = {
                name
                for container in engine.containers()
                for name in parse_labels(container.labels, sites=sites).services
            }
            return EngineFacts(
                id=info.id,
                host=info.host,
                version=info.version,
                api_version=engine.api_version,
                wanted=tuple(sorted(wanted)),
            )
    except DemiError as error:
        return Missing(str(error))


def host_facts(
    docker: Fact[EngineFacts] | None,
    *,
    environ: Mapping[str, str],
    extras: Mapping[str, bool],
    owner: str | None,
    host: str | None,
) -> HostFacts:
    """Put together what the engine said and what this machine knows.

    Args:
        docker: of `engine_facts`; None where the SDK is not installed.
        environ: holds `DOCKER_HOST`.
        extras: which are installed.
        owner: as configured.
        host: as configured.
    """
    address = environ.get("DOCKER_HOST") or _DEFAULT_ADDRESS
    default_host = _default_host(docker, host)
    engine_host = _host_of_address(address)
    names = [n for n in (default_host, engine_host) if isinstance(n, str)]
    addresses = resolve(names)
    found = addresses.get(default_host, ()) if isinstance(default_host, str) else ()
    of_engine = set(addresses.get(engine_host or "", ()))
    return HostFacts(
        extras=extras,
        docker_address=address,
        socket=_socket(address),
        docker=docker,
        owner=_owner(docker, owner),
        default_host=default_host,
        default_addresses=found,
        own_addresses=tuple(a for a in found if a in of_engine or is_own(a)),
    )


def _owner(docker: Fact[EngineFacts] | None, owner: str | None) -> Fact[str]:
    if owner:
        return owner
    if not isinstance(docker, EngineFacts):
        return Missing("DEMI_OWNER is not set, and the Docker Engine does not say its host's name")
    try:
        return check_owner(docker.host)
    except DemiError as error:
        return Missing(str(error))


def _default_host(docker: Fact[EngineFacts] | None, host: str | None) -> Fact[str]:
    if host:
        return host
    if not isinstance(docker, EngineFacts):
        return Missing("DEMI_HOST is not set, and the Docker Engine does not say its host's name")
    try:
        return host_of(docker.host)
    except DemiError as error:
        return Missing(str(error))


def _socket(address: str) -> SocketFacts | None:
    if not address.startswith("unix:"):
        return None
    path = address.removeprefix("unix:").removeprefix("//")
    try:
        exists = Path(path).exists()
    except OSError:  # a folder on the way is closed to this user
        exists = True
    return SocketFacts(path, exists, os.access(path, os.R_OK | os.W_OK))


def _host_of_address(address: str) -> str | None:
    """The host in `tcp://host:port`, None for a socket and for what is no address."""
    try:
        return None if address.startswith("unix:") else urlsplit(address).hostname
    except ValueError:
        return None

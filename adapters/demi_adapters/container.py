"""A container as the Docker Engine describes it, reduced to what registration needs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from demi_adapters.labels import PREFIX

SHORT_ID = 12
_HEALTH_WORDS = frozenset({"starting", "healthy", "unhealthy"})
_STATUS_HEALTH = re.compile(r"\((?:health: )?(starting|healthy|unhealthy)\)")


@dataclass(frozen=True, slots=True, order=True)
class Binding:
    """One published port: `transport` is `tcp`, `udp` or `sctp`; an empty `host_ip` means all."""

    private_port: int
    transport: str
    host_ip: str
    host_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What is known of one container.

    `labels` are only ours; `created_ns` counts from 1970 (the container list knows whole seconds
    only); `health` is Docker's word, or None where the image has no HEALTHCHECK or the list hides
    it (it does while a container is paused).
    """

    id: str
    name: str
    image: str
    created_ns: int
    labels: Mapping[str, str]
    running: bool
    paused: bool
    network_mode: str
    bindings: tuple[Binding, ...]
    health: str | None

    @property
    def short_id(self) -> str:
        """The 12 characters that Docker shows."""
        return self.id[:SHORT_ID]


def from_inspect(data: Mapping[str, Any]) -> Container:
    """Read one object of `docker inspect` (Docker Engine API, ContainerInspect)."""
    config = _mapping(data.get("Config"))
    state = _mapping(data.get("State"))
    status = state.get("Status")
    paused = bool(state.get("Paused")) or status == "paused"
    running = status in ("running", "paused") if status else bool(state.get("Running"))
    ports = _mapping(_mapping(data.get("NetworkSettings")).get("Ports"))
    return Container(
        id=_text(data.get("Id")),
        name=_text(data.get("Name")).removeprefix("/"),
        image=_text(config.get("Image")) or _text(data.get("Image")),
        created_ns=_nanoseconds(data.get("Created")),
        labels=_ours(config.get("Labels")),
        running=running,
        paused=paused,
        network_mode=_text(_mapping(data.get("HostConfig")).get("NetworkMode")),
        bindings=_inspected_bindings(ports),
        health=_inspected_health(config, state),
    )


def from_list(data: Mapping[str, Any]) -> Container:
    """Read one object of the container list (Docker Engine API, ContainerList)."""
    status = _text(data.get("Status"))
    state = _text(data.get("State")).lower()
    names = _list(data.get("Names")) or [""]
    found = _STATUS_HEALTH.search(status)
    return Container(
        id=_text(data.get("Id")),
        name=_text(names[0]).removeprefix("/"),
        image=_text(data.get("Image")),
        created_ns=_nanoseconds(data.get("Created")),
        labels=_ours(data.get("Labels")),
        running=state in ("running", "paused"),
        paused=state == "paused",
        network_mode=_text(_mapping(data.get("HostConfig")).get("NetworkMode")),
        bindings=_listed_bindings(map(_mapping, _list(data.get("Ports")))),
        health=found.group(1) if found else None,
    )


def _ours(labels: object) -> dict[str, str]:
    return {
        key: value if isinstance(value, str) else _text(value)
        for key, value in _mapping(labels).items()
        if isinstance(key, str) and key.startswith(PREFIX)
    }


def _inspected_bindings(ports: Mapping[str, Any]) -> tuple[Binding, ...]:
    found = []
    for private, bindings in ports.items():
        port, _, transport = private.partition("/")
        found += [
            (
                port,
                transport or "tcp",
                _mapping(binding).get("HostIp"),
                _mapping(binding).get("HostPort"),
            )
            for binding in _list(bindings)
        ]
    return _bindings(found)


def _listed_bindings(ports: Iterable[Mapping[str, Any]]) -> tuple[Binding, ...]:
    return _bindings(
        (p.get("PrivatePort"), _text(p.get("Type")) or "tcp", p.get("IP"), p.get("PublicPort"))
        for p in ports
    )


def _bindings(raw: Iterable[tuple[Any, str, Any, Any]]) -> tuple[Binding, ...]:
    """Sorted, without doubles, without ports that have no place on the host (yet)."""
    found = {
        Binding(int(private), transport, _text(ip), int(public))
        for private, transport, ip, public in raw
        if _is_port(private) and _is_port(public)
    }
    return tuple(sorted(found))


def _is_port(value: object) -> bool:
    return re.fullmatch("[0-9]{1,5}", _text(value)) is not None and 0 < int(_text(value)) < 65536


def _inspected_health(config: Mapping[str, Any], state: Mapping[str, Any]) -> str | None:
    test = _mapping(config.get("Healthcheck")).get("Test")
    word = _text(_mapping(state.get("Health")).get("Status"))
    if isinstance(test, list) and test[:1] == ["NONE"]:
        return None
    if word in _HEALTH_WORDS:
        return word
    return "starting" if test else None


def _nanoseconds(created: object) -> int:
    """Unix time in nanoseconds of a number of seconds or an RFC 3339 time; 0 where it is none."""
    if isinstance(created, int):
        return created * 1_000_000_000
    parts = re.fullmatch(
        r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", _text(created)
    )
    if parts is None:
        return 0
    whole, fraction, zone = parts.groups()
    try:
        moment = datetime.fromisoformat(whole + zone)
    except ValueError:  # the 31st of February
        return 0
    seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return seconds * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return "" if value is None else str(value)

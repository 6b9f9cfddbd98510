"""Containers as `docker inspect` prints them, and what their labels become."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from demi_adapters.container import from_inspect
from demi_adapters.registration import Origin, Registrations, register_all

API = "demi.sr1_lls.felix.api."


def binding(port: int | str, ip: str | None = "0.0.0.0") -> dict[str, str | None]:
    """One entry of `NetworkSettings.Ports`."""
    return {"HostIp": ip, "HostPort": str(port)}


def inspected(
    labels: Mapping[str, str],
    *,
    ports: Mapping[str, Any] | None = None,
    network_mode: str = "bridge",
    config: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A running container; without `ports`, its only port 8000 is at 32768 of the host."""
    published = {"8000/tcp": [binding(32768)]} if ports is None else ports
    return {
        "Id": "0123456789abcdef" * 4,
        "Name": "/felix",
        "Created": "2026-11-01T10:00:00.5Z",
        "Image": "sha256:00",
        "Config": {"Image": "felix:1", "Labels": dict(labels), **(config or {})},
        "State": {"Status": "running", "Running": True, "Paused": False, **(state or {})},
        "HostConfig": {"NetworkMode": network_mode},
        "NetworkSettings": {"Ports": published},
    }


@pytest.fixture(scope="session")
def register_labels() -> Callable[..., Registrations]:
    """What one container's labels become on a host called pc7.lab."""

    def register_labels(
        labels: Mapping[str, str], *, sites: tuple[str, ...] = (), **container: Any
    ) -> Registrations:
        origin = Origin(owner="pc7", host="pc7.lab", sites=sites)
        return register_all([from_inspect(inspected(labels, **container))], origin)

    return register_labels


@pytest.fixture(scope="session")
def register_api(register_labels: Callable[..., Registrations]) -> Callable[..., Registrations]:
    """The same for the labels, by key, of the one service `sr1_lls.felix.api`."""

    def register_api(labels: Mapping[str, str], **container: Any) -> Registrations:
        own = {f"{API}{key}": value for key, value in (labels or {"description": ""}).items()}
        return register_labels(own, **container)

    return register_api

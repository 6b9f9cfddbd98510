"""The Docker (or Podman) Engine, reduced to the four calls that the registry needs.

Sources: Docker Engine API 1.41, pages ContainerList, ContainerInspect, SystemEvents, SystemInfo.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Self

import docker
import requests
from docker.errors import APIError, DockerException, StreamParseError
from docker.utils import kwargs_from_env, parse_host

from demi_adapters.calls import OnCall, counted, ignore
from demi_adapters.container import Container, from_inspect, from_list
from demi_adapters.errors import (
    ConfigurationError,
    EngineUnavailable,
    NotFound,
    PermissionDenied,
    RefusedError,
)
from demi_adapters.labels import PREFIX

_TIMEOUT_S = 20  # a guess: an engine that starts many containers at once is slow, not dead

# Only these change what is registered. The filter works in the engine: without it, each run of a
# HEALTHCHECK sends three events.
_ACTIONS = ("start", "die", "destroy", "remove", "pause", "unpause", "health_status")


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Which engine it is: its own ID, the host's name, the engine's version."""

    id: str
    host: str
    version: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a container; `labelled` says whether it carries a label of ours."""

    container: str
    action: str
    labelled: bool


class EventStream:
    """The engine's events from the moment it was opened. Close it from any thread."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[Event]:
        with _translated("read events"):
            for raw in self._stream:
                yield _event(raw)

    def close(self) -> None:
        """End the iteration, also one that waits for an event."""
        try:
            self._stream.close()
        except (OSError, AttributeError, ValueError):
            return  # the connection was gone before


class Engine:
    """One Docker Engine. Safe to share between threads."""

    def __init__(self, environ: Mapping[str, str], on_call: OnCall = ignore) -> None:
        """Connect to `DOCKER_HOST` (with `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`).

        Raises:
            ConfigurationError: one of these can't be used.
            EngineUnavailable: the engine does not answer.
        """
        self._on_call = on_call
        self.address = environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        try:
            # With an empty mapping, docker would read this process's own environment instead.
            arguments = kwargs_from_env({**environ, "DOCKER_HOST": self.address})
        except DockerException as error:
            raise ConfigurationError(f"DOCKER_CERT_PATH, DOCKER_TLS_VERIFY: {error}") from error
        try:
            parse_host(self.address, tls="tls" in arguments)
        except (DockerException, ValueError) as error:
            raise ConfigurationError(
                f"DOCKER_HOST: {error}. Write unix:///path or tcp://host:port."
            ) from error
        with self._translated("connect"):
            # The version is asked for once, here: with "auto" no call is refused as too new.
            self._api = docker.APIClient(version="auto", timeout=_TIMEOUT_S, **arguments)
        # Else requests looks for proxies and .netrc before each call, for as long as a call takes.
        self._api.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        self._api.close()

    @property
    def api_version(self) -> str:
        """The version of the API that the engine and we agreed on."""
        return str(self._api.api_version)

    def info(self) -> EngineInfo:
        """Who the engine is."""
        with self._translated("ask who it is"):
            data = self._api.info()
            return EngineInfo(
                str(data.get("ID") or ""),
                str(data.get("Name") or ""),
                str(data.get("ServerVersion") or ""),
            )

    def containers(self) -> list[Container]:
        """All running (or paused) containers that carry labels of ours, in one call."""
        with self._translated("list containers"):
            listed = [from_list(raw) for raw in self._api.containers()]
        return [c for c in listed if c.running and c.labels]

    def inspect(self, container: str) -> dict[str, Any]:
        """What `docker inspect` prints of one container, by ID, start of an ID, or name.

        Raises:
            NotFound: there is no such container.
        """
        with self._translated(f"inspect {container}"):
            return dict(self._api.inspect_container(container))

    def container(self, container: str) -> Container:
        """One container, with everything that the list leaves out.

        Raises:
            NotFound: there is no such container.
        """
        return from_inspect(self.inspect(container))

    def events(self) -> EventStream:
        """Subscribe; when this returns, no later event is lost."""
        with self._translated("subscribe to events"):
            api: Any = self._api  # what follows is not in its type information
            stream = api.events(decode=True, filters={"type": "container", "event": list(_ACTIONS)})
            # The library takes a refusal for the end of the stream.
            api._raise_for_status(stream._response)  # noqa: SLF001
            return EventStream(stream)

    def _translated(self, doing: str) -> AbstractContextManager[None]:
        return counted(_translated(doing, self.address), self._on_call)


@contextmanager
def _translated(doing: str, address: str = "") -> Iterator[None]:
    """Turn the exceptions of `docker` and `requests` into ours."""
    where = f"the Docker Engine at {address}" if address else "the Docker Engine"
    try:
        yield
    except APIError as error:
        said = f"{doing}: {where} said: {error.explanation or error}"
        if error.status_code == 404:
            raise NotFound(said) from error
        if error.status_code == 403:
            raise PermissionDenied(said) from error
        if error.is_client_error():
            raise RefusedError(said) from error
        raise EngineUnavailable(said) from error
    except (AttributeError, LookupError, TypeError) as error:
        raise EngineUnavailable(
            f"{doing}: what answers does not speak like {where} ({error}). Is DOCKER_HOST right?"
        ) from error
    except StreamParseError as error:  # no DockerException
        raise EngineUnavailable(f"{doing}: {where} sent no JSON: {error}") from error
    except (DockerException, requests.exceptions.RequestException, ValueError, OSError) as error:
        if "paramiko" in str(error):
            raise ConfigurationError(
                f"DOCKER_HOST: {address}: ssh:// is not supported. Forward the socket (ssh -L) and "
                "write unix://PATH."
            ) from error
        if "PermissionError" in repr(error):
            raise PermissionDenied(
                f"{doing}: this user may not open {address}. Add it to the socket's group "
                "(usermod -aG docker USER, then log in again)."
            ) from error
        raise EngineUnavailable(
            f"{doing}: {where} can't be reached: {error}. Is it running, may this user open its "
            "socket (group docker), and is DOCKER_HOST right?"
        ) from error


def _event(raw: Mapping[str, Any]) -> Event:
    actor = raw.get("Actor") or {}
    attributes = actor.get("Attributes") or {}
    return Event(
        container=str(actor.get("ID") or raw.get("id") or ""),
        action=str(raw.get("Action") or raw.get("status") or ""),
        labelled=any(key.startswith(PREFIX) for key in attributes),
    )

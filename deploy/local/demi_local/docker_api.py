"""The few calls to a Docker Engine's HTTP API that are needed here."""

import json
from typing import Any
from urllib.parse import quote, urlencode

from demi_local import wire
from demi_local.errors import LocalError

_CALL_TIMEOUT_S = 60.0


class DockerApi:
    """One engine, without a version in the paths: the engine's newest applies."""

    def __init__(self, docker_host: str) -> None:
        self._docker_host = docker_host

    def answers(self) -> bool:
        """Tell whether an engine answers."""
        return wire.request(self._docker_host, "GET", "/_ping").ok

    def containers(self, **filters: list[str]) -> list[dict[str, Any]]:
        """List containers, stopped ones too."""
        query = urlencode({"all": "true", "filters": json.dumps(filters)})
        found: list[dict[str, Any]] = json.loads(self._call("GET", f"/containers/json?{query}"))
        return found

    def own_networks(self) -> list[str]:
        """List the ids of the bridge networks that people made."""
        query = urlencode({"filters": json.dumps({"type": ["custom"], "driver": ["bridge"]})})
        return [network["Id"] for network in json.loads(self._call("GET", f"/networks?{query}"))]

    def build(self, context: bytes, tag: str) -> None:
        """Build an image from a tar file; LocalError with the engine's words where it fails."""
        query = urlencode({"t": tag, "rm": "true", "forcerm": "true"})
        answer = self._call("POST", f"/build?{query}", context, "application/x-tar")
        for line in answer.splitlines():
            step = json.loads(line)
            if "error" in step:
                raise LocalError(f"image {tag} could not be built: {step['error'].strip()}")

    def run(self, name: str, spec: dict[str, Any]) -> str:
        """Create and start a container; return its id."""
        body = json.dumps(spec).encode()
        created = json.loads(self._call("POST", f"/containers/create?name={quote(name)}", body))
        container: str = created["Id"]
        self._call("POST", f"/containers/{container}/start")
        return container

    def kill(self, container: str) -> None:
        """End a container at once. No error when it does not run."""
        self._call("POST", f"/containers/{container}/kill", allowed=(404, 409))

    def remove(self, container: str, grace_s: int = 5) -> None:
        """Stop and remove a container. No error when it is gone."""
        self._call("POST", f"/containers/{container}/stop?t={grace_s}", allowed=(304, 404))
        self._call("DELETE", f"/containers/{container}?force=true&v=true", allowed=(404, 409))

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "application/json",
        allowed: tuple[int, ...] = (),
    ) -> bytes:
        answer = wire.request(
            self._docker_host,
            method,
            path,
            body=body,
            headers={"Content-Type": kind},
            timeout_s=_CALL_TIMEOUT_S,
        )
        if answer.ok or answer.status in allowed:
            return answer.body
        what = f"the Docker Engine at {self._docker_host}, asked to {method} {path}"
        if answer.status == 0:
            raise LocalError(f"{what}, did not answer")
        raise LocalError(f"{what}, said {answer.status}: {_reason(answer.body)}")


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip()

"""Consul's HTTP API as the test uses it: past the proxy, with nothing of the product."""

import base64
import json
from typing import Any

from demi_local import wire


class ConsulAway(Exception):
    """Consul did not answer, or said that it can't."""


class ConsulApi:
    """One agent, asked directly."""

    def __init__(self, address: str) -> None:
        self._server = f"http://{address}"

    def get(self, path: str, timeout_s: float = wire.TIMEOUT_S) -> Any:
        """An answer as JSON; None where there is no such thing.

        Raises:
            ConsulAway: no answer, or none that helps.
        """
        answer = wire.request(self._server, "GET", path, timeout_s=timeout_s)
        if answer.status == 404:
            return None
        return self._read(answer, f"GET {path}")

    def put(self, path: str, body: object = None) -> Any:
        """Write; text as it is, all else as JSON.

        Raises:
            ConsulAway: it was not written.
        """
        return self._write("PUT", path, body)

    def post(self, path: str, body: object) -> Any:
        """Make something; the same as `put` otherwise."""
        return self._write("POST", path, body)

    def delete(self, path: str) -> None:
        """Remove something.

        Raises:
            ConsulAway: it was not removed.
        """
        self._read(wire.request(self._server, "DELETE", path), f"DELETE {path}")

    def keys(self, prefix: str) -> dict[str, tuple[str, str | None]]:
        """Value and holding session of each key below a prefix."""
        return {
            key["Key"]: (
                base64.b64decode(key["Value"] or "").decode(errors="replace"),
                key.get("Session"),
            )
            for key in self.get(f"/v1/kv/{prefix}?recurse") or ()
        }

    def _write(self, method: str, path: str, body: object) -> Any:
        text = "" if body is None else body if isinstance(body, str) else json.dumps(body)
        answer = wire.request(self._server, method, path, body=text.encode())
        return self._read(answer, f"{method} {path}")

    def _read(self, answer: wire.Answer, doing: str) -> Any:
        if not answer.ok:
            raise ConsulAway(f"{doing}: {answer.status} {answer.body.decode(errors='replace')}")
        return json.loads(answer.body) if answer.body else None

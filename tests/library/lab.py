"""What the tests of the library do to Consul, past the library."""

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from demi_local.consul import ConsulServer

T = TypeVar("T")


def eventually(look: Callable[[], object], expected: object, within_s: float = 15.0) -> None:
    """Assert that what is looked at becomes what is expected, soon enough."""
    deadline = time.monotonic() + within_s
    while (seen := look()) != expected and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen == expected


class Lab:
    """Services with a check that says what the test wants."""

    def __init__(self, consul: ConsulServer) -> None:
        self.consul = consul
        self.address = consul.http_address

    def register(
        self, service: str = "api", number: int = 1, status: str | None = "passing", **meta: str
    ) -> str:
        """Register an instance of `sr1_lls/felix/SERVICE`; without a status it has no check."""
        id_ = f"{service}-{number}"
        check = {"CheckID": f"check:{id_}", "TTL": "1h", "Status": status}
        body: dict[str, object] = {
            "ID": id_,
            "Name": f"sr1-lls-felix-{service}",
            "Address": "127.0.0.1",
            "Port": 8000 + number,
            "Meta": {
                "demi_site": "sr1_lls",
                "demi_stack": "felix",
                "demi_service": service,
                "demi_url": f"http://127.0.0.1:{8000 + number}",
                **{f"demi_{key}": value for key, value in meta.items()},
            },
        }
        self.put("/v1/agent/service/register", body | ({"Checks": [check]} if status else {}))
        return id_

    def say(self, id_: str, status: str, output: str = "so it is") -> None:
        """Change what a service's check says."""
        self.put(f"/v1/agent/check/update/check:{id_}", {"Status": status, "Output": output})

    def remove(self, id_: str) -> None:
        """Deregister a service."""
        self.put(f"/v1/agent/service/deregister/{id_}")

    def clear(self) -> None:
        """Remove all services and keys."""
        for id_ in self.get("/v1/agent/services"):
            self.remove(id_)
        for session in self.get("/v1/session/list"):
            self.put(f"/v1/session/destroy/{session['ID']}")
        self._ask("DELETE", "/v1/kv/?recurse")

    def tree(self, prefix: str) -> set[str]:
        """The keys below a prefix."""
        return set(self.get(f"/v1/kv/{prefix}?keys") or ())

    def status(self, id_: str) -> dict[str, str]:
        """What the checks of a service say, by ID; none where it is not there."""
        checks = self.get("/v1/agent/checks").values()
        return {c["CheckID"]: c["Status"] for c in checks if c["ServiceID"] == id_}

    def get(self, path: str) -> Any:
        """An answer of Consul; None where there is nothing."""
        return self._ask("GET", path)

    def put(self, path: str, body: object = None) -> Any:
        """Write to Consul."""
        return self._ask("PUT", path, body)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address}{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                return None
            raise
        return json.loads(text) if text else None


class Collector(Generic[T]):
    """What an endless iterator gives, collected in a thread."""

    def __init__(self, iterable: Iterable[T]) -> None:
        self.seen: list[T] = []
        self.error: Exception | None = None
        self._iterable = iterable
        self.thread = threading.Thread(target=self._run, name="collector", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            for each in self._iterable:
                self.seen.append(each)
        except Exception as error:  # noqa: BLE001 - shown by the test
            self.error = error

    def take(self) -> list[T]:
        """What has come since the last time."""
        taken = self.seen[:]
        del self.seen[: len(taken)]
        return taken


@contextlib.contextmanager
def measured(at_most_s: float) -> Iterator[None]:
    """Assert that something takes no longer."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < at_most_s

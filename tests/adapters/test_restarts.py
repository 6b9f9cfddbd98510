"""A Consul that answers, restarted, before it has read its own log: a scripted one.

Until it is asked to catch up it knows nothing, and its index is low.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from demi_adapters import ConsulUnavailable, KeyChange, KeyWatch
from demi_adapters import key_watch as key_watch_module
from demi_adapters import mirror as mirror_module
from demi_adapters.consul_reader import ConsulReader
from demi_adapters.consul_types import Key
from demi_adapters.mirror import Mirror

INDEX = 50


# ruff: noqa: ARG002 - a stand-in has the arguments of what it stands for


class HalfAwake:
    """A Consul with one service and one key; blocking queries are answered once it restarts."""

    def __init__(self, *, is_told: bool) -> None:
        self.is_told = is_told  # whether connections break at a restart, or only the leader changes
        self.has_caught_up = True
        self.asked = 0
        self.restarts = 0
        self._woken = threading.Condition()
        self._is_shut = False

    def restart(self) -> None:
        """Wake everybody who waits."""
        with self._woken:
            self.has_caught_up = False
            self.restarts += 1
            self._woken.notify_all()

    def shut_down(self) -> None:
        """Refuse everything from now on."""
        with self._woken:
            self._is_shut = True
            self._woken.notify_all()

    def catch_up(self) -> None:
        """Read the log."""
        self.has_caught_up = True

    def catalog_index(self, *, index: int, wait_s: float) -> int:
        """When something has changed."""
        return self._index(index)

    def nodes(self) -> list[str]:
        """One."""
        return ["n"]

    def node_services(self, node: str) -> list[dict[str, Any]]:
        """One, or none yet."""
        meta = {"demi_site": "s", "demi_stack": "f", "demi_service": "api"}
        return [{"ID": "i", "Meta": meta}] if self.has_caught_up else []

    def checks(self, *, index: int = 0, wait_s: float = 0) -> tuple[int, list[dict[str, Any]]]:
        """One that passes, or none yet."""
        check = {"Node": "n", "ServiceID": "i", "CheckID": "c", "Status": "passing"}
        found = self._index(index)
        return found, [check] if self.has_caught_up else []

    def service(self, _name: object) -> list[Any]:
        """Nothing is without a check for long."""
        return []

    def keys(self, _prefix: str, *, index: int, wait_s: float) -> tuple[int, list[Key]]:
        """One, or none yet."""
        found = self._index(index)
        return found, [Key("demi/a", b"1", 1, None)] if self.has_caught_up else []

    def _index(self, index: int) -> int:
        with self._woken:
            self.asked += 1
            before = self.restarts
            if index >= INDEX:
                self._woken.wait_for(lambda: self._is_shut or self.restarts > before)
                if self._is_shut or self.is_told:
                    raise ConsulUnavailable("it restarts.")
        return INDEX if self.has_caught_up else 3


@pytest.fixture(params=[True, False], ids=["broken", "another leader"])
def consul(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[HalfAwake]:
    """One whose restart breaks connections, or not."""
    for module in (mirror_module, key_watch_module):
        monkeypatch.setattr(module, "_RETRY_S", 0.01)
    consul = HalfAwake(is_told=request.param)
    yield consul
    consul.shut_down()


def becomes(look: Callable[[], bool]) -> None:
    """Assert that something is so, soon."""
    deadline = time.monotonic() + 5
    while not look() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert look()


def test_a_copy_forgets_nothing(consul: HalfAwake) -> None:
    """No snapshot without the service is ever made."""
    mirror = Mirror(cast("ConsulReader", consul), time.monotonic)
    seen: list[int] = []
    mirror.start()
    assert len(mirror.snapshot().instances) == 1
    mirror.listen(lambda: seen.append(len(mirror.snapshot().instances)))
    for _ in range(5):
        time.sleep(0.03)
        asked = consul.asked
        consul.restart()
        becomes(lambda: consul.asked >= asked + 2 and mirror.freshness.error is None)  # noqa: B023
    mirror.close()
    assert set(seen) <= {1}


def test_a_key_watch_tells_nothing(consul: HalfAwake) -> None:
    """But that the key appeared, in the beginning."""
    watch = KeyWatch(cast("ConsulReader", consul), "demi/")
    seen: list[KeyChange] = []
    thread = threading.Thread(target=lambda: seen.extend(watch))
    thread.start()
    for _ in range(5):
        time.sleep(0.03)
        asked = consul.asked
        consul.restart()
        becomes(lambda: consul.asked >= asked + 2)  # noqa: B023
    watch.close()
    thread.join()
    assert [change.kind.value for change in seen] == ["appeared"]

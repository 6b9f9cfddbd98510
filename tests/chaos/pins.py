"""What has to stay registered whatever happens: the services of containers that nobody touches."""

import time
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread

from chaos.consul_api import ConsulApi, ConsulAway
from chaos.model import Instance
from chaos.others import Others

_LOOK_S = 0.1
_TIMEOUT_S = 1.0


class Pins:
    """Looks at Consul all the time, and notes each pinned thing that is not there."""

    def __init__(self, consul: ConsulApi) -> None:
        self.violations: list[str] = []
        self._consul = consul
        self._lock = Lock()
        self._pinned: dict[str, str] = {}
        self._closing = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._closing.set()
        self._thread.join()

    def pin(self, found: Mapping[str, Instance], others: Others) -> None:
        """From now on these have to stay, and so has the tree of each of their services."""
        with self._lock:
            self._pinned.clear()
            for id_, each in found.items():
                if each.endpoint and id_ not in others.services:
                    self._pinned[f"service {id_}"] = each.container
                if f"{each.path}container" not in others.keys and not others.keys.get(
                    f"{each.path}owner"
                ):
                    self._pinned[f"key {each.path}container"] = each.container

    def unpin(self, which: Callable[[str, str], bool]) -> None:
        """Let go of those of which the function says so, given name and container."""
        with self._lock:
            for name in [n for n, container in self._pinned.items() if which(n, container)]:
                del self._pinned[name]

    def unpin_container(self, container: str) -> None:
        """Somebody is about to touch a container."""
        self.unpin(lambda _, of: container.startswith(of))

    def unpin_all(self) -> None:
        """Consul is about to lose its memory."""
        self.unpin(lambda *_: True)

    def unpin_keys(self) -> None:
        """Somebody is about to end the session that holds the keys."""
        self.unpin(lambda name, _: name.startswith("key "))

    def unpin_named(self, name: str) -> None:
        """Somebody is about to remove one thing."""
        self.unpin(lambda each, _: each == name)

    def _watch(self) -> None:
        while not self._closing.wait(_LOOK_S):
            with self._lock:
                before = dict(self._pinned)
            try:
                there = self._names()
            except ConsulAway:
                continue
            with self._lock:
                gone = (before.keys() & self._pinned.keys()) - there
                for name in gone:
                    del self._pinned[name]
            at = time.strftime("%H:%M:%S")
            self.violations += [f"{at} {name} was gone, though nobody touched it" for name in gone]

    def _names(self) -> set[str]:
        services = self._consul.get("/v1/agent/services", _TIMEOUT_S)
        # A server that has just become leader answers from before its log was replayed, unless
        # it is asked to be consistent.
        keys = self._consul.get("/v1/kv/demi/?keys&consistent", _TIMEOUT_S) or ()
        return {f"service {id_}" for id_ in services} | {f"key {path}" for path in keys}

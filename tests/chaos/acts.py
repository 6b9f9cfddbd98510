"""Operations on containers."""

from itertools import count
from typing import Any

from chaos.arena import Arena
from chaos.labels import PORTS, Spec
from demi_local.example import IMAGE

_SECOND_NS = 1_000_000_000
_HEALTH = {
    "well": ["CMD", "/bin/busybox", "true"],
    "sick": ["CMD", "/bin/busybox", "false"],
    "toggle": ["CMD", "/bin/busybox", "test", "-e", "/tmp/well"],
}
# The shell has no programs of its own, and no PATH leads to busybox's.
_TOGGLE = "test -e /tmp/well && exec /bin/busybox rm /tmp/well; exec /bin/busybox touch /tmp/well"


class ContainerActs:
    """One method for each operation on a container, called by its name."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._names = count()

    def run(self, slot: int, spec: Spec) -> None:
        """Start a new container."""
        options: dict[str, Any] = {}
        if spec.health:
            options["healthcheck"] = {
                "test": _HEALTH[spec.health],
                "interval": _SECOND_NS,
                "timeout": 2 * _SECOND_NS,
                "retries": 1,
            }
        if spec.restarts:
            options["restart_policy"] = {"Name": "on-failure"}
        container = self._arena.docker.containers.create(
            IMAGE,
            name=f"chaos-{next(self._names)}",
            labels=dict(spec.labels),
            ports={**PORTS[spec.ports]},
            network_mode="host" if spec.ports == "host" else "bridge",
            tmpfs={"/tmp": ""},
            **options,
        )
        self._arena.containers[slot] = str(container.id)
        container.start()

    def stop(self, slot: int) -> None:
        """`docker stop`."""
        self._touched(slot).stop(timeout=2)

    def kill(self, slot: int) -> None:
        """`docker kill`."""
        self._touched(slot).kill()

    def start(self, slot: int) -> None:
        """`docker start`."""
        self._touched(slot).start()

    def restart(self, slot: int) -> None:
        """`docker restart`."""
        self._touched(slot).restart(timeout=2)

    def remove(self, slot: int) -> None:
        """`docker rm -f`."""
        self._touched(slot).remove(force=True)

    def rename(self, slot: int) -> None:
        """`docker rename`, which changes nothing for Consul."""
        self._container(slot).rename(f"chaos-renamed-{next(self._names)}")

    def pause(self, slot: int) -> None:
        """`docker pause`, which takes nothing out of Consul."""
        self._container(slot).pause()

    def unpause(self, slot: int) -> None:
        """`docker unpause`."""
        self._container(slot).unpause()

    def toggle_health(self, slot: int) -> None:
        """Make a container's HEALTHCHECK find the opposite."""
        api = self._arena.docker.api
        command = ["/bin/busybox", "sh", "-c", _TOGGLE]
        made = api.exec_create(self._arena.containers[slot], command)
        # Detached, or else the library leaves a socket open.
        api.exec_start(made["Id"], detach=True)

    def crash(self, slot: int) -> None:
        """End a container's process past the engine, which may be away."""
        container = self._arena.containers[slot]
        self._arena.pins.unpin_container(container)
        if self._arena.engine.process.running:
            self._arena.processes.look()
        self._arena.processes.end(container)

    def _container(self, slot: int) -> Any:
        return self._arena.docker.containers.get(self._arena.containers[slot])

    def _touched(self, slot: int) -> Any:
        self._arena.pins.unpin_container(self._arena.containers[slot])
        return self._container(slot)

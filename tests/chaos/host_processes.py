"""The processes of containers as the host has them, known also while the engine is away."""

import os
import signal
from contextlib import suppress

import docker

from demi_local.processes import started_at


class HostProcesses:
    """Each container's first process, as last seen; the start time tells it from a later one."""

    def __init__(self, engine: docker.DockerClient) -> None:
        self._engine = engine
        self._known: dict[str, tuple[int, int]] = {}

    def look(self) -> None:
        """Note all processes; only while the engine answers."""
        self._known.clear()
        for container in self._engine.api.containers():
            with suppress(docker.errors.NotFound):
                pid = self._engine.api.inspect_container(container["Id"])["State"]["Pid"]
                self._known[container["Id"]] = (pid, started_at(pid))

    def end(self, container: str) -> None:
        """Kill a container's process, if it is still there."""
        pid, started = self._known.get(container, (0, 0))
        if pid and started and started_at(pid) == started:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

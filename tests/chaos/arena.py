"""The engine, the Consul, the network between, and the registrator that lives with it all."""

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import docker

from chaos.consul_api import ConsulApi, ConsulAway
from chaos.facts import differences, observed
from chaos.host_processes import HostProcesses
from chaos.model import Instance, expected, instances
from chaos.others import Others
from chaos.pins import Pins
from chaos.proxy import Mode, Proxy
from demi_local.consul import ConsulServer
from demi_local.engine import PrivateEngine
from real.world import Registrator

HOST = "127.0.0.1"
OWNER = "pc7"
RESYNC_S = 3
# Two resync periods, and for a registrator that was just started the time Python takes.
_PATIENCE_S = 2.0 * RESYNC_S
_START_S = 2.0
_POLL_S = 0.1
# A registrator has 7 threads, and some 20 connections and files.
_MOST_FILES = 40
_MOST_THREADS = 12


class Arena:
    """Everything that operations act on, and the judgement of what came of them."""

    def __init__(
        self, engine: PrivateEngine, consul: ConsulServer, folder: Path, seed: int
    ) -> None:
        self.engine, self.consul = engine, consul
        self.docker = docker.DockerClient(base_url=engine.docker_host)
        self.api = ConsulApi(consul.http_address)
        self.networks = {
            "consul": Proxy(consul.http_address, seed),
            "docker": Proxy(engine.docker_host, seed + 1),
        }
        self.others = Others(self.api)
        self.others.create()
        self.pins = Pins(self.api)
        self.processes = HostProcesses(self.docker)
        self.registrator: Registrator | None = None
        self.containers: dict[int, str] = {}
        self.patience_s = 0.0
        self._log = folder / "registrator.log"

    def close(self) -> None:
        """End what was started here."""
        self.pins.close()
        if self.registrator:
            self.registrator.kill()
        if not self.engine.process.running:
            self.engine.start()
        for container in self.docker.containers.list(all=True):
            container.remove(force=True)
        self.docker.close()
        for network in self.networks.values():
            network.close()

    # -- the registrator --------------------------------------------------------------------

    def start_registrator(self) -> None:
        """Start it, unless it runs."""
        if self.registrator:
            return
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DEMI_", "CONSUL_"))}
        environ = inherited | {
            "DOCKER_HOST": f"tcp://{self.networks['docker'].address}",
            "CONSUL_HTTP_ADDR": self.networks["consul"].address,
            "DEMI_HOST": HOST,
            "DEMI_OWNER": OWNER,
        }
        self.registrator = Registrator(environ, self._log, ("--resync", str(RESYNC_S)))

    def assert_it_lives(self) -> None:
        """The registrator never ends by itself."""
        status = self.registrator.process.poll() if self.registrator else None
        assert status is None, f"the registrator ended by itself, with {status}:\n{self.log()}"

    def _assert_it_is_lean(self) -> None:
        """Connections and threads of past outages are gone."""
        if self.registrator:
            process = Path("/proc") / str(self.registrator.process.pid)
            files = [_target(link) for link in (process / "fd").iterdir()]
            threads = len(list((process / "task").iterdir()))
            assert len(files) <= _MOST_FILES, f"{len(files)} open files: {sorted(files)}"
            assert threads <= _MOST_THREADS, f"{threads} threads"

    def log(self, lines: int = 40) -> str:
        """The last lines that any of the registrators said."""
        said = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join(line[:300] for line in said[-lines:])

    # -- judging ----------------------------------------------------------------------------

    def calm(self) -> None:
        """End all faults, the slow starts at the same time."""
        starts = []
        if not self.consul.process.running:
            starts.append(Thread(target=self.consul.start))
        if not self.engine.process.running:
            starts.append(Thread(target=self.engine.start))
        for start in starts:
            start.start()
        for start in starts:
            start.join()
        for network in self.networks.values():
            network.behave(Mode.PASS)
        usual_s = _PATIENCE_S + (0.0 if self.registrator else _START_S)
        self.patience_s = max(self.patience_s, usual_s)
        self.start_registrator()

    def settle(self) -> float:
        """Wait until Consul holds what it has to; seconds that it took.

        Raises:
            AssertionError: it does not, in time, or something of others has changed.
        """
        began = time.monotonic()
        while found := self._judge():
            self.assert_it_lives()
            if time.monotonic() - began > self.patience_s:
                raise AssertionError("\n".join((*found[:40], "", self.log())))
            time.sleep(_POLL_S)
        for wrong in (self.others.changes(), self.pins.violations):
            assert not wrong, "\n".join((*wrong[:20], "", self.log()))
        self.pins.pin(self._instances(), self.others)
        self.patience_s = 0.0
        self._assert_it_is_lean()
        return time.monotonic() - began

    def assert_it_rests(self) -> None:
        """Where nothing happens, nothing is written for a whole resync and some more."""
        before = self._written()
        time.sleep(1.5 * RESYNC_S)
        assert self._written() == before, self.log()

    def _judge(self) -> list[str]:
        try:
            want = expected(self._instances(), self.others.services, self.others.keys)
            return differences(
                want, observed(self.api, OWNER, self.others.services, self.others.keys)
            )
        except ConsulAway as away:
            return [str(away)]

    def _instances(self) -> dict[str, Instance]:
        inspected = []
        for listed in self.docker.api.containers():
            try:
                inspected.append(self.docker.api.inspect_container(listed["Id"]))
            except docker.errors.NotFound:  # gone since
                continue
        return instances(inspected, OWNER, HOST)

    def _written(self) -> dict[str, Any]:
        keys = {k["Key"]: k["ModifyIndex"] for k in self.api.get("/v1/kv/demi/?recurse") or ()}
        sessions = {s["ID"]: s["ModifyIndex"] for s in self.api.get("/v1/session/list")}
        names = self.api.get("/v1/catalog/services")
        services = {
            entry["ServiceID"]: entry["ModifyIndex"]
            for name in names
            for entry in self.api.get(f"/v1/catalog/service/{name}")
        }
        return {"keys": keys, "sessions": sessions, "services": services}


def _target(link: Path) -> str:
    with suppress(OSError):  # closed meanwhile
        return str(link.readlink())
    return ""

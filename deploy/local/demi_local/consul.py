"""A Consul server of this machine's own."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from demi_local import apt, paths, wire
from demi_local.errors import LocalError
from demi_local.ports import LOOPBACK, free_port
from demi_local.processes import Process, indent, wait_until
from demi_local.progress import Say

# The newest Debian suite that has Consul.
_SUITE = "bullseye"
_LEADER_TIMEOUT_S = 30.0
# The first version that opens a gRPC port with TLS unless told not to.
_GRPC_TLS_SINCE = (1, 14)


def find_or_install_consul(say: Say) -> Path:
    """Return the machine's `consul`, else a downloaded one."""
    return paths.find_program("consul") or apt.fetch("consul", _SUITE, "usr/bin/consul", say)


class ConsulServer:
    """A single Consul server on loopback; what it knows survives a stop and a start.

    Ports not given are free ones, the same for the object's life. `extra` is merged into the
    agent's JSON configuration. Usable as a context manager, which starts and stops it.
    """

    def __init__(
        self,
        binary: Path,
        data_dir: Path,
        *,
        http_port: int | None = None,
        dns_port: int | None = None,
        extra: Mapping[str, object] | None = None,
        log: Path,
    ) -> None:
        self._binary = binary
        self._folder = data_dir
        self._extra = dict(extra or {})
        self._log = log
        self._http_port = free_port() if http_port is None else http_port
        self._server_port, self._serf_port = free_port(), free_port()
        self.dns_port = free_port() if dns_port is None else dns_port
        self.process = Process("consul", data_dir.with_name(f"{data_dir.name}.pid"), log=log)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def http_address(self) -> str:
        """Return `127.0.0.1:PORT`."""
        return f"{LOOPBACK}:{self._http_port}"

    @property
    def pid(self) -> int:
        """Return the process id; LocalError where it was not started."""
        return self.process.pid

    def start(self) -> None:
        """Start the server and wait until it has a leader."""
        self.process.end_leftover()
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "agent.json"
        config.write_text(json.dumps(self._configuration(), indent=2))
        self.process.start(
            [
                self._binary,
                "agent",
                "-server",
                "-ui",
                "-bootstrap-expect=1",
                f"-config-file={config}",
            ]
        )
        if not wait_until(self._has_leader, _LEADER_TIMEOUT_S, lambda: self.process.running):
            self.stop()
            raise LocalError(
                f"Consul at {self.http_address} did not get ready; its log is {self._log}:"
                + indent(self.process.last_lines())
            )

    def stop(self) -> None:
        """Stop the server and keep its data. No error when it does not run."""
        self.process.stop()

    def kill(self) -> None:
        """End the server as a crash would."""
        self.process.kill()

    def wipe(self) -> None:
        """Delete all the data of a stopped server."""
        if self.process.running:
            raise LocalError("stop Consul before its data is deleted")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _has_leader(self) -> bool:
        leader = wire.request(f"http://{self.http_address}", "GET", "/v1/status/leader")
        if not leader.ok or leader.json() == "":
            return False
        # With a leader but before its own node is known, a session can't be created.
        nodes = wire.request(f"http://{self.http_address}", "GET", "/v1/catalog/nodes")
        return nodes.ok and bool(nodes.json())

    def _configuration(self) -> dict[str, object]:
        ports = {
            "http": self._http_port,
            "dns": self.dns_port,
            "server": self._server_port,
            "serf_lan": self._serf_port,
            "serf_wan": -1,
            "grpc": -1,
        }
        if _version(self._binary) >= _GRPC_TLS_SINCE:
            ports["grpc_tls"] = -1
        ours: dict[str, object] = {
            "data_dir": str(self._folder / "data"),
            "bind_addr": LOOPBACK,
            "advertise_addr": LOOPBACK,
            "client_addr": LOOPBACK,
            "ports": ports,
            # Leaving would make the server forget that it is its own only peer.
            "leave_on_terminate": False,
            "skip_leave_on_interrupt": True,
            "disable_update_check": True,
            "performance": {"raft_multiplier": 1},
        }
        return merged(ours, self._extra)


def merged(ours: Mapping[str, object], theirs: Mapping[str, object]) -> dict[str, object]:
    """Merge two JSON objects, the second one winning, objects in objects included."""
    result = dict(ours)
    for key, value in theirs.items():
        mine = result.get(key)
        both = isinstance(mine, Mapping) and isinstance(value, Mapping)
        result[key] = merged(mine, value) if both else value  # type: ignore[arg-type]
    return result


def _version(binary: Path) -> tuple[int, int]:
    shown = subprocess.run([binary, "version"], capture_output=True, text=True, check=False)
    match = re.search(r"v(\d+)\.(\d+)", shown.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)

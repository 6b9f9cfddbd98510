"""A Docker Engine of this machine's own, beside any other."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Self

from demi_local import apt, leftovers, paths
from demi_local.bridge import Bridge, remove_link
from demi_local.docker_api import DockerApi
from demi_local.errors import LocalError
from demi_local.processes import Process, indent, wait_until
from demi_local.progress import Say

_READY_TIMEOUT_S = 60.0
# dockerd gives its containers ten seconds, and itself five more.
_STOP_TIMEOUT_S = 20.0
# A unix socket's path has at most 107 bytes, and the engine's longest one below its folder
# ("exec/containerd/containerd-debug.sock.ttrpc") takes 45.
_LONGEST_FOLDER = 60
_APPARMOR = Path("/sys/module/apparmor/parameters/enabled")


def ping(docker_host: str) -> bool:
    """Tell whether a Docker Engine answers at an address such as `unix:///run/docker.sock`."""
    return DockerApi(docker_host).answers()


def find_or_install_dockerd(say: Say) -> Path:
    """Return the machine's `dockerd`; where it is missing, install Debian's."""
    missing = [
        package
        for program, package in (("dockerd", "docker.io"), ("iptables", "iptables"))
        if paths.find_program(program) is None
    ]
    if paths.find_program("ip") is None:
        missing.append("iproute2")
    # With AppArmor in the kernel, no container starts unless its profile can be loaded.
    in_kernel = _APPARMOR.is_file() and _APPARMOR.read_text().startswith("Y")
    if in_kernel and paths.find_program("apparmor_parser") is None:
        missing.append("apparmor")
    if missing:
        apt.install(missing, say)
    dockerd = paths.find_program("dockerd")
    if dockerd is None:
        raise LocalError("Debian's docker.io was installed, but there is still no dockerd on PATH")
    return dockerd


class PrivateEngine:
    """A Docker Engine with its own data, socket, containerd namespace, bridge and subnet.

    It leaves the machine's packet filter alone: published ports are served by docker-proxy, so
    they can be reached from this machine, and containers can't reach the outside. Usable as a
    context manager, which starts and stops it.
    """

    def __init__(
        self, dockerd: Path, folder: Path, log: Path, *, live_restore: bool = False
    ) -> None:
        self._dockerd = dockerd
        self._log = log
        self._live_restore = live_restore
        self._data = folder.absolute() / "data"
        mark = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:8]
        self._name = f"demi-{mark}"
        self._runtime = runtime_folder(folder.absolute(), self._name)
        self._bridge = Bridge(self._name)
        self._networks: list[str] = []
        self.process = Process("dockerd", folder.absolute() / "dockerd.pid", log=log)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def docker_host(self) -> str:
        """Return the address for DOCKER_HOST."""
        return f"unix://{self._runtime / 'docker.sock'}"

    @property
    def pid(self) -> int:
        """Return the process id; LocalError where it was not started."""
        return self.process.pid

    def start(self) -> None:
        """Start the engine and wait until it answers.

        What an earlier engine of this folder left is ended first; with `live_restore` its
        containers go on.
        """
        if os.geteuid() != 0:
            raise LocalError(
                "only root can start a Docker Engine: run this as root, or start Docker and set "
                "DOCKER_HOST"
            )
        if self.process.end_leftover(_STOP_TIMEOUT_S) and not self._live_restore:
            self._clear()
        self._runtime.mkdir(parents=True, exist_ok=True)
        self._data.mkdir(parents=True, exist_ok=True)
        self._end_containerd()
        # Or else the machine's own /etc/docker/daemon.json applies.
        (self._runtime / "daemon.json").write_text("{}")
        self._bridge.create()
        self.process.start(self._command(), {**os.environ, "PATH": paths.system_path()})
        if not wait_until(self._answers, _READY_TIMEOUT_S, lambda: self.process.running):
            last_lines = self.process.last_lines()
            self.stop()
            raise LocalError(
                f"the private Docker Engine did not get ready; its log is {self._log}:"
                + indent(last_lines)
            )

    def stop(self, keep_containers: bool = False) -> None:
        """Stop the engine. Its containers end first, at once, unless `keep_containers`.

        `keep_containers` needs `live_restore`: they run on, and the next start finds them.
        """
        if keep_containers:
            if not self._live_restore:
                raise LocalError("containers outlive only an engine with live_restore")
            self.process.stop(_STOP_TIMEOUT_S)
            return
        if self.process.running and self._answers():
            api = DockerApi(self.docker_host)
            self._networks = api.own_networks()
            for container in api.containers(status=["running", "paused"]):
                api.kill(container["Id"])
        self.process.stop(_STOP_TIMEOUT_S)
        self.process.end_leftover(_STOP_TIMEOUT_S)
        self._clear()

    def kill(self) -> None:
        """End the engine as a crash would. Call `start` or `stop` afterwards."""
        self.process.kill()

    def was_left(self) -> bool:
        """Tell whether an earlier engine of this folder was killed and not cleared up."""
        return not self.process.running and self._runtime.is_dir()

    def _answers(self) -> bool:
        return ping(self.docker_host)

    def _clear(self) -> None:
        self._end_containerd()
        leftovers.end_processes("-namespace", self._name)
        for folder in (self._runtime, self._data):
            leftovers.unmount(folder)
        for network in self._networks:
            remove_link(f"br-{network[:12]}")
        self._bridge.remove()
        shutil.rmtree(self._runtime, ignore_errors=True)

    def _end_containerd(self) -> None:
        """End a containerd that outlived its dockerd; containers do not need it to run on.

        Its pid file goes too: dockerd takes a dead process that nobody reaped for a live one.
        """
        folder = self._runtime / "exec" / "containerd"
        leftovers.end_processes("--config", str(folder / "containerd.toml"))
        for stale in (folder / "containerd.pid", self._runtime / "dockerd.pid"):
            stale.unlink(missing_ok=True)

    def _command(self) -> list[str | Path]:
        options = {
            "config-file": self._runtime / "daemon.json",
            "data-root": self._data,
            "exec-root": self._runtime / "exec",
            "pidfile": self._runtime / "dockerd.pid",
            "host": self.docker_host,
            # Where the machine runs a containerd, dockerd uses that one.
            "containerd-namespace": self._name,
            "containerd-plugins-namespace": f"{self._name}-plugins",
            "bridge": self._bridge.name,
            "iptables": "false",
            "ip6tables": "false",
            "ip-forward": "false",
            "ip-masq": "false",
            "live-restore": str(self._live_restore).lower(),
        }
        return [self._dockerd, *(f"--{key}={value}" for key, value in options.items())]


def runtime_folder(folder: Path, name: str) -> Path:
    """Return where the sockets lie: in the engine's folder, unless its path is too long."""
    return folder / "run" if len(str(folder)) <= _LONGEST_FOLDER else Path("/run") / name

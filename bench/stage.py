"""What the benchmarks have in common: one engine, one Consul, and what is started on them.

A benchmark prints ratios of things measured in the same run: bare times say more about the
machine, and about what else runs on it, than about the registrator.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bare import UnixConnection, send

from demi_local.consul import ConsulServer, find_or_install_consul
from demi_local.engine import PrivateEngine, find_or_install_dockerd
from demi_local.example import IMAGE, build_felix_image
from demi_local.ports import free_port

HERE = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
OWNER = "bench"
RECORD = f"/v1/kv/demi-registrator/{OWNER}"
_PATIENCE_S = 120.0


@dataclass(slots=True)
class Running:
    """A registrator that has synced; seconds from the start of its process."""

    process: subprocess.Popen[bytes]
    imported_s: float
    ready_s: float

    @property
    def cpu_s(self) -> float:
        """Processor time that it has used, user and system."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self, field: str = "VmRSS") -> float:
        """Resident memory, now or (`VmHWM`) at its highest."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
        raise LookupError(field)


class Stage:
    """An engine and a Consul; everything here talks to them past the code that is measured."""

    def __init__(self, engine: PrivateEngine, consul: ConsulServer) -> None:
        self.docker_socket = engine.docker_host.removeprefix("unix://")
        self.consul_address = consul.http_address
        self._engine = UnixConnection(self.docker_socket)
        self._consul = self.connect()

    def connect(self) -> http.client.HTTPConnection:
        """One more connection to Consul."""
        return http.client.HTTPConnection(self.consul_address)

    # -- containers -------------------------------------------------------------------------

    def create(self, labels: Mapping[str, str], **options: Any) -> str:
        """Create a container of the example's image with port 8000 published; its ID."""
        # Another engine of this machine would pick the same ports as ours.
        bindings = {"8000/tcp": [{"HostPort": str(free_port())}]}
        body = {
            "Image": IMAGE,
            "Labels": dict(labels),
            "ExposedPorts": {port: {} for port in bindings},
            "HostConfig": {"PortBindings": bindings},
            **options,
        }
        return str(self._docker("POST", "/containers/create", body)["Id"])

    def start(self, container: str) -> None:
        """Start a container."""
        send(UnixConnection(self.docker_socket), "POST", f"/containers/{container}/start")

    def kill(self, container: str) -> None:
        """Kill a container."""
        send(UnixConnection(self.docker_socket), "POST", f"/containers/{container}/kill")

    def remove(self, container: str) -> None:
        """Remove a container, whether it runs or not."""
        self._docker("DELETE", f"/containers/{container}?force=1")

    def running(self) -> set[str]:
        """The IDs of what `docker ps` shows."""
        return {container["Id"] for container in self._docker("GET", "/containers/json")}

    def clear(self) -> None:
        """Remove all containers."""
        for container in self._docker("GET", "/containers/json?all=1"):
            self.remove(container["Id"])

    def happened_ns(self, container: str, action: str, since_s: float) -> int:
        """When the engine says that something happened to a container, in Unix time."""
        filters = quote(json.dumps({"container": [container], "event": [action]}))
        until_s = time.time()
        path = f"/events?since={since_s:.6f}&until={until_s:.6f}&filters={filters}"
        events = send(UnixConnection(self.docker_socket), "GET", path).splitlines()
        return int(json.loads(events[-1])["timeNano"])

    def crowd(self, services: int, per_container: int = 20) -> None:
        """Start containers that carry so many services together."""
        for first in range(0, services, per_container):
            of_one = range(first, min(services, first + per_container))
            labels = [label for number in of_one for label in service_labels(f"c{number:04}")]
            self.start(self.create(dict(labels)))

    def _docker(self, method: str, path: str, body: object = None) -> Any:
        answer = send(self._engine, method, path, body)
        return json.loads(answer) if answer else None

    # -- Consul -----------------------------------------------------------------------------

    def get(self, path: str) -> Any:
        """An answer of Consul's; None where there is nothing."""
        return get(self._consul, path)[1]

    def wait_for_change(self, path: str) -> None:
        """Return once an answer differs from what it is now."""
        index, _ = get(self._consul, path)
        now = index
        while now == index:
            now, _ = get(self._consul, f"{path}?index={index}&wait=60s")

    def services(self) -> set[str]:
        """The names of the services in the catalog, without Consul's own."""
        return set(self.get("/v1/catalog/services")) - {"consul"}

    def keys(self) -> int:
        """How many keys there are below `demi/`."""
        return len(self.get("/v1/kv/demi/?keys") or ())

    # -- registrators -----------------------------------------------------------------------

    @contextmanager
    def registrator(
        self, tree: Path, *options: str, consul_address: str | None = None, tidy: bool = False
    ) -> Iterator[Running]:
        """A registrator of one source tree that has synced; `tidy` makes it deregister at last."""
        command = [sys.executable, "-m", "demi_cli", "registrator", *options]
        before = self._instance()
        with tempfile.NamedTemporaryFile("w+") as log:
            started = time.time()
            process = subprocess.Popen(
                [*command, "--deregister-on-exit"] if tidy else command,
                env=self._environ(tree, consul_address or self.consul_address),
                stderr=log,
            )
            try:
                ready = self._await_record(process, before)
                imported = _logged_at(Path(log.name).read_text(), "starting")
                yield Running(process, imported - started, ready - started)
            finally:
                process.terminate()
                process.wait()

    @contextmanager
    def bare(self, *options: str) -> Iterator[None]:
        """The bare sketch that `bare.py` is, following events."""
        script = Path(__file__).with_name("bare.py")
        process = subprocess.Popen(
            [sys.executable, script, self.docker_socket, self.consul_address, *options],
            stdout=subprocess.PIPE,
        )
        try:
            if process.stdout is None or process.stdout.readline() != b"ready\n":
                raise RuntimeError("the bare sketch did not start")
            yield
        finally:
            process.terminate()
            process.wait()

    def _environ(self, tree: Path, consul_address: str) -> dict[str, str]:
        packages = (str(tree / part) for part in ("adapters", "registrator", "cli", "ui"))
        others = {k: v for k, v in os.environ.items() if not k.startswith(("DEMI_", "CONSUL_"))}
        return {
            **others,
            "PYTHONPATH": os.pathsep.join(packages),
            "DOCKER_HOST": f"unix://{self.docker_socket}",
            "CONSUL_HTTP_ADDR": consul_address,
            "DEMI_HOST": HOST,
            "DEMI_OWNER": OWNER,
        }

    def _await_record(self, process: subprocess.Popen[bytes], before: str) -> float:
        """When the registrator had written its record, as it does once a run is over."""
        index = 0
        deadline = time.monotonic() + _PATIENCE_S
        while process.poll() is None and time.monotonic() < deadline:
            index, _ = get(self._consul, f"{RECORD}?index={index}&wait=1s")
            seen = time.time()
            if self._instance() not in ("", before):
                return seen
        raise RuntimeError("the registrator did not write its record")

    def _instance(self) -> str:
        """Which process wrote the record; empty where there is none."""
        found = self.get(f"{RECORD}?raw")
        return str(found["instance"]) if found else ""


@contextmanager
def stage() -> Iterator[Stage]:
    """An engine with the example's image and a Consul with a data folder, for one benchmark."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = PrivateEngine(
            find_or_install_dockerd(print), folder / "engine", folder / "dockerd.log"
        )
        consul = ConsulServer(find_or_install_consul(print), folder / "c", log=folder / "c.log")
        with engine, consul:
            build_felix_image(engine.docker_host, print)
            yield Stage(engine, consul)


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, Any]:
    """Consul's index and answer; the answer is None where there is nothing."""
    connection.request("GET", path)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status not in (200, 404):
        raise RuntimeError(f"GET {path}: {answer.status} {content!r}")
    index = int(answer.headers.get("X-Consul-Index") or 0)
    return index, json.loads(content) if answer.status == 200 else None


def service_labels(service: str) -> list[tuple[str, str]]:
    """The labels of one service as people write them; its Consul name is `bench-crowd-SERVICE`."""
    return [
        (f"demi.bench.crowd.{service}.port", "8000"),
        (f"demi.bench.crowd.{service}.health", "health"),
        (f"demi.bench.crowd.{service}.url_postfix", "docs"),
        (f"demi.bench.crowd.{service}.category", "Microservice"),
        (f"demi.bench.crowd.{service}.description", "One service of a crowd"),
    ]


def trees(arguments: Sequence[str]) -> dict[str, Path]:
    """The source trees to measure: those named on the command line, else this one."""
    paths = [Path(argument).resolve() for argument in arguments] or [HERE]
    return {path.name: path for path in paths}


def median_and_p95(values: Sequence[float]) -> str:
    """Both, for a line of a table."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return f"median {statistics.median(ordered):7.2f}  p95 {p95:7.2f}"


def _logged_at(log: str, word: str) -> float:
    """The Unix time of the first log line with a word."""
    line = next(line for line in log.splitlines() if word in line)
    return datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f").astimezone().timestamp()

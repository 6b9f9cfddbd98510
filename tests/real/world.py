"""What the real tests act on and look at, with words of a shifter's."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import docker

from demi_local.consul import ConsulServer
from demi_local.engine import PrivateEngine
from demi_local.example import IMAGE

HOST = "127.0.0.1"
SITE = "sr1_lls"


def eventually(look: Callable[[], object], expected: object, within_s: float = 15.0) -> None:
    """Assert that what is looked at becomes what is expected, soon enough."""
    deadline = time.monotonic() + within_s
    while (seen := look()) != expected and time.monotonic() < deadline:
        time.sleep(0.02)
    assert seen == expected


def felix_labels(service: str = "api", **labels: object) -> dict[str, str]:
    """Labels of one service of the FELIX stack, on port 8000 unless they say otherwise."""
    return {
        f"demi.{SITE}.felix.{service}.{key}": str(value)
        for key, value in ({"port": 8000} | labels).items()
    }


def run_container(client: docker.DockerClient, **options: Any) -> Any:
    """Start a container of the example's image.

    Each engine picks ports by itself; where another engine of this machine was faster, it picks
    the next ones.
    """
    container = client.containers.create(IMAGE, detach=True, **options)
    for _ in range(20):
        try:
            container.start()
        except docker.errors.APIError as error:
            if "address already in use" not in str(error):
                raise
        else:
            break
    container.reload()
    assert container.status == "running"
    return container


class Registrator:
    """A registrator process."""

    def __init__(self, environ: Mapping[str, str], log: Path, options: tuple[str, ...]) -> None:
        self.instance = ""
        self._log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "demi_cli", "registrator", *options],
                env=environ,
                stdout=output,
                stderr=output,
            )

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as an operator would; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


class World:
    """One engine, one Consul, and the containers and registrators that a test started."""

    def __init__(self, engine: PrivateEngine, consul: ConsulServer, folder: Path) -> None:
        self.engine = engine
        self.consul = consul
        self.docker = docker.DockerClient(base_url=engine.docker_host)
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("DEMI_", "CONSUL_"))},
            "DOCKER_HOST": engine.docker_host,
            "CONSUL_HTTP_ADDR": consul.http_address,
            "DEMI_HOST": HOST,
            "DEMI_OWNER": "pc7",
        }
        self._folder = folder
        self._registrators: list[Registrator] = []

    def close(self) -> None:
        """Remove what the test has started."""
        for registrator in self._registrators:
            if registrator.process.poll() is None:
                registrator.kill()
        for container in self.docker.containers.list(all=True):
            container.remove(force=True)
        self.docker.close()

    # -- acting -----------------------------------------------------------------------------

    def start_registrator(self, *options: str, wait: bool = True, **environ: str) -> Registrator:
        """Start a registrator; by default wait until it has synced."""
        log = self._folder / f"registrator-{len(self._registrators)}.log"
        registrator = Registrator({**self.environ, **environ}, log, options)
        self._registrators.append(registrator)
        if wait:
            owner = {**self.environ, **environ}["DEMI_OWNER"]
            eventually(lambda: self._has_synced(registrator, owner), expected=True)
        return registrator

    def stop_registrators(self) -> None:
        """End all of them as an operator would."""
        for registrator in self._registrators:
            if registrator.process.poll() is None:
                registrator.stop()

    def _has_synced(self, registrator: Registrator, owner: str) -> bool:
        assert registrator.process.poll() is None, registrator.log
        record = self.get(f"/v1/kv/demi-registrator/{owner}")
        if not record:
            return False
        started = json.loads(base64.b64decode(record[0]["Value"]))["instance"]
        previous = {r.instance for r in self._registrators if r is not registrator}
        registrator.instance = started
        return started not in previous

    def run(self, labels: Mapping[str, str], **options: Any) -> Any:
        """Start a container of the example's image with its two ports published."""
        on_host = options.get("network_mode") == "host"
        ports = {} if on_host else {"8000/tcp": None, "3000/tcp": None}
        return run_container(self.docker, **{"ports": ports, "labels": dict(labels)} | options)

    def demi(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the `demi` command."""
        return subprocess.run(
            [sys.executable, "-m", "demi_cli", *arguments],
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def dig(self, *question: str) -> list[str]:
        """What Consul's DNS answers, a line each."""
        command = ["dig", "+short", f"@{HOST}", "-p", str(self.consul.dns_port), *question]
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
        return answer.stdout.split("\n")[:-1]

    # -- looking ----------------------------------------------------------------------------

    def get(self, path: str) -> Any:
        """An answer of Consul's HTTP API; None where there is nothing."""
        try:
            with urllib.request.urlopen(f"http://{self.consul.http_address}{path}") as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def put(self, path: str, body: object = None) -> Any:
        """Write through Consul's HTTP API, as somebody else would."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://{self.consul.http_address}{path}",
            data=b"" if body is None else data,
            method="PUT",
        )
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def services(self) -> dict[str, Any]:
        """The agent's services by ID."""
        return dict(self.get("/v1/agent/services"))

    def service_ids(self) -> set[str]:
        """The IDs of the agent's services."""
        return set(self.services())

    def tree(self, prefix: str = "demi/") -> dict[str, str]:
        """Keys and their values."""
        found = self.get(f"/v1/kv/{prefix}?recurse") or ()
        return {k["Key"]: base64.b64decode(k["Value"] or "").decode() for k in found}

    def status(self, service_id: str) -> str | None:
        """The state of a service's check."""
        check = self.get("/v1/agent/checks").get(f"service:{service_id}")
        return str(check["Status"]) if check else None

    def indices(self, prefix: str = "") -> dict[str, int]:
        """ModifyIndex of every key and every service of the catalog: what was written when."""
        keys = {k["Key"]: k["ModifyIndex"] for k in self.get("/v1/kv/?recurse") or ()}
        node = self.get("/v1/catalog/node/testnode")
        services = {
            s["ID"]: self._catalog_index(s["Service"], s["ID"]) for s in node["Services"].values()
        }
        return {name: i for name, i in {**keys, **services}.items() if name.startswith(prefix)}

    def _catalog_index(self, service: str, id_: str) -> int:
        entries = self.get(f"/v1/catalog/service/{service}")
        return next(int(e["ModifyIndex"]) for e in entries if e["ServiceID"] == id_)


def id_of(container: Any, service: str = "api") -> str:
    """The service ID of a container's service."""
    return f"sr1-lls-felix-{service}-{container.id[:12]}"

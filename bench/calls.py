"""How many calls of Docker and Consul the registrator makes, and for what.

Run as root: PYTHONPATH=deploy/local .venv/bin/python bench/calls.py [CONTAINERS]

Counted outside the registrator, by a proxy in front of each. Blocking queries are listed apart:
they wait, they do no work.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import docker
from counting_proxy import CountingProxy, to_tcp, to_unix
from docker.models.containers import Container

from demi_local.consul import ConsulServer, find_or_install_consul
from demi_local.engine import PrivateEngine, find_or_install_dockerd
from demi_local.example import IMAGE, build_felix_image

RESYNC_S = 5.0


def main() -> None:
    """Print the calls of each situation."""
    containers = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = PrivateEngine(
            find_or_install_dockerd(print), folder / "engine", folder / "dockerd.log"
        )
        consul = ConsulServer(find_or_install_consul(print), folder / "c", log=folder / "c.log")
        with engine, consul:
            build_felix_image(engine.docker_host, print)
            client = docker.DockerClient(base_url=engine.docker_host)
            measure(client, engine, consul, containers)
            client.close()


def measure(
    client: docker.DockerClient, engine: PrivateEngine, consul: ConsulServer, containers: int
) -> None:
    """Start containers, then a registrator behind counting proxies, and report."""
    to_docker = CountingProxy(to_unix(engine.docker_host.removeprefix("unix://")))
    to_consul = CountingProxy(to_tcp(consul.http_address))
    environ = {
        **os.environ,
        "CONSUL_HTTP_ADDR": f"127.0.0.1:{to_consul.port}",
        "DOCKER_HOST": f"tcp://127.0.0.1:{to_docker.port}",
        "DEMI_HOST": "127.0.0.1",
    }
    start(client, 1)
    with registrator(environ):
        time.sleep(RESYNC_S - 1)
        to_docker.take(), to_consul.take()
        time.sleep(RESYNC_S)
        report("idle resync, 1 service", to_docker, to_consul)
    print(f"starting {containers - 1} more containers …", flush=True)
    start(client, containers - 1)
    to_docker.take(), to_consul.take()
    with registrator(environ):
        time.sleep(RESYNC_S - 1)
        report(f"start with {containers} containers", to_docker, to_consul)
        time.sleep(RESYNC_S)
        report(f"idle resync, {containers} services", to_docker, to_consul)
        [started] = start(client, 1)
        time.sleep(0.5)
        report("one container start", to_docker, to_consul)
        started.kill()
        time.sleep(0.5)
        report("one container death", to_docker, to_consul)


@contextmanager
def registrator(environ: Mapping[str, str]) -> Iterator[None]:
    """A registrator process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "demi_cli", "registrator", "--resync", str(RESYNC_S)],
        env=environ,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def start(client: docker.DockerClient, count: int) -> list[Container]:
    """Start containers of one service each, on ports that Docker picks."""
    return [
        client.containers.run(
            IMAGE,
            detach=True,
            ports={"8000/tcp": None},
            labels={f"demi.sr1_lls.bench.s{time.monotonic_ns()}.port": "8000"},
        )
        for _ in range(count)
    ]


def report(title: str, *proxies: CountingProxy) -> None:
    """Print what was called since the last report."""
    for backend, proxy in zip(("Docker", "Consul"), proxies, strict=True):
        taken = proxy.take()
        waiting = Counter({k: n for k, n in taken.items() if k.endswith("(blocking)")})
        print(f"{title}: {backend} {taken.total() - waiting.total()} calls", flush=True)
        for request, count in sorted(taken.items()):
            print(f"    {count:5} {request}", flush=True)


if __name__ == "__main__":
    main()

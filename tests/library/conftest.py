"""A real Consul: one for all tests here, and others for tests that restart theirs."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaos.proxy import Proxy
from demi_local.consul import ConsulServer, find_or_install_consul
from library.lab import Lab

_REGISTERED = """
import sys, time
from demi_adapters import Registry
with Registry(sys.argv[1]).register("sr1_lls/felix/killed", port=9, host="127.0.0.1") as process:
    print(process.id, flush=True)
    time.sleep(600)
"""


@dataclass(frozen=True)
class Killed:
    """A process that had registered itself, and when it was killed."""

    lab: Lab
    id: str
    at: float
    keys: int
    status: list[str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is in this folder needs the real parts."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def shared_consul(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsulServer]:
    """A Consul server that is never stopped."""
    folder = tmp_path_factory.mktemp("shared")
    with _server(folder) as server:
        yield server


@pytest.fixture(scope="module")
def restarted_consul(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsulServer]:
    """A Consul server that tests may stop, as long as they start it again."""
    with _server(tmp_path_factory.mktemp("restarted")) as server:
        yield server


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's own, and `sr1_lls` as the default site."""
    for variable in ("CONSUL_HTTP_ADDR", "CONSUL_HTTP_TOKEN", "DEMI_SITE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DEMI_SITE", "sr1_lls")
    monkeypatch.setenv("DEMI_HOST", "127.0.0.1")


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    """Every thread of the library ends with what started it."""
    yield
    left = [t.name for t in threading.enumerate() if t.name.startswith(("directory", "heartbeat"))]
    assert not left


@pytest.fixture(scope="session", autouse=True)
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    """A process that was killed when the tests began, on a Consul of its own."""
    with _server(tmp_path_factory.mktemp("killed")) as server:
        lab = Lab(server)
        process = subprocess.Popen(
            [sys.executable, "-c", _REGISTERED, server.http_address],
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            id_ = process.stdout.readline().strip()
            status, keys = list(lab.status(id_).values()), len(lab.tree("demi/"))
            process.kill()
        yield Killed(lab, id_, time.monotonic(), keys, status)


@pytest.fixture
def lab(shared_consul: ConsulServer) -> Iterator[Lab]:
    """Services and keys of one test, at the site `sr1_lls`."""
    lab = Lab(shared_consul)
    yield lab
    lab.clear()


@pytest.fixture
def own_lab(restarted_consul: ConsulServer) -> Iterator[Lab]:
    """The same on a Consul that may be stopped."""
    lab = Lab(restarted_consul)
    yield lab
    lab.clear()


@pytest.fixture
def proxy(shared_consul: ConsulServer) -> Iterator[Proxy]:
    """What stands between a registry and Consul, counts, and breaks."""
    proxy = Proxy(shared_consul.http_address, seed=1)
    yield proxy
    proxy.close()


def _server(folder: Path) -> ConsulServer:
    return ConsulServer(
        find_or_install_consul(print),
        folder / "consul",
        extra={"node_name": "testnode"},
        log=folder / "consul.log",
    )

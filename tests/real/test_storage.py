"""Where Consul can't write its data: said once, tried seldom, and in step once it can again."""

import contextlib
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from demi_local.consul import ConsulServer
from demi_local.ports import free_port
from real.metrics import consul_calls, readiness
from real.world import Registrator, World, eventually, felix_labels, id_of

# A look at everything is 8 calls and what has to be done. Without delays it would be thousands.
MOST_CALLS = 80


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own; only root may mount one."""
    folder = tmp_path / "volume"
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder)
    try:
        yield folder
    finally:
        _run("umount", "--recursive", folder)


@pytest.fixture
def consul(consul_binary: Path, volume: Path, tmp_path: Path) -> Iterator[ConsulServer]:
    """A Consul server whose data is in there."""
    with ConsulServer(
        consul_binary,
        volume / "consul",
        extra={"node_name": "testnode"},
        log=tmp_path / "consul.log",
    ) as server:
        yield server


@pytest.fixture
def port() -> int:
    """Where the registrator tells of itself."""
    return free_port()


@pytest.fixture
def registrator(world: World, port: int) -> Registrator:
    """A registrator that runs, and tells of itself."""
    return world.start_registrator("--resync", "5", DEMI_METRICS_PORT=str(port))


def test_a_full_disk_is_said_once_and_waited_for(
    world: World, registrator: Registrator, volume: Path, port: int
) -> None:
    """Consul refuses registrations, then loses its leader; with space again all is in step."""
    dying = world.run(felix_labels("dying"))
    eventually(lambda: len(world.tree()), 8)
    _fill(volume / "filling")
    born = world.run(felix_labels("born"))
    eventually(lambda: "no space left on device" in registrator.log, expected=True)
    assert "no space left on device" in readiness(port)
    # Consul gets along with the space that it has; what does not fit there costs it its leader.
    with pytest.raises(urllib.error.HTTPError, match="500"):
        world.put("/v1/kv/others", "x" * 400_000)
    dying.kill()
    _assert_calm(registrator, port)
    assert world.consul.process.running, "it lives on, answers 500, and has elections all the time"
    (volume / "filling").unlink()
    eventually(world.service_ids, {id_of(born, "born")}, within_s=40)
    eventually(lambda: {k.split("/")[3] for k in world.tree()}, {"born"})
    eventually(lambda: readiness(port), "ok")
    eventually(lambda: "in step again" in registrator.log, expected=True)


def test_a_read_only_folder_is_said_once_and_waited_for(
    world: World, registrator: Registrator, volume: Path, port: int
) -> None:
    """Registrations are refused while keys are written; nothing dead returns from the disk."""
    dying = world.run(felix_labels("dying"))
    eventually(lambda: len(world.tree()), 8)
    # Where all of its disk is read-only, Consul panics in its next election: an outage as any.
    folder = volume / "consul/data/services"
    _run("mount", "--bind", folder, folder)
    _run("mount", "-o", "remount,bind,ro", folder)
    born = world.run(felix_labels("born"))
    eventually(lambda: "read-only file system" in registrator.log, expected=True)
    dying.kill()
    _assert_calm(registrator, port)
    assert "read-only file system" in readiness(port)
    _run("umount", folder)
    eventually(world.service_ids, {id_of(born, "born")}, within_s=40)
    eventually(lambda: readiness(port), "ok")
    world.consul.stop()
    assert len(list(folder.iterdir())) == 2, "Consul could not delete the file of the dead one"
    world.consul.start()
    eventually(world.service_ids, {id_of(born, "born")})
    eventually(lambda: {k.split("/")[3] for k in world.tree()}, {"born"})


def _assert_calm(registrator: Registrator, port: int) -> None:
    """For eight seconds there are few calls, and no failure is told twice."""
    before = consul_calls(port)
    time.sleep(8)
    assert 0 < consul_calls(port) - before < MOST_CALLS
    assert registrator.process.poll() is None
    assert registrator.log.count("WARNING register service") == 1
    # Keys and reads fail as well where there is no leader, each in one or two ways.
    assert registrator.log.count("Trying again") <= 8


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as sink, contextlib.suppress(OSError):
        while True:
            sink.write(bytes(4096))


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, timeout=20)

"""A real Docker Engine for all tests here, a real Consul for each module, both only theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demi_local.consul import ConsulServer, find_or_install_consul
from demi_local.engine import PrivateEngine, find_or_install_dockerd
from demi_local.example import build_felix_image
from real.world import Registrator, World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is in this folder needs the real parts."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateEngine]:
    """A Docker Engine with the example's image, whose containers outlive its restarts."""
    folder = tmp_path_factory.mktemp("engine")
    engine = PrivateEngine(
        find_or_install_dockerd(print), folder, folder / "dockerd.log", live_restore=True
    )
    try:
        engine.start()
        build_felix_image(engine.docker_host, print)
        yield engine
    finally:
        engine.stop()


@pytest.fixture(scope="session")
def consul_binary() -> Path:
    """Consul's program."""
    return find_or_install_consul(print)


@pytest.fixture
def consul(consul_binary: Path, tmp_path: Path) -> Iterator[ConsulServer]:
    """A Consul server that holds nothing."""
    with ConsulServer(
        consul_binary,
        tmp_path / "consul",
        extra={"node_name": "testnode"},
        log=tmp_path / "consul.log",
    ) as server:
        yield server


@pytest.fixture
def world(engine: PrivateEngine, consul: ConsulServer, tmp_path: Path) -> Iterator[World]:
    """Engine and Consul, with no container and no registrator yet."""
    world = World(engine, consul, tmp_path)
    try:
        yield world
    finally:
        world.close()


@pytest.fixture
def registrator(world: World) -> Registrator:
    """A registrator that runs."""
    return world.start_registrator()

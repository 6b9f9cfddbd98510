"""A real Docker Engine and a real Consul for the arena, both only its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.arena import Arena
from chaos.settings import SEED
from demi_local.consul import ConsulServer, find_or_install_consul
from demi_local.engine import PrivateEngine, find_or_install_dockerd
from demi_local.example import build_felix_image


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is in this folder needs the real parts."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture
def arena(tmp_path: Path) -> Iterator[Arena]:
    """Everything runs, but for the registrator."""
    engine = PrivateEngine(
        find_or_install_dockerd(print),
        tmp_path / "engine",
        tmp_path / "dockerd.log",
        live_restore=True,
    )
    consul = ConsulServer(
        find_or_install_consul(print), tmp_path / "consul", log=tmp_path / "consul.log"
    )
    try:
        engine.start()
        consul.start()
        build_felix_image(engine.docker_host, print)
        arena = Arena(engine, consul, tmp_path, SEED)
        try:
            yield arena
        finally:
            arena.close()
    finally:
        consul.stop()
        engine.stop()

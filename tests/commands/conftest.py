"""Commands against a real Consul, one for all tests here, which empty it before they begin."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demi_adapters.consul_reader import ConsulReader
from demi_adapters.consul_settings import settings_at
from demi_cli.__main__ import main
from demi_local.consul import ConsulServer, find_or_install_consul
from models.command import Demi, Result
from models.kv import Kv, Said
from models.place import Place


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is in this folder needs the real part."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def consul(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsulServer]:
    """A Consul server of the tests' own."""
    folder = tmp_path_factory.mktemp("commands")
    binary = find_or_install_consul(print)
    # What a check says is there at once, not when the agent next compares itself to the servers.
    extra = {"node_name": "pc7", "check_update_interval": "0s"}
    with ConsulServer(binary, folder / "consul", extra=extra, log=folder / "consul.log") as server:
        yield server


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Said]:
    """Runs `demi` with these arguments, in this process, through its only door."""

    def run(*arguments: str, stdin: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "argv", ["demi", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsysbinary.readouterr()
        try:
            code: object = main()
        except SystemExit as end:
            code = end.code
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return Said(code if isinstance(code, int) else 1, out, err.decode())

    return run


@pytest.fixture
def place(consul: ConsulServer, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An empty Consul that commands find by themselves."""
    _forget_settings(monkeypatch)
    monkeypatch.setenv("CONSUL_HTTP_ADDR", consul.http_address)
    place = Place(consul.http_address)
    place.clear()
    return place


@pytest.fixture
def demi(place: Place, run: Callable[..., Said]) -> Demi:
    """Runs `demi` beside it; its streams as text."""

    def ask(*arguments: str) -> Result:
        said = run(*arguments)
        return Result(said.code, said.out.decode(), said.err)

    return ask


@pytest.fixture
def kv(
    consul: ConsulServer, run: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Kv]:
    """`demi kv` beside an empty Consul."""
    _forget_settings(monkeypatch)
    monkeypatch.setenv("CONSUL_HTTP_ADDR", consul.http_address)
    with ConsulReader(settings_at(consul.http_address, None)) as reader:
        kv = Kv(run, reader, consul.http_address)
        kv.wipe()
        yield kv


def _forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches them."""
    of_browsers = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    for name in list(os.environ):
        if name.startswith(("DEMI_", "CONSUL_")) or name in of_browsers:
            monkeypatch.delenv(name)

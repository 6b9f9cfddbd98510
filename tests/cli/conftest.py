"""The command as a user runs it: its arguments, its two streams, its exit status."""

import io
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demi_cli.__main__ import main
from models.command import VECTORS, Demi, Inspection, Result


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith(("DEMI_", "CONSUL_", "DOCKER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DEMI_HOST", "pc1.cern.ch")
    monkeypatch.setenv("DEMI_OWNER", "pc1")


@pytest.fixture
def demi(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Demi:
    """Runs `demi` with these arguments, in this process, through its only door."""

    def run(*arguments: str, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "argv", ["demi", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        try:
            code: object = main()
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Result(code if isinstance(code, int) else 1, out, err)

    return run


@pytest.fixture
def inspection(tmp_path: Path) -> Inspection:
    """Writes a file as `docker inspect` prints it: of a vector, or of one container of labels."""

    def write(vector: str | None = None, **labels: str) -> str:
        felix = json.loads((VECTORS / f"{vector or 'docker-healthcheck'}.json").read_text())
        found = felix["inspect"]
        if vector is None:
            found[0]["Config"]["Labels"] = {
                f"demi.sr1_lls.felix.api.{key}": value
                for key, value in {"port": "8000", **labels}.items()
            }
        path = tmp_path / "inspect.json"
        path.write_text(json.dumps(found))
        return str(path)

    return write


@pytest.fixture
def _process_settings() -> Iterator[None]:
    """Signal handlers and logging as they were."""
    handlers = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)}
    root, ours = logging.getLogger(), logging.getLogger("demi_registrator")
    before = (root.handlers[:], root.level, ours.level)
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    root.handlers[:], level, our_level = before
    root.setLevel(level)
    ours.setLevel(our_level)

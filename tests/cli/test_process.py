"""The command as a process of its own: its end by a signal, a closed pipe, a missing part."""

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

from models.command import Demi, Inspection

# A standard input that somebody else is to fill.
WAITS = """
import signal, sys
from demi_cli.__main__ import main

class Waits:
    def read(self):
        print("waiting", file=sys.stderr, flush=True)
        signal.pause()

sys.stdin = Waits()
sys.exit(main())
"""

# An installation in which the module that is named first can't be imported.
WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from demi_cli.__main__ import main
sys.exit(main())
"""

RUN = [sys.executable, "-m", "demi_cli"]


def run(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run it to its end, whatever that is; text in and out."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.run(command, check=False, **settings)


def test_the_version_is_that_of_the_distribution(demi: Demi) -> None:
    """And nothing else is printed."""
    assert demi("version").out == f"{version('demi-registry')}\n"


def test_the_exit_status_reaches_the_shell(inspection: Inspection) -> None:
    """`python -m demi_cli` is the same command."""
    done = run(*RUN, "explain", "--inspect", inspection(port="9"))
    assert done.returncode == 1
    assert "no-port" in done.stderr
    assert "no-port" not in done.stdout


def test_ctrl_c_ends_it_quietly_with_130() -> None:
    """No traceback for a person who changed their mind."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS, "explain", "--inspect", "-"],
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr
        assert process.stderr.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read().strip() == ""
    assert process.returncode == 130


@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_a_reader_that_goes_away_changes_nothing(inspection: Inspection, form: str) -> None:
    """`demi … | head -1`: no complaint, and the status says what it would have said."""
    reading, writing = os.pipe()
    os.close(reading)
    path = inspection("felix-of-the-readme")
    done = run(*RUN, "explain", "--inspect", path, "-o", form, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_an_old_terminal_gets_escapes_instead_of_a_crash(
    inspection: Inspection, encoding: str, form: str
) -> None:
    """JSON stays JSON that says the same."""
    path = inspection(description="Kühlung 冷却")
    environ = {**os.environ, "PYTHONIOENCODING": encoding}
    done = run(*RUN, "explain", "--inspect", path, "-o", form, env=environ, encoding=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    if form == "json":
        (service,) = json.loads(done.stdout)["services"]
        assert service["meta"]["demi_description"] == "Kühlung 冷却"


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("docker", ["registrator"], "registrator"),
        ("docker", ["plan"], "registrator"),
        ("docker", ["explain"], "registrator"),
        ("nicegui", ["ui"], "ui"),
    ],
)
def test_a_missing_part_says_how_to_get_it(
    demi: Demi, monkeypatch: pytest.MonkeyPatch, missing: str, arguments: list[str], extra: str
) -> None:
    """And exits as wrong usage does, before anything is done."""
    monkeypatch.setitem(sys.modules, missing, None)
    result = demi(*arguments)
    assert (result.code, result.out) == (2, "")
    assert f"pip install 'demi-registry[{extra}]'" in result.err


@pytest.mark.parametrize("missing", ["typer", "yaml"])
def test_without_its_own_part_the_command_says_so(missing: str) -> None:
    """The base package installs the command's name, not what it needs."""
    arguments = ("explain", "--inspect", "-", "-o", "yaml")
    done = run(sys.executable, "-c", WITHOUT, missing, *arguments, input="[]")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'demi-registry[cli]'" in done.stderr


def test_explaining_a_file_needs_no_docker(
    demi: Demi, inspection: Inspection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes a compose file checks it on any machine."""
    for name in [n for n in sys.modules if n.partition(".")[0] == "docker"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "demi_adapters.engine", raising=False)
    monkeypatch.setitem(sys.modules, "docker", None)
    assert demi("explain", "--inspect", inspection("felix-of-the-readme")).code == 0


def test_help_and_look_ups_import_neither_docker_nor_nicegui() -> None:
    """They answer before one has looked up."""
    code = (
        "import sys, demi_cli.app; "
        "print([m for m in ('docker', 'nicegui', 'rich.table', 'yaml') if m in sys.modules])"
    )
    done = run(sys.executable, "-c", code)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("arguments", [["no-such"], ["url"], ["ls", "-o", "xml"], ["ls", "--x"]])
def test_wrong_usage_is_2(demi: Demi, arguments: list[str]) -> None:
    """Words on standard error, nothing on standard output."""
    result = demi(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x"])
def test_a_page_on_a_port_that_is_none_is_wrong_usage(demi: Demi, port: str) -> None:
    """Found before a server starts."""
    result = demi("ui", "--port", port)
    assert (result.code, result.out) == (2, "")

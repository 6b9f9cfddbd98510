"""What README and docs say is what happens, beside the FELIX example."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demi_local.consul import ConsulServer
from demi_local.engine import PrivateEngine
from demi_local.example import CONTAINER
from demi_local.ports import free_port
from models.documents import ROOT, Line, command_lines, documented_fields, fields_of
from real.world import World, eventually, felix_labels

PROGRAM = f"""#!{sys.executable}
import sys
from demi_cli.__main__ import main
sys.exit(main())
"""
COMPOSE = "compose.yaml"
BAD = "bad.yaml"
UI_PORT = free_port()
# What stands for something of the reader's own; other words in capitals fail the test.
PLACES = {"CONTAINER": CONTAINER, "8080": str(UI_PORT), ".venv/bin/demi": "demi"}
PLACEHOLDER = re.compile(r"(?<![\w/$])[A-Z]{2,}[A-Z_/]*(?![\w=])")
CODES = {"DEMI_HOST=pc7.cern.ch demi plan": 1}
# These go on until they are told to end; what they say when they live, and their status then.
LASTING = {
    "demi registrator": ("registered at|in step|keys:|starting", signal.SIGTERM, 0),
    "demi ui": ("", signal.SIGINT, 130),
    "demi watch": ("felix/api|appeared", signal.SIGINT, 130),
    "demi ls --watch": ("felix\tapi", signal.SIGINT, 130),
}
# How to have each command print all of its fields.
WITH_FIELDS = {
    "demi ls": "ls",
    "demi health": "health felix/api",
    "demi tree": "tree",
    "demi show": "show felix/api",
    "demi dns": "dns felix/api",
    "demi kv ls": "kv ls",
    "demi kv get": "kv get demi/sr1_lls/felix/api/url",
    "demi kv export": "kv export --all",
    "demi kv import": f"kv import {CONTAINER}.json --dry-run",
    "demi explain": "explain",
    "demi plan": "plan --host pc9.cern.ch",
    "demi lint": f"lint {BAD}",
    "demi problems": "problems",
    "demi doctor": "doctor",
}
LINES = sorted(command_lines(), key=lambda line: line.text.startswith("demi registrator"))


class Shell:
    """A person's shell in a folder of their own, beside the FELIX example."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        programs = folder / "bin"
        self.environ = {
            # NiceGUI would think that it is tested.
            **{k: v for k, v in world.environ.items() if not k.startswith("PYTEST_")},
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "HOME": str(folder),
        }
        programs.mkdir()
        inspected = json.dumps([world.docker.api.inspect_container(CONTAINER)])
        (folder / "inspected.json").write_text(inspected)
        stand_in = f"#!/bin/sh\nexec cat {folder / 'inspected.json'}\n"
        for name, text in {"demi": PROGRAM, "docker": stand_in}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        shutil.copy(ROOT / "examples" / "felix" / COMPOSE, folder)
        (folder / BAD).write_text(
            (folder / COMPOSE).read_text().replace('port: "8000"', 'port: "x"')
        )
        (folder / "demi.yaml").write_text("resync: 30\n")
        (folder / f"{CONTAINER}.json").write_text('{"demi/sr1_lls/felix/api/run": "7"}')

    def start(self, line: str) -> "subprocess.Popen[str]":
        """Begin to run a line."""
        return subprocess.Popen(
            ["bash", "-c", f"set -o pipefail; {line}"],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture(scope="module")
def shell(
    engine: PrivateEngine, consul_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    """The example is registered and healthy."""
    folder = tmp_path_factory.mktemp("documents")
    extra = {"node_name": "testnode"}
    with ConsulServer(consul_binary, folder / "c", extra=extra, log=folder / "log") as server:
        world = World(engine, server, folder)
        try:
            world.start_registrator("--namespace", "sr1_lls")
            labels = felix_labels(
                "api", health="/health", url_postfix="/docs", health_interval="1s"
            )
            ui = felix_labels("ui", port=3000, health_interval="1s")
            world.run(labels | ui, name=CONTAINER)
            eventually(lambda: world.demi("health", "felix/*").returncode, 0)
            yield Shell(world, folder)
        finally:
            world.close()


def test_json_has_the_fields_that_are_documented(shell: Shell) -> None:
    """No more and no less, where there is something in each."""
    documented = documented_fields()
    assert documented.keys() == {*WITH_FIELDS, "demi watch"}
    bad = shell.world.run(felix_labels("bad", protocol="javascript"))
    eventually(lambda: "bad-protocol" in shell.world.demi("problems").stdout, expected=True)
    for command, arguments in WITH_FIELDS.items():
        process = shell.start(f"demi {arguments} -o json 2>/dev/null")
        printed, _ = process.communicate(timeout=60)
        assert fields_of(json.loads(printed), documented[command]) == documented[command], command
    process = shell.start("exec demi watch -o json")
    assert process.stdout
    first: Any = json.loads(process.stdout.readline())
    assert fields_of(first, documented["demi watch"]) == documented["demi watch"]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    bad.remove(force=True)
    eventually(lambda: shell.world.demi("problems").returncode, 0)


def test_documents_have_command_lines() -> None:
    """Of all pages that had some when this was written: else nobody looks any more."""
    found = {line.where.partition(":")[0] for line in LINES}
    assert found >= {"README.md", "cli.md", "configuration.md", "labels.md", "operations.md"}
    assert len(LINES) > 50


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.where} {line.text}")
def test_a_documented_line_does_what_it_should(shell: Shell, line: Line) -> None:
    """It ends with the status that it should have, or lives until it is told to end."""
    text = line.text
    for word, own in PLACES.items():
        text = text.replace(word, own)
    assert not PLACEHOLDER.search(text), f"{line.where}: say what this stands for: {text}"
    lasting = [each for each in LASTING if text.startswith(each)]
    if lasting and "registrator" in text:
        shell.world.stop_registrators()
    process = shell.start(f"exec {text}" if lasting else text)
    try:
        if lasting:
            says, number, code = LASTING[lasting[0]]
            _see_alive(process, says)
            process.send_signal(number)
        else:
            code = CODES.get(text, 0)
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == code, printed
        assert "Traceback" not in printed
    finally:
        process.kill()
        process.communicate()


def _see_alive(process: "subprocess.Popen[str]", says: str) -> None:
    """Wait until it says what it says when it lives; the page, until it answers."""
    if says:
        assert process.stdout
        assert any(re.search(says, line) for line in process.stdout)
        return
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{UI_PORT}/").close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    process.kill()
    raise AssertionError(process.communicate()[0])

"""What a start of the command loads: no more than it needs, since people wait for it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from pkgutil import iter_modules
from threading import Thread

import pytest

from demi_cli import commands
from demi_cli.app import COMMANDS
from demi_cli.lazy import Lazy, lazy_app, load
from models.command import Demi

# A group whose module is not among the commands.
KV_PACKAGE = "models"
KV = Lazy("kv", "key_commands:app", "Look at keys and change them.")

NEVER = {"docker", "nicegui", "rich"}
SERVICE = {
    "ID": "a",
    "Port": 1,
    "Meta": {
        "demi_site": "s",
        "demi_stack": "t",
        "demi_service": "v",
        "demi_url": "http://pc1:1",
    },
}
ANSWERS = {
    "/v1/health/state/any": [],
    "/v1/health/service/s-t-v": [{"Node": {"Node": "n1"}, "Service": SERVICE, "Checks": []}],
    "/v1/catalog/nodes": [{"Node": "n1"}],
    "/v1/catalog/node/n1": {"Services": {"a": SERVICE}},
    "/v1/kv/demi/": ["demi/s/t/v/host"],
}


class Answering(BaseHTTPRequestHandler):
    """As Consul answers."""

    def do_GET(self) -> None:
        """One of the answers."""
        body = json.dumps(ANSWERS[self.path.partition("?")[0]]).encode()
        self.send_response(200)
        self.send_header("X-Consul-Index", "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Where something answers as Consul does."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def run(*arguments: str, **environ: str) -> tuple[str, set[str]]:
    """What the command prints, and the packages that it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "demi_cli", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    names = (line.rpartition("|")[2].strip() for line in done.stderr.splitlines())
    return done.stdout, {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["version"]])
def test_what_asks_nobody_loads_next_to_nothing(arguments: list[str]) -> None:
    """Typer itself is most of such a start."""
    _, loaded = run(*arguments)
    assert "typer" in loaded
    assert not loaded & {*NEVER, "requests", "consul", "yaml", "json", "pydantic"}


def test_a_look_up_loads_what_speaks_with_consul_and_no_more(address: str) -> None:
    """Pydantic, which Typer would convert arguments with, takes as long as Typer."""
    out, loaded = run("url", "s/t/v", "--consul-addr", address)
    assert out == "http://pc1:1\n"
    assert not loaded & {*NEVER, "yaml", "pydantic"}


@pytest.mark.parametrize("form", ["table", "wide", "name", "json"])
def test_a_piped_list_loads_no_rich(address: str, form: str) -> None:
    """A choice is made without pydantic as well."""
    out, loaded = run("ls", "-o", form, CONSUL_HTTP_ADDR=address)
    assert "t" in out
    assert not loaded & {*NEVER, "yaml", "pydantic"}


@pytest.mark.parametrize(
    "shell",
    [
        {"_DEMI_COMPLETE": "complete_bash", "COMP_WORDS": "demi\nurl\n", "COMP_CWORD": "2"},
        {"_DEMI_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "demi url "},
        {
            "_DEMI_COMPLETE": "complete_fish",
            "_TYPER_COMPLETE_ARGS": "demi url ",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        },
    ],
    ids=lambda shell: shell["_DEMI_COMPLETE"],
)
def test_completion_of_a_service_loads_no_rich(address: str, shell: dict[str, str]) -> None:
    """Whatever the shell."""
    _, loaded = run(**shell, CONSUL_HTTP_ADDR=address)
    assert "requests" in loaded  # Consul was asked
    assert not loaded & {*NEVER, "yaml", "pydantic"}


@pytest.mark.parametrize("words", ["demi ", "demi u", "demi url --"])
def test_completion_of_a_word_of_ours_loads_no_rich(words: str) -> None:
    """Typer loads it for descriptions: there are none."""
    out, loaded = run(_DEMI_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=words)
    assert "_arguments" in out
    assert not loaded & {*NEVER, "yaml", "pydantic", "requests"}


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_the_line_in_the_help_is_the_first_of_the_docstring(entry: Lazy) -> None:
    """It is said twice, so that help loads no command; it must be the same."""
    command = load(entry)
    assert command.help.splitlines()[0] == entry.help


def test_every_module_of_a_command_is_in_a_table() -> None:
    """What is not listed can't be run."""
    folder = Path(str(commands.__path__[0]))
    modules = {module.name for module in iter_modules([str(folder)])}
    assert modules == {entry.where.partition(":")[0] for entry in COMMANDS}


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_has_its_help(demi: Demi, entry: Lazy) -> None:
    """By both options, with its own description."""
    result = demi(entry.name, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: demi {entry.name}")
    assert demi(entry.name, "-h") == result


def test_no_command_is_help() -> None:
    """On standard error, as wrong usage."""
    done = subprocess.run(
        [sys.executable, "-m", "demi_cli"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert all(f"  {entry.name} " in done.stdout + done.stderr for entry in COMMANDS)


def test_a_mistyped_command_comes_with_near_ones(demi: Demi) -> None:
    """And with where help is."""
    result = demi("problem")
    assert (result.code, result.out) == (2, "")
    assert "No such command 'problem'. Did you mean 'problems'?" in result.err
    assert "'demi -h'" in result.err


@pytest.fixture
def grouped(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command with a group; what it prints on either stream."""
    app = lazy_app("demi", "Everything.", [KV], KV_PACKAGE)

    def call(*arguments: str) -> str:
        with pytest.raises(SystemExit):
            app(arguments, prog_name="demi")
        return "".join(capsys.readouterr())

    return call


def test_a_group_may_hold_commands(grouped: Callable[..., str]) -> None:
    """With help, near names and arguments of their own."""
    assert "Look at keys" in grouped("-h")
    assert "Remove keys." in grouped("kv", "-h")
    assert "Usage: demi kv put" in grouped("kv", "put", "-h")
    assert "Did you mean 'put'?" in grouped("kv", "putt")
    assert grouped("kv", "put", "a", "b") == "put a b\n"
    assert grouped("kv", "rm", "a", "b", "--force") == "rm ['a', 'b'] True\n"
    assert "Missing argument" in grouped("kv", "rm")


def test_the_line_of_a_group_is_that_of_its_own_help() -> None:
    """As of a command."""
    assert load(KV, KV_PACKAGE).help == KV.help

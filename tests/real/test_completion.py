"""The Tab key in a real bash, with names out of a real Consul."""

import os
import pty
import re
import select
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demi_local.consul import ConsulServer

PROGRAM = f"""#!{sys.executable}
import sys
from demi_cli.__main__ import main
sys.exit(main())
"""
PROMPT = b"ready> "

Type = Callable[[str, str], None]


@pytest.fixture
def environ(consul: ConsulServer, tmp_path: Path) -> dict[str, str]:
    """A person's, with `demi` among the programs and a Consul that has three services."""
    for path in ("felix/api/host", "felix/api/port", "felix/web-ui/host", "daq/run/host"):
        url = f"http://{consul.http_address}/v1/kv/demi/sr1_lls/{path}"
        urllib.request.urlopen(urllib.request.Request(url, b"x", method="PUT")).close()
    program = tmp_path / "bin" / "demi"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    (tmp_path / "bashrc").write_text(
        f"PS1='{PROMPT.decode()}'\nbind 'set enable-bracketed-paste off' 'set bell-style none'\n"
        'eval "$(demi --show-completion bash)"\n'
    )
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TERM": "dumb",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "CONSUL_HTTP_ADDR": consul.http_address,
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",  # so the shell can be named
    }


@pytest.fixture
def typed(environ: dict[str, str], tmp_path: Path) -> Iterator[Type]:
    """Types into a bash, and looks until the line has become what is expected."""
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        ["bash", "--rcfile", tmp_path / "bashrc", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
        cwd=tmp_path,
        start_new_session=True,
    )
    os.close(theirs)
    seen = bytearray()

    def wait_for(expected: bytes, meanwhile: bytes = b"") -> None:
        deadline = time.monotonic() + 30
        while expected not in seen and time.monotonic() < deadline:
            if select.select([ours], [], [], 3)[0]:
                seen.extend(os.read(ours, 4096))
            else:
                os.write(ours, meanwhile)
        assert expected in seen, bytes(seen)

    def type_in(line: str, expected: str) -> None:
        wait_for(PROMPT)
        seen.clear()
        os.write(ours, line.encode())
        # On a busy machine Consul may be too slow for the first one.
        wait_for(expected.encode(), b"\t" if line.endswith("\t") else b"")
        os.write(ours, b"\x15\n")  # an empty line, and the next prompt

    try:
        yield type_in
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)


def test_a_name_is_completed(typed: Type) -> None:
    """As far as it is sure, then to its end with a space."""
    typed("demi url sr1_lls/f\t", "demi url sr1_lls/felix/")
    typed("demi url sr1_lls/felix/w\t", "demi url sr1_lls/felix/web-ui ")


def test_all_names_are_shown(typed: Type) -> None:
    """By another Tab, once what they share is there."""
    typed("demi url \t\t\t", "sr1_lls/felix/web-ui")


def test_an_address_on_the_line_is_no_obstacle(typed: Type, environ: dict[str, str]) -> None:
    """Its colon takes bash's words apart."""
    address = environ["CONSUL_HTTP_ADDR"]
    for given in (f"--consul-addr={address}", f"--consul-addr {address}"):
        typed(f"demi url {given} sr1_lls/d\t", f"demi url {given} sr1_lls/daq/run ")


def test_commands_and_choices_are_completed(typed: Type) -> None:
    """Behind an equals sign, too."""
    typed("demi pro\t", "demi problems ")
    typed("demi ls --output=w\t", "demi ls --output=wide ")


def test_a_consul_that_is_away_leaves_the_line_alone(typed: Type, consul: ConsulServer) -> None:
    """No name, no message."""
    consul.stop()
    typed("demi url sr1_lls/f\t-and-on", "demi url sr1_lls/f-and-on")


@pytest.mark.parametrize(
    ("shell", "asked", "offered"),
    [
        ("zsh", {}, r"_arguments .*sr1_lls/felix/api.*sr1_lls/felix/web-ui"),
        ("fish", {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}, r"^sr1_lls/felix/api\n.*/web-ui$"),
    ],
)
def test_other_shells_are_answered(
    environ: dict[str, str], shell: str, asked: dict[str, str], offered: str
) -> None:
    """By what their scripts ask."""
    asks = {"_DEMI_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "demi url sr1_lls/f"}
    done = subprocess.run(
        ["demi"], env={**environ, **asks, **asked}, capture_output=True, text=True, check=True
    )
    assert re.search(offered, done.stdout.strip(), re.DOTALL)
    assert done.stderr == ""

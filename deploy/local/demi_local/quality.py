"""`./dev check` and `./dev test`: every check runs, then the sum of them is told."""

import os
import subprocess
import time

from demi_local import apt, paths
from demi_local.compose import find_or_install_compose
from demi_local.consul import find_or_install_consul
from demi_local.engine import find_or_install_dockerd
from demi_local.errors import LocalError
from demi_local.example import find_busybox
from demi_local.progress import Say

_STATIC = (
    ("ruff check", ["ruff", "check", "."]),
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("mypy", ["mypy"]),
    ("lint-imports", ["lint-imports"]),
)


def check(arguments: list[str], say: Say) -> None:
    """Run what needs no root and no servers."""
    _run_all(("fast tests", ["pytest", "-q", "-m", "not real", *arguments]), say)


def test(arguments: list[str], say: Say) -> None:
    """Run everything, with a real Docker Engine and a real Consul."""
    if os.geteuid() != 0:
        raise LocalError("the tests start a Docker Engine of their own, which takes root")
    prepare(say)
    _run_all(("tests", ["pytest", *arguments]), say)


def prepare(say: Say) -> None:
    """Install what the tests need beside the Python environment."""
    find_or_install_dockerd(say)
    if paths.find_program("dig") is None:
        apt.install(["bind9-dnsutils"], say)
    find_or_install_consul(say)
    find_or_install_compose(say)
    find_busybox(say)
    say("dockerd, consul, docker-compose, busybox and dig are there")


def _run_all(tests: tuple[str, list[str]], say: Say) -> None:
    env = {**os.environ, "PATH": f"{paths.VENV / 'bin'}{os.pathsep}{paths.system_path()}"}
    failed, summary = [], []
    for name, command in (*_STATIC, tests):
        say(f"{name}: {' '.join(command)}")
        began = time.monotonic()
        program = paths.VENV / "bin" / command[0]
        code = subprocess.run(
            [program, *command[1:]], cwd=paths.ROOT, env=env, stdin=subprocess.DEVNULL, check=False
        ).returncode
        word = "passed" if code == 0 else f"FAILED (exit code {code})"
        summary.append(f"  {name:14} {word:24} {time.monotonic() - began:6.1f} s")
        if code:
            failed.append(name)
    print("\n" + "\n".join(summary), flush=True)
    if failed:
        raise LocalError(f"failed: {', '.join(failed)}")
    say("All passed.")

"""`./dev check` and `./dev test`: every check runs, then the sum of them is told."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from demi_local import apt, interrupts, paths
from demi_local.chromium import find_or_install_chromium
from demi_local.compose import find_or_install_compose
from demi_local.consul import find_or_install_consul
from demi_local.engine import find_or_install_dockerd
from demi_local.errors import LocalError
from demi_local.example import find_busybox
from demi_local.progress import Say

# A private engine takes up to 20 s to stop; the tests have two or three at a time.
_CLEANUP_S = 60.0
_STATIC = (
    ("ruff check", ["ruff", "check", "."]),
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("mypy", ["mypy"]),
    ("lint-imports", ["lint-imports"]),
)


def check(arguments: list[str], say: Say) -> None:
    """Run what needs no root and no servers."""
    _run_all(("fast tests", ["pytest", "-q", "-n", "2", "-m", "not real", *arguments]), say)


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
    find_or_install_chromium(say)
    say("dockerd, consul, docker-compose, busybox, dig and chromium are there")


def _run_all(tests: tuple[str, list[str]], say: Say) -> None:
    interrupts.catch()
    env = {**os.environ, "PATH": f"{paths.VENV / 'bin'}{os.pathsep}{paths.system_path()}"}
    failed, summary = [], []
    for name, command in (*_STATIC, tests):
        say(f"{name}: {' '.join(command)}")
        began = time.monotonic()
        program = paths.VENV / "bin" / command[0]
        code = run_step([program, *command[1:]], env, say)
        word = "passed" if code == 0 else f"FAILED (exit code {code})"
        summary.append(f"  {name:14} {word:24} {time.monotonic() - began:6.1f} s")
        if code:
            failed.append(name)
    print("\n" + "\n".join(summary), flush=True)
    if failed:
        raise LocalError(f"failed: {', '.join(failed)}")
    say("All passed.")


def run_step(
    command: Sequence[str | Path],
    env: Mapping[str, str],
    say: Say,
    cleanup_s: float = _CLEANUP_S,
) -> int:
    """Run one command to its end; return its exit code.

    Where this run is interrupted, the command is too, and has `cleanup_s` to clean up before
    it is killed; then `Interrupted` goes on. Needs `interrupts.catch`.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        with interrupts.held():
            # Out of reach of the terminal's Ctrl-C: a second one would stop pytest's cleanup.
            process = subprocess.Popen(
                command,
                cwd=paths.ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        return process.wait()
    except interrupts.Interrupted:
        if process is not None:
            _interrupt(process, Path(command[0]).name, say, cleanup_s)
        raise


def _interrupt(process: subprocess.Popen[bytes], name: str, say: Say, cleanup_s: float) -> None:
    if process.poll() is None:
        print(flush=True)
        say(f"interrupted; {name} has {cleanup_s:.0f} s to clean up")
        # All of its group, once, as a terminal would: tests start programs, too.
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(cleanup_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            say(f"Interrupted. {name} did not clean up and was killed: what it started may run on.")
            return
    say(f"Interrupted. {name} has ended.")

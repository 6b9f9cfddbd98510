"""Children are started, watched and ended by their process id."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demi_local import interrupts, paths, quality, up
from demi_local.errors import LocalError
from demi_local.ports import free_port, is_free
from demi_local.processes import (
    Process,
    ending,
    record_pid,
    recorded_pid,
    started_at,
    telling,
)


def test_lines_are_passed_through_and_the_last_ones_kept(tmp_path: Path) -> None:
    """What a child says reaches the terminal, and the message when it fails."""
    seen: list[str] = []
    process = Process("talker", tmp_path / "pid", on_line=seen.append)
    process.start(["sh", "-c", "echo one; echo two >&2; exit 3"])
    while process.running:
        time.sleep(0.01)
    assert process.last_lines() == seen == ["one", "two"]
    assert process.exit_code == 3
    process.stop()


def test_a_child_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    """Stopping always comes to an end."""
    seen: list[str] = []
    process = Process("stubborn", tmp_path / "pid", on_line=seen.append)
    process.start(["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"])
    while not seen:
        time.sleep(0.01)
    process.stop(grace_s=0.2)
    assert process.exit_code == -signal.SIGKILL
    assert not (tmp_path / "pid").exists()


def test_a_killed_runs_child_is_ended_by_the_next_run(tmp_path: Path) -> None:
    """The pid file is enough to find it."""
    log = tmp_path / "log"
    first = Process("sleeper", tmp_path / "pid", log=log)
    first.start(["sleep", "60"])
    second = Process("sleeper", tmp_path / "pid", log=log)
    assert second.end_leftover()
    assert first.exit_code == -signal.SIGTERM
    assert not second.end_leftover()


def test_a_process_id_that_was_used_again_is_not_ours(tmp_path: Path) -> None:
    """The start time tells two processes of one id apart."""
    pid_file = tmp_path / "pid"
    record_pid(pid_file, os.getpid())
    assert recorded_pid(pid_file) == os.getpid()
    pid_file.write_text(f"{os.getpid()} {started_at(os.getpid()) + 1}\n")
    assert recorded_pid(pid_file) is None
    pid_file.write_text("garbage")
    assert recorded_pid(pid_file) is None


def test_a_dead_process_nobody_reaped_counts_as_gone() -> None:
    """A zombie keeps its id, but nothing runs there."""
    with subprocess.Popen(["true"]) as process:
        deadline = time.monotonic() + 5
        while started_at(process.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert started_at(process.pid) == 0


def test_a_missing_program_is_an_error_in_words(tmp_path: Path) -> None:
    """The message names the part that could not be started."""
    process = Process("registrator", tmp_path / "pid", log=tmp_path / "log")
    with pytest.raises(LocalError, match="registrator could not be started"):
        process.start([tmp_path / "nothing"])


@pytest.fixture
def caught_signals() -> Iterator[None]:
    """Catch the signals as a run does, and give the test runner its own back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    interrupts.catch()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_waits_while_a_child_is_being_started(caught_signals: None) -> None:
    """Nothing is ever started that nobody would stop."""
    reached = []

    def start_a_child() -> None:
        with interrupts.held():
            os.kill(os.getpid(), signal.SIGTERM)
            reached.append(True)

    with pytest.raises(interrupts.Interrupted):
        start_a_child()
    assert reached


def test_a_second_signal_does_not_disturb_the_end(
    caught_signals: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C twice still stops everything in order."""
    with pytest.raises(interrupts.Interrupted):
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    assert "Still stopping" in capsys.readouterr().out


_CLEANS_UP = """
import signal, sys, time
from pathlib import Path

def clean_up(*_):
    with Path(sys.argv[1]).open("a") as file:
        file.write("asked ")
        file.flush()
        time.sleep(1)
        file.write("cleaned up ")
    sys.exit(2)

signal.signal(signal.SIGINT, clean_up)
Path(sys.argv[1]).write_text("up ")
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_step_gets_the_time_to_clean_up(
    number: signal.Signals,
    tmp_path: Path,
    caught_signals: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is asked once, however often the user asks, and waited for."""
    seen = tmp_path / "seen"

    def interrupt_twice() -> None:
        for begun in ("up", "asked"):
            while not (seen.exists() and begun in seen.read_text()):
                time.sleep(0.01)
            os.kill(os.getpid(), number)

    user = threading.Thread(target=interrupt_twice)
    user.start()
    with pytest.raises(interrupts.Interrupted):
        quality.run_step([sys.executable, "-c", _CLEANS_UP, str(seen)], os.environ, print)
    user.join()
    assert seen.read_text() == "up asked cleaned up "
    assert "Interrupted. python" in capsys.readouterr().out


def test_a_step_that_does_not_heed_an_interrupt_is_killed(
    tmp_path: Path, caught_signals: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stopping always comes to an end, and the last line says what that may leave."""
    seen = tmp_path / "seen"
    script = f"trap '' INT; : >{seen}; while :; do sleep 0.1; done"

    def interrupt() -> None:
        while not seen.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    user = threading.Thread(target=interrupt)
    user.start()
    with pytest.raises(interrupts.Interrupted):
        quality.run_step(["sh", "-c", script], os.environ, print, cleanup_s=0.3)
    user.join()
    assert "was killed" in capsys.readouterr().out


def test_a_step_that_ends_by_itself_gives_its_exit_code() -> None:
    """Zero or not."""
    assert quality.run_step(["sh", "-c", "exit 3"], os.environ, print) == 3


def test_lines_that_tell_of_trouble_go_before_newer_ones() -> None:
    """A killed engine's containerd goes on to log what it does."""
    noise = [f'time="x" level=info msg="shim {n}"' for n in range(20)]
    trouble = 'time="x" level=error msg="no space left"'
    assert telling([trouble, *noise]) == [trouble]
    assert telling(noise) == noise[-15:]


def test_a_clone_that_somebody_else_has_used_is_told_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the folder, the owner and the way out."""

    def refuse(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(paths, "STATE", tmp_path)
    monkeypatch.setattr(Path, "open", refuse)
    with (
        pytest.raises(LocalError, match=f"{tmp_path} belongs to .*clone of your own"),
        up.only_run(),
    ):
        pass


def test_free_ports_are_free_and_differ() -> None:
    """Several servers can be given ports before the first one is started."""
    ports = {free_port() for _ in range(20)}
    assert len(ports) == 20
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert not is_free(server.getsockname()[1])


def test_an_ending_is_told_as_people_know_it() -> None:
    """Negative exit codes are signals."""
    assert (ending(1), ending(-9)) == ("exit code 1", "signal 9")

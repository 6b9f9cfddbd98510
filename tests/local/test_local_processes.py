"""Children are started, watched and ended by their process id."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demi_local import interrupts
from demi_local.errors import LocalError
from demi_local.ports import free_port, is_free
from demi_local.processes import Process, ending, record_pid, recorded_pid, started_at


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

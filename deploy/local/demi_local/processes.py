"""The programs that this package starts, ends and watches: by process id, never by name."""

import os
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from demi_local import interrupts
from demi_local.errors import LocalError

_POLL_S = 0.05
_LAST_LINES = 15
# Trouble is looked for this far back: about what an engine logs while it starts and ends.
_TROUBLE_WITHIN = 200
_TROUBLE = re.compile(r"\blevel=(warning|error|fatal|panic)\b")


class Process:
    """One program that runs until it is stopped.

    Its output goes to `log`, or line by line to `on_line`. Its id is kept in `pid_file` with
    the time it was started at, so that a later run can end what a killed one left.
    """

    def __init__(
        self,
        name: str,
        pid_file: Path,
        *,
        log: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self._pid_file = pid_file
        self._log = log
        self._on_line = on_line
        self._process: subprocess.Popen[bytes] | None = None
        self._recent: deque[str] = deque(maxlen=_LAST_LINES)
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """Return the process id; LocalError where it was not started."""
        if self._process is None:
            raise LocalError(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Tell whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Return what it ended with; None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    def start(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
        """Start the program in a session of its own, out of reach of the terminal's Ctrl-C."""
        self.end_leftover()
        self._pid_file.parent.mkdir(parents=True, exist_ok=True)
        if self._on_line is not None:
            self._spawn(command, env, subprocess.PIPE)
            self._reader = threading.Thread(target=self._read, daemon=True, name=self.name)
            self._reader.start()
            return
        log = self._log or Path(os.devnull)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as sink:
            self._spawn(command, env, sink.fileno())

    def stop(self, grace_s: float = 10.0) -> None:
        """End the program with SIGTERM, after `grace_s` with SIGKILL. No error when it is gone."""
        self._end(signal.SIGTERM, grace_s)

    def kill(self) -> None:
        """End the program as a crash would."""
        self._end(signal.SIGKILL, 10.0)

    def end_leftover(self, grace_s: float = 10.0) -> bool:
        """End what an earlier, killed run left; tell whether there was something."""
        pid = None if self.running else recorded_pid(self._pid_file)
        if pid is not None:
            end_pid(pid, grace_s)
        return pid is not None

    def last_lines(self) -> list[str]:
        """Return the newest lines it printed: of an engine's log those that tell of trouble."""
        if self._on_line is not None:
            if self._reader is not None:
                self._reader.join(timeout=1)
            return list(self._recent)
        return telling(tail(self._log, _TROUBLE_WITHIN)) if self._log else []

    def _spawn(
        self, command: Sequence[str | Path], env: Mapping[str, str] | None, sink: int
    ) -> None:
        with interrupts.held():
            try:
                self._process = subprocess.Popen(
                    [str(word) for word in command],
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    env=None if env is None else dict(env),
                    start_new_session=True,
                )
            except OSError as error:
                raise LocalError(f"{self.name} could not be started: {error}") from error
            record_pid(self._pid_file, self._process.pid)

    def _read(self) -> None:
        process, on_line = self._process, self._on_line
        if process is None or process.stdout is None or on_line is None:
            return
        with process.stdout as lines:
            for raw in lines:
                line = raw.decode(errors="replace").rstrip()
                self._recent.append(line)
                on_line(line)

    def _end(self, number: signal.Signals, grace_s: float) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(grace_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._reader is not None:
            self._reader.join(timeout=1)
        self._pid_file.unlink(missing_ok=True)


def record_pid(pid_file: Path, pid: int) -> None:
    """Write down a process id with its start time, since ids are used again."""
    pid_file.write_text(f"{pid} {started_at(pid)}\n")


def recorded_pid(pid_file: Path) -> int | None:
    """Return the recorded process id if that very process still runs."""
    try:
        pid, started = (int(word) for word in pid_file.read_text().split())
    except (OSError, ValueError):
        return None
    return pid if started and started_at(pid) == started else None


def started_at(pid: int) -> int:
    """Return the start time of a live process in clock ticks since boot, 0 when it is gone.

    Source: proc(5), `/proc/PID/stat`: field 3 is the state, field 22 the start time.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in {"Z", "X"} else int(fields[19])


def end_pid(pid: int, grace_s: float) -> None:
    """End a process that is not a child of ours: SIGTERM, then SIGKILL."""
    started = started_at(pid)
    for number, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + patience_s
        if started and started_at(pid) == started:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return
            except PermissionError as error:
                raise LocalError(
                    f"process {pid} was left by an earlier run of another user; end it first"
                ) from error
        while started and started_at(pid) == started and time.monotonic() < deadline:
            time.sleep(_POLL_S)


def wait_until(ready: Callable[[], bool], timeout_s: float, alive: Callable[[], bool]) -> bool:
    """Poll until it is ready; False after the timeout, or as soon as it is no longer alive."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if ready():
            return True
        if not alive():
            return False
        time.sleep(_POLL_S)
    return ready()


def tail(log: Path, count: int = _LAST_LINES) -> list[str]:
    """Return the newest lines of a log file."""
    try:
        with log.open(encoding="utf-8", errors="replace") as lines:
            return [line.rstrip() for line in deque(lines, maxlen=count)]
    except OSError:
        return []


def telling(lines: Sequence[str]) -> list[str]:
    """Return the newest lines above level info, else the newest ones.

    Docker's and containerd's lines carry `level=info`; other programs' lines have no level.
    """
    return ([line for line in lines if _TROUBLE.search(line)] or list(lines))[-_LAST_LINES:]


def ending(exit_code: int) -> str:
    """Say how a process ended. Source: Python's subprocess, `returncode`."""
    return f"exit code {exit_code}" if exit_code >= 0 else f"signal {-exit_code}"


def indent(lines: Sequence[str]) -> str:
    """Lay out log lines below a sentence."""
    return "".join(f"\n    {line}" for line in lines)

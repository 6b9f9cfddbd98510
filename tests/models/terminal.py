"""A terminal with the command in it: what it is shown, key by key and frame by frame."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from models.place import PROGRAM, environment

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_HOME = "\x1b[H"  # where rich begins to draw a screen anew
FULL_SCREEN, BACK = "\x1b[?1049h", "\x1b[?1049l"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_LINES = 24


class Terminal:
    """One that is so many characters wide, and the command that runs in it."""

    def __init__(self, width: int, arguments: tuple[str, ...], settings: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, width, 0, 0))
        self.modes = termios.tcgetattr(theirs)
        self._theirs = theirs
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *PROGRAM, *arguments],  # so that keys are signals
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(**settings),
        )
        self._received = bytearray()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def raw(self) -> str:
        """All that came, with our own escape sequences."""
        return self._received.decode(errors="replace").replace("\r\n", "\n")

    @property
    def screen(self) -> str:
        """What stands on the screen now: the last frame, or all that was printed."""
        return _STYLE.sub("", self.raw.rpartition(_HOME)[2])

    def shows(self, *texts: str, within_s: float = 20.0) -> None:
        """Wait until all of these stand on the screen."""
        deadline = time.monotonic() + within_s
        while not all(text in self.screen for text in texts) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert all(text in self.screen for text in texts), (texts, self.screen)

    def shows_no(self, text: str, within_s: float = 20.0) -> None:
        """Wait until this stands on the screen no more."""
        deadline = time.monotonic() + within_s
        while text in self.screen and time.monotonic() < deadline:
            time.sleep(0.05)
        assert text not in self.screen, self.screen

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        """Wait for its end; the exit status."""
        code = self.process.wait(timeout=20)
        assert termios.tcgetattr(self._theirs) == self.modes
        return code

    def close(self) -> None:
        """End what still runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._theirs)
        self._reader.join()
        os.close(self._ours)

    def _read(self) -> None:
        try:
            while some := os.read(self._ours, 65536):
                self._received.extend(some)
        except OSError:  # so a terminal ends on Linux
            return


@contextmanager
def on_a_terminal(width: int, *arguments: str, **settings: str) -> Iterator[Terminal]:
    """The command on a terminal."""
    terminal = Terminal(width, arguments, settings)
    try:
        yield terminal
    finally:
        terminal.close()

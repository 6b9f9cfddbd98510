"""Ctrl-C, SIGTERM and SIGHUP as one exception that cannot strike while a child is born."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked the run to end. Like KeyboardInterrupt, no error."""


class _State:
    held = False
    pending = False
    ending = False


def catch() -> None:
    """Turn the three signals into `Interrupted`, from now on."""
    _State.ending = False
    for number in _SIGNALS:
        signal.signal(number, _on_signal)


def ignore() -> None:
    """Ignore the three signals: the run is ending, and is to end in order."""
    _State.ending = True


@contextmanager
def held() -> Iterator[None]:
    """Put signals off, so that a process that was started is also written down."""
    _State.held = True
    try:
        yield
    finally:
        _State.held = False
        if _State.pending:
            _State.pending = False
            _end()


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    if _State.ending:
        print("Still stopping; a few seconds, please.", flush=True)
    elif _State.held:
        _State.pending = True
    else:
        _end()


def _end() -> None:
    # A second signal must not strike what the first one set off.
    _State.ending = True
    raise Interrupted

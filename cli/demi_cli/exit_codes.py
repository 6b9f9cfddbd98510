"""What the command's exit status means."""

from enum import IntEnum

from demi_adapters.errors import (
    ConfigurationError,
    DemiError,
    KeyHeld,
    NotFound,
    PermissionDenied,
    TransientError,
    WaitTimedOut,
)


class ExitCode(IntEnum):
    """Stable: scripts rely on these numbers."""

    OK = 0
    NO = 1  # the answer is no: there are findings, or there is work to do
    USAGE = 2
    NOT_FOUND = 3
    UNREACHABLE = 4
    DENIED = 5
    TIMED_OUT = 124  # as timeout(1) has it
    INTERRUPTED = 130


def exit_code_of(error: DemiError) -> ExitCode:
    """The status for an error that ends a command."""
    match error:
        case ConfigurationError():
            return ExitCode.USAGE
        case NotFound():
            return ExitCode.NOT_FOUND
        case PermissionDenied() | KeyHeld():
            return ExitCode.DENIED
        case TransientError():
            return ExitCode.UNREACHABLE
        case WaitTimedOut():
            return ExitCode.TIMED_OUT
        case _:
            return ExitCode.NO

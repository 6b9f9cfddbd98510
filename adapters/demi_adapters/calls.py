"""Telling somebody of each call to the outside, and whether it failed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

OnCall = Callable[[bool], None]


def ignore(_failed: bool) -> None:
    """What to do about calls that nobody counts."""


@contextmanager
def counted(context: AbstractContextManager[None], on_call: OnCall) -> Iterator[None]:
    """Run in a context, and then tell `on_call` whether it failed."""
    failed = True
    try:
        with context:
            yield
        failed = False
    finally:
        on_call(failed)

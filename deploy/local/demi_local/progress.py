"""Progress for a person: one short line a step, with the seconds since the start."""

import time
from collections.abc import Callable

Say = Callable[[str], None]


class Progress:
    """Prints steps as `[  3 s] text`."""

    def __init__(self, since: float | None = None) -> None:
        self._start = time.time() if since is None else since

    def __call__(self, text: str) -> None:
        """Print one step."""
        print(f"[{time.time() - self._start:4.0f} s] {text}", flush=True)

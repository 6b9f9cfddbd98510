"""What a registrator counts about itself, for `/metrics`, `/healthz` and `/readyz`."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from demi_adapters.problems import Problem


class Tally:
    """Counts and states; safe to change and read from several threads.

    `failure` is what is wrong now, empty where all is well; times are seconds of the given clock.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.events: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.call_errors: Counter[str] = Counter()
        self.syncs: Counter[str] = Counter()
        self.sync_seconds: dict[str, float] = {}
        self.problems: Counter[str] = Counter()
        self.desired = 0
        self.registered = 0
        self.failing = 0
        self.failure = "has not looked at anything yet"
        self._synced_at: float | None = None
        self._busy_since: float | None = None

    @property
    def synced_ago_s(self) -> float | None:
        """Seconds since everything was in step last; None where it never was."""
        return None if self._synced_at is None else self._clock() - self._synced_at

    @property
    def busy_s(self) -> float:
        """Seconds for which one piece of work has been going on; 0 while waiting."""
        since = self._busy_since
        return 0.0 if since is None else self._clock() - since

    def count_event(self, action: str) -> None:
        """Count an event of the engine, by the action's first word."""
        self.events[action.partition(":")[0]] += 1

    def count_call(self, backend: str, *, failed: bool) -> None:
        """Count a call of `consul` or `docker`."""
        with self._lock:
            self.calls[backend] += 1
            self.call_errors[backend] += failed

    @contextmanager
    def timing(self, kind: str) -> Iterator[None]:
        """Time one sync, `full` or `part`."""
        started = self._busy_since = self._clock()
        try:
            yield
        finally:
            self._busy_since = None
            self.syncs[kind] += 1
            spent = self._clock() - started
            self.sync_seconds[kind] = self.sync_seconds.get(kind, 0.0) + spent

    def note_services(self, desired: int, registered: int, problems: Iterable[Problem]) -> None:
        """Note how many services there should be and are, and what is wrong."""
        self.desired, self.registered = desired, registered
        self.problems = Counter(problem.code.value for problem in problems)

    def note_failure(self, text: str, failing: int) -> None:
        """Note what is wrong, and how many services it concerns (0: all or none)."""
        self.failure, self.failing = text, failing

    def note_success(self) -> None:
        """Note that everything is in step."""
        self.failure, self.failing = "", 0
        self._synced_at = self._clock()

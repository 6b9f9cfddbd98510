"""What can be waited for, told once for callers with and without asyncio.

Each function here is a generator. It yields how many seconds it is willing to wait for the next
change, and its caller decides how to wait.
"""

import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from dataclasses import dataclass

from demi_adapters.directory import Instance
from demi_adapters.errors import ConfigurationError, WaitTimedOut
from demi_adapters.matching import no_such_service
from demi_adapters.mirror import Mirror
from demi_adapters.names import ServiceName
from demi_adapters.services import Change, Snapshot, changes_between

# Who does not look at changes for long gets the net change of what did not fit.
_MOST_PENDING = 100
# What a lock waits for at most is some 292 years, and infinity is longer.
_LONGEST_S = 3600.0

Waiting = Generator[float, None, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which services are meant; None stands for any."""

    site: str | None = None
    stack: str | None = None
    category: str | None = None

    def takes(self, instance: Instance) -> bool:
        """Whether an instance is meant."""
        return all(
            wanted in (None, getattr(instance, part))
            for part, wanted in (
                ("site", self.site),
                ("stack", self.stack),
                ("category", self.category),
            )
        )


class Feed:
    """The changes of a mirror from now on, for one reader.

    Snapshots are queued as they come, so that a slow reader misses nothing.
    """

    def __init__(self, mirror: Mirror, wake: Callable[[], None], wanted: Filter) -> None:
        self._mirror = mirror
        self._wake = wake
        self._wanted = wanted
        self._seen: Snapshot | None = None
        self._noted: Snapshot | None = None
        self._pending: deque[Snapshot] = deque(maxlen=_MOST_PENDING)
        self._lock = threading.Lock()
        self.close = mirror.listen(self._note)
        self._note()

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self._mirror.is_closed and not self._pending

    def changes(self) -> Iterable[Change]:
        """What has happened since the last call; the first time, all that there is appears."""
        while latest := self._next():
            before, self._seen = self._seen, latest
            for change in changes_between(before, self._seen):
                if self._wanted.takes(change.instance):
                    yield change

    def _next(self) -> Snapshot | None:
        with self._lock:
            return self._pending.popleft() if self._pending else None

    def _note(self) -> None:
        with self._lock:  # or an older one might be put after a newer one
            latest = self._mirror.latest
            if latest is not self._noted and latest is not None:
                self._pending.append(latest)
                self._noted = latest
        self._wake()


def healthy_ones(
    mirror: Mirror,
    names: Collection[ServiceName],
    timeout_s: float,
    clock: Callable[[], float],
    found: dict[ServiceName, Instance],
) -> Waiting:
    """Until each name has a healthy instance, which is then in `found`.

    Raises:
        WaitTimedOut: not in time; the message says what was seen last.
        ConfigurationError: `timeout_s` is no time.
    """
    if not timeout_s >= 0:
        raise ConfigurationError(f"a time-out of {timeout_s} s makes no sense.")
    deadline = clock() + timeout_s
    while True:
        snapshot = mirror.latest
        services = snapshot.services if snapshot else {}
        for name in names:
            found.pop(name, None)
            if name in services and services[name].is_healthy:
                found[name] = services[name].instances[0]
        remaining = deadline - clock()
        if len(found) == len(names):
            return
        if remaining <= 0 or mirror.is_closed:
            missing = [name for name in names if name not in found]
            raise WaitTimedOut(_what_was_seen(mirror, snapshot, missing, timeout_s))
        yield min(remaining, _LONGEST_S)


def _what_was_seen(
    mirror: Mirror, snapshot: Snapshot | None, missing: Iterable[ServiceName], timeout_s: float
) -> str:
    error = mirror.freshness.error
    if snapshot is None:
        return f"Consul did not answer within {timeout_s:g} s. {error or ''}".strip()
    lines = [_seen_of(name, snapshot) for name in missing]
    if error:
        lines.append(f"Consul has not answered for {mirror.freshness.age_s:.0f} s: {error}")
    return f"waited {timeout_s:g} s in vain. " + " ".join(lines)


def _seen_of(name: ServiceName, snapshot: Snapshot) -> str:
    services: Mapping[ServiceName, object] = snapshot.services
    if name not in services:
        return f"Last seen: {no_such_service(name.slashed, services)}"
    instance = snapshot.services[name].instances[0]
    where = instance.url or f"{instance.host}:{instance.port}"
    return f"Last seen: {name.slashed} at {where} is {instance.status}: {instance.reason}."

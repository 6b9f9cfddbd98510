"""A copy of the directory, kept up to date by two blocking queries whatever its size."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from demi_adapters.consul_reader import ConsulReader, look_again, read_services
from demi_adapters.directory import InstanceReader, in_order
from demi_adapters.errors import ConsulUnavailable, DemiError, RefusedError, TransientError
from demi_adapters.services import Snapshot

# A frozen agent is noticed when a query runs out of time, so the waits are short.
WAIT_S = 10.0
_RETRY_S = 0.5  # a guess: what a restarted Consul is noticed within
_FIRST_S = 0.1
_AT_ONCE = 0

Listener = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far a snapshot can be trusted.

    `age_s` counts seconds since Consul last confirmed it (up to about 11 s in quiet times);
    `error` is what has kept Consul from doing so since, None where all is well.
    """

    age_s: float
    error: DemiError | None


class Mirror:
    """Follows Consul in the background until closed. Safe to share between threads.

    Services and checks are two lists in Consul, each waited for by a thread. A service that is
    seen without checks is looked at again by itself, in one call that shows both at one moment.
    Of an index, None means that Consul may have restarted, and `_AT_ONCE` not to wait.
    """

    def __init__(self, consul: ConsulReader, clock: Callable[[], float]) -> None:
        self._consul = consul
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._errors: dict[str, DemiError] = {}
        self._confirmed = {"services": clock(), "checks": clock()}
        self._services: Mapping[str, list[dict[str, Any]]] = {}
        self._checks: list[dict[str, Any]] = []
        self._readings = 0
        self._reader = InstanceReader()
        self._checkless: set[tuple[str, str]] = set()
        self._is_closed = threading.Event()
        self._changed = threading.Condition()  # guards what is above
        self._publishing = threading.Lock()  # one reading at a time: none may overtake another
        self._listeners: list[Listener] = []
        self._threads = [
            threading.Thread(
                target=self._run, args=(what, watch), name=f"directory-{what}", daemon=True
            )
            for what, watch in (
                ("services", self._watch_services),
                ("checks", self._watch_checks),
            )
        ]

    def start(self) -> None:
        """Begin to follow; returns at once."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop following. Whoever listens is told, and `is_closed`."""
        self._is_closed.set()
        self._consul.shut_down()
        for thread in self._threads:
            thread.join()
        self._tell()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will happen."""
        return self._is_closed.is_set()

    @property
    def latest(self) -> Snapshot | None:
        """The last snapshot; None before the first."""
        return self._snapshot

    @property
    def freshness(self) -> Freshness:
        """How old the last snapshot is."""
        with self._changed:
            age_s = self._clock() - min(self._confirmed.values())
            return Freshness(age_s, next(iter(self._errors.values()), None))

    def snapshot(self) -> Snapshot:
        """The last snapshot; the first time, as soon as there is one.

        Raises:
            DemiError: there was none yet, and Consul can't be asked now.
        """
        if self._snapshot is not None:  # every look-up comes by here
            return self._snapshot
        with self._changed:
            self._changed.wait_for(lambda: self._snapshot or self._errors or self.is_closed)
            if self._snapshot is not None:
                return self._snapshot
            raise next(iter(self._errors.values()), ConsulUnavailable("the registry is closed."))

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call somebody, from another thread, after each change; returns how to stop that."""
        with self._changed:
            self._listeners.append(listener)
        return lambda: self._ignore(listener)

    def _ignore(self, listener: Listener) -> None:
        with self._changed:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _run(self, what: str, watch: Callable[[int], int | None]) -> None:
        index: int | None = None
        while not self.is_closed:
            try:
                if index is None:
                    self._consul.catch_up()
                    index = _AT_ONCE
                index = watch(index)
            except (TransientError, RefusedError) as error:
                index = None
                if not self.is_closed:
                    self._note(error, what)
                    self._is_closed.wait(_RETRY_S)

    def _watch_services(self, index: int) -> int | None:
        found = self._consul.catalog_index(index=index, wait_s=WAIT_S)
        if found < index:
            return None
        if found == index:
            self._note(None, "services")
            return index
        with self._publishing:
            self._services = read_services(self._consul)
            _, self._checks = self._consul.checks()
            self._readings += 1
            self._publish()
        self._note(None, "services", "checks")
        return found

    def _watch_checks(self, index: int) -> int | None:
        if not self._readings:  # services come first
            self._is_closed.wait(_FIRST_S)
            return _AT_ONCE
        readings = self._readings
        found, checks = self._consul.checks(index=index, wait_s=WAIT_S)
        if found < index:
            return None
        with self._publishing:
            if readings != self._readings:
                return _AT_ONCE  # the other thread may have read newer ones meanwhile
            if found != index:
                self._checks = checks
                self._publish()
        self._note(None, "checks")
        return found

    def _publish(self) -> None:
        instances = self._reader.read(self._services, self._checks)
        bare = {(i.node, i.id): i for i in instances if not i.has_own_checks}
        unclear = {key: i for key, i in bare.items() if key not in self._checkless}
        again = look_again(self._consul, unclear.values())
        self._checkless &= bare.keys()
        self._checkless |= {(i.node, i.id) for i in again if not i.has_own_checks}
        clear = [i for i in instances if (i.node, i.id) not in unclear]
        snapshot = Snapshot.of(in_order([*clear, *again]))
        with self._changed:
            if self._snapshot is not None and self._snapshot.instances == snapshot.instances:
                return
            self._snapshot = snapshot
            self._changed.notify_all()
        self._tell()

    def _note(self, error: DemiError | None, *what: str) -> None:
        """Note that Consul has confirmed something, or why it could not."""
        with self._changed:
            was_well = not self._errors
            for each in what:
                if error:
                    self._errors[each] = error
                else:
                    self._errors.pop(each, None)
                    self._confirmed[each] = self._clock()
            turned = was_well != (not self._errors)
        if turned:
            self._tell()

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

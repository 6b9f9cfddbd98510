"""Threads that watch the outside and say so to the daemon: one the engine, two Consul.

They decide nothing: each signal only means "look again".
"""

import threading
from collections.abc import Mapping, Sequence
from itertools import takewhile

from demi_adapters.calls import OnCall, ignore
from demi_adapters.consul_client import ConsulClient
from demi_adapters.engine import Engine, EventStream
from demi_adapters.errors import ConfigurationError, DemiError, RefusedError, TransientError
from demi_adapters.names import ServiceName
from demi_registrator.key_plan import OWNER_KEY
from demi_registrator.record import record_path
from demi_registrator.roll_call import answer, call_path
from demi_registrator.signals import (
    ConsulDown,
    EngineDown,
    EngineUp,
    LookAgain,
    RecordSeen,
    Signals,
    Stop,
)

# Asking whether somebody is back costs next to nothing and is what ends an outage.
_PROBE_S = 1.0
# How long one blocking query may take; a frozen agent is noticed only when it is over.
_WAIT_S = 30.0
# How long keys that another registrator released may go unnoticed.
_SHORT_WAIT_S = 1.0


class EngineWatch(threading.Thread):
    """Connects to the engine, again and again, and passes its events on."""

    def __init__(
        self, environ: Mapping[str, str], signals: Signals, on_call: OnCall = ignore
    ) -> None:
        super().__init__(name="engine-watch", daemon=True)
        self._environ = environ
        self._on_call = on_call
        self._signals = signals
        self._stopping = threading.Event()
        self._stream: EventStream | None = None

    def run(self) -> None:
        """Until stopped."""
        while not self._stopping.is_set():
            try:
                self._watch()
                self._signals.put(EngineDown(None))
            except ConfigurationError as error:
                self._signals.put(Stop(error))
                return
            except DemiError as error:
                self._signals.put(EngineDown(error))
            self._stopping.wait(_PROBE_S)

    def stop(self) -> None:
        """Make the thread end soon."""
        self._stopping.set()
        if self._stream:
            self._stream.close()

    def _watch(self) -> None:
        with Engine(self._environ, self._on_call) as engine:
            self._stream = engine.events()
            self._signals.put(EngineUp(engine, engine.info(), self._stream))
            for event in self._stream:
                self._signals.put(event)


class ConsulWatch(threading.Thread):
    """Waits for changes of our state record, and for calls.

    The record is held by our session, so it goes when the session is destroyed, when Consul is
    emptied, and when somebody deletes it; a connection that breaks tells of an outage.
    """

    def __init__(self, consul: ConsulClient, owner: str, instance: str, signals: Signals) -> None:
        super().__init__(name="consul-watch", daemon=True)
        self._consul = consul
        self._path = record_path(owner)
        self._call_path = call_path(owner)
        self._instance = instance
        self._signals = signals
        self._stopping = threading.Event()

    def run(self) -> None:
        """Until stopped."""
        index: int | None = None
        is_up = True
        while not self._stopping.is_set():
            try:
                index = self._watch(index)
            except (TransientError, RefusedError) as error:
                if is_up:
                    self._signals.put(ConsulDown(error))
                index, is_up = None, False
                self._stopping.wait(_PROBE_S)
                continue
            if not is_up:
                is_up = True
                self._signals.put(LookAgain())

    def stop(self) -> None:
        """Make the thread end once its query is over."""
        self._stopping.set()

    def _watch(self, index: int | None) -> int | None:
        """One blocking query; the index to wait on next."""
        found, keys = self._consul.keys(self._path, index=index, wait_s=_WAIT_S)
        by_path = {key.path: key for key in keys}
        if call := by_path.get(self._call_path):
            answer(self._consul, call, self._instance)
        if found != index:
            self._signals.put(RecordSeen(by_path.get(self._path), found))
        # An index that goes backwards, or is 0, would not block (Consul API, blocking queries).
        return found if found > 0 and (index is None or found >= index) else None


class ReleaseWatch(threading.Thread):
    """Waits until keys that another registrator holds are released.

    Only while there are such keys, and then with short queries: a query can't be told of a new key.
    """

    def __init__(self, consul: ConsulClient, signals: Signals) -> None:
        super().__init__(name="release-watch", daemon=True)
        self._consul = consul
        self._signals = signals
        self._contested: frozenset[ServiceName] = frozenset()
        self._news = threading.Event()
        self._stopping = False

    def watch(self, contested: frozenset[ServiceName]) -> None:
        """Watch these services' keys from now on."""
        if contested != self._contested:
            self._contested = contested
            self._news.set()

    def run(self) -> None:
        """Until stopped."""
        index: int | None = None
        while not self._stopping:
            contested = self._contested
            if not contested:
                self._news.wait()
                self._news.clear()
                continue
            prefix = _common_prefix([name.path for name in contested])
            try:
                index, keys = self._consul.keys(prefix, index=index, wait_s=_SHORT_WAIT_S)
            except (TransientError, RefusedError):  # the other watch tells of outages
                index = None
                self._news.wait(_PROBE_S)
                continue
            held = {key.path for key in keys if key.session}
            if any(f"{name.path}{OWNER_KEY}" not in held for name in contested):
                self._signals.put(LookAgain())
                self._news.wait(_PROBE_S)  # until the daemon has looked
            self._news.clear()

    def stop(self) -> None:
        """Make the thread end once its query is over."""
        self._stopping = True
        self._contested = frozenset()
        self._news.set()


def _common_prefix(paths: Sequence[str]) -> str:
    """What all paths begin with: one query then covers them all."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*paths, strict=False))
    return "".join(letters[0] for letters in same)

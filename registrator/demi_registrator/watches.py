"""Two threads that watch the outside and say so to the daemon: one the engine, one Consul.

They decide nothing: each signal only means "look again".
"""

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from demi_adapters.consul_client import ConsulClient
from demi_adapters.consul_types import Key
from demi_adapters.engine import Engine, EngineInfo, Event, EventStream
from demi_adapters.errors import ConfigurationError, DemiError, RefusedError, TransientError
from demi_registrator.record import record_path
from demi_registrator.roll_call import answer, call_path

# Asking whether somebody is back costs next to nothing and is what ends an outage.
_PROBE_S = 1.0
# How long one blocking query may take; a frozen agent is noticed only when it is over.
_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class EngineUp:
    """The engine answers and its events are subscribed to: time for a listing."""

    engine: Engine
    info: EngineInfo
    events: EventStream


@dataclass(frozen=True, slots=True)
class EngineDown:
    """The engine is away, or its event stream has ended."""

    reason: DemiError | None


@dataclass(frozen=True, slots=True)
class ConsulDown:
    """Consul no longer answers."""

    reason: DemiError


@dataclass(frozen=True, slots=True)
class ConsulUp:
    """Consul answers again."""


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """The state record, None where there is none, as it was at an index of Consul's."""

    record: Key | None
    index: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants the daemon to end, or it can't go on."""

    error: DemiError | None = None


Signal = EngineUp | EngineDown | Event | ConsulDown | ConsulUp | RecordSeen | Stop
Signals = queue.SimpleQueue[Signal]  # reentrant: a signal handler may put into it


class EngineWatch(threading.Thread):
    """Connects to the engine, again and again, and passes its events on."""

    def __init__(self, environ: Mapping[str, str], signals: Signals) -> None:
        super().__init__(name="engine-watch", daemon=True)
        self._environ = environ
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
        with Engine(self._environ) as engine:
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
                self._signals.put(ConsulUp())

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

"""What the watches tell the daemon. None says what to do: each only means "look again"."""

import queue
from dataclasses import dataclass

from demi_adapters.consul_types import Key
from demi_adapters.engine import Engine, EngineInfo, Event, EventStream
from demi_adapters.errors import DemiError


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
class RecordSeen:
    """The state record, None where there is none, as it was at an index of Consul's."""

    record: Key | None
    index: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants the daemon to end, or it can't go on."""

    error: DemiError | None = None


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Consul answers again, or keys that another registrator held are free."""


Tidings = EngineUp | EngineDown | Event | ConsulDown | LookAgain | RecordSeen
Signal = Tidings | Stop
Signals = queue.SimpleQueue[Signal]  # reentrant: a signal handler may put into it

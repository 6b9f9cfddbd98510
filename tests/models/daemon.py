"""Stand-ins for what surrounds the keeper: an engine, a reconciler, a clock."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import cast

from demi_adapters.container import Container
from demi_adapters.engine import Engine, EventStream
from demi_adapters.errors import DemiError, NotFound
from demi_adapters.names import ServiceName
from demi_adapters.problems import Problem
from demi_adapters.registration import Registrations
from demi_registrator.apply import Outcome
from demi_registrator.keeper import Keeper
from demi_registrator.reconcile import Reconciler
from demi_registrator.record import Record

PUBLISHED_INDEX = 5

RECORD = Record(
    version="1",
    owner="pc1",
    instance="this-process",
    engine_id="E1",
    engine_host="pc1",
    engine_version="28",
    namespaces=(),
    resync_s=30.0,
    started=datetime(2026, 11, 1, tzinfo=UTC),
)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.now


class EngineModel:
    """Containers that run; `error` is raised in place of an answer."""

    def __init__(self, *running: Container) -> None:
        self.running = {c.id: c for c in running}
        self.error: DemiError | None = None
        self.calls: list[str] = []

    @property
    def engine(self) -> Engine:
        """The model in the place of an engine."""
        return cast(Engine, self)

    @property
    def events(self) -> EventStream:
        """The model in the place of its events."""
        return cast(EventStream, self)

    def close(self) -> None:
        """End the events."""
        self.calls.append("close the events")

    def containers(self) -> list[Container]:
        """The list."""
        self._answer("list")
        return list(self.running.values())

    def container(self, id_: str) -> Container:
        """An inspection."""
        self._answer(f"inspect {id_[:12]}")
        if id_ not in self.running:
            raise NotFound(id_)
        return self.running[id_]

    def _answer(self, what: str) -> None:
        self.calls.append(what)
        if self.error:
            raise self.error


class ReconcilerModel:
    """Notes what it is asked to do; `error` is raised by a look, `outcome` comes of a run."""

    def __init__(self) -> None:
        self.runs: list[tuple[set[str], frozenset[ServiceName] | None, bool]] = []
        self.looks = 0
        self.confirmed = 0
        self.published: list[str] = []
        self.error: DemiError | None = None
        self.outcome: Callable[[], Outcome] = Outcome
        self.session: str | None = "ours"
        self.is_alone = True
        self.problems: tuple[Problem, ...] = ()

    @property
    def reconciler(self) -> Reconciler:
        """The model in the place of a reconciler."""
        return cast(Reconciler, self)

    def look(self) -> None:
        """Read Consul."""
        self.looks += 1
        if self.error:
            raise self.error

    def converge(
        self,
        registrations: Registrations,
        *,
        only: Collection[ServiceName] | None = None,
        may_delete: bool = True,
        may_update: bool = True,
    ) -> Outcome:
        """Plan and apply."""
        names = {service.container for service in registrations.services}
        self.runs.append((names, None if only is None else frozenset(only), may_delete))
        assert may_update is self.is_alone
        return self.outcome()

    def confirm(self, _: Registrations, now: float) -> None:
        """Feed checks."""
        self.confirmed += now > 0

    def publish(self, content: str) -> int:
        """Write the record; at index 5."""
        self.published.append(content)
        return PUBLISHED_INDEX


def retried(keeper: Keeper, clock: Clock) -> float:
    """Wait for the next thing that is due and do it; how long that was."""
    wait_s = keeper.wait_s
    clock.now += wait_s
    keeper.work()
    return wait_s

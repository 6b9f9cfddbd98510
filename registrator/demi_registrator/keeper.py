"""What the daemon does when something may have changed: it keeps Consul in step."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from demi_adapters.engine import Engine, Event, EventStream
from demi_adapters.errors import (
    ConfigurationError,
    ConflictError,
    ConsulFailure,
    DemiError,
    EngineUnavailable,
    NotFound,
    RefusedError,
    TransientError,
)
from demi_adapters.names import ServiceName
from demi_adapters.registration import Origin, Registrations
from demi_registrator.apply import Outcome
from demi_registrator.inventory import Inventory
from demi_registrator.narrate import FailureLog, ProblemLog
from demi_registrator.reconcile import Reconciler
from demi_registrator.record import Record, parse_record, timestamp
from demi_registrator.signals import RecordSeen
from demi_registrator.tally import Tally
from demi_registrator.timetable import Timetable

logger = logging.getLogger(__name__)

_ENDED = frozenset({"die", "destroy", "remove"})

# By then it is known whether a process of the same name runs, and what is stale may be removed.
_ROLL_CALL_S = 2.5


class Keeper:
    """One owner's containers and their mirror in Consul. Used by one thread."""

    def __init__(
        self,
        reconciler: Reconciler,
        origin: Origin,
        record: Record,
        clock: Callable[[], float],
        tally: Tally,
    ) -> None:
        self._reconciler = reconciler
        self._record = record
        self._clock = clock
        self._tally = tally
        self._timetable = Timetable(clock, record.resync_s)
        self._engine: Engine | None = None
        self._events: EventStream | None = None
        self._inventory = Inventory(origin)
        self._touched: dict[str, str] = {}
        self._failures = FailureLog()
        self._is_mirrored = False
        self._published_index = 0
        self._problems = ProblemLog()

    @property
    def owner(self) -> str:
        """The name that everything is registered under."""
        return self._record.owner

    @property
    def wait_s(self) -> float:
        """Seconds until there is something to do without a signal."""
        return 0.0 if self._may_run_partly else self._timetable.wait_s

    def engine_up(self, engine: Engine, events: EventStream) -> None:
        """The engine answers and its events arrive: list it."""
        self._engine = engine
        self._events = events
        self._inventory.has_missed_events()
        self._timetable.look_now()

    def engine_down(self) -> None:
        """The engine is away: what is registered stays."""
        self._engine = None
        self._timetable.publish_soon()

    def consul_down(self, reason: DemiError) -> None:
        """Consul is away: say so, and try now and then."""
        self._fail(reason)

    @property
    def contested(self) -> frozenset[ServiceName]:
        """The services whose keys another registrator holds."""
        return self._reconciler.contested

    def look_again(self) -> None:
        """Look at everything soon."""
        self._timetable.look_soon()

    def note(self, event: Event) -> None:
        """Something happened to a container."""
        if event.labelled or event.action in _ENDED:
            self._touched[event.container] = event.action

    def record_seen(self, seen: RecordSeen) -> None:
        """The state record has changed; unless by ourselves, find out what else has.

        Raises:
            ConfigurationError: an older process of the same name writes it as well.
        """
        if not self._published_index or seen.index < self._published_index:
            return  # as it was before we wrote it
        record = seen.record
        found = parse_record(record) if record else {}
        is_ours = found.get("instance") == self._record.instance
        if record and is_ours and record.session == self._reconciler.session:
            return
        started = found.get("started")
        if not is_ours and isinstance(started, str) and started < timestamp(self._record.started):
            raise ConfigurationError(
                f"a registrator called {self.owner} runs already. Stop it first, or give this one "
                "a name of its own (DEMI_OWNER)."
            )
        self.look_again()

    def work(self) -> None:
        """Do what is due. Failures are logged and tried again later.

        Raises:
            ConfigurationError: somebody else runs under the same name.
        """
        try:
            if self._timetable.is_look_due:
                with self._tally.timing("full"):
                    self._run_all()
            elif self._may_run_partly:
                with self._tally.timing("part"):
                    self._run_touched()
            if self._timetable.is_record_due:
                self._publish()
        except (TransientError, ConflictError, RefusedError) as error:
            self._fail(error)

    def close(self) -> None:
        """Let go of threads and connections; what is registered stays."""
        self._reconciler.close()

    def deregister(self) -> None:
        """Deregister everything that is ours.

        Raises:
            DemiError: something of it is left.
        """
        self._reconciler.remove_everything()

    @property
    def _may_run_partly(self) -> bool:
        """Whether there are events, and they may be judged by what is remembered."""
        return bool(self._touched) and self._is_mirrored and self._inventory.is_complete

    def _run_all(self) -> None:
        is_fresh = self._list()
        self._reconciler.look()
        self._is_mirrored = True
        registrations = self._inventory.registrations()
        is_alone = self._reconciler.is_alone
        outcome = self._reconciler.converge(
            registrations, may_delete=is_fresh and is_alone, may_update=is_alone
        )
        if is_fresh:  # or else nobody knows what Docker says now
            self._reconciler.confirm(registrations, self._clock())
        self._timetable.looked(None if is_alone else _ROLL_CALL_S)
        self._settle(outcome, registrations)
        self._publish()
        if not (outcome.retry or outcome.outdated):
            self._failures.forget()
            self._tally.note_success()
            if failures := self._timetable.recovered():
                logger.info("everything is in step again after %d failed attempts", failures)

    def _list(self) -> bool:
        """Whether the inventory is fresh now; without an engine the last one has to do."""
        if self._engine is None and self._inventory.is_complete:
            return False
        if self._engine is None:
            raise EngineUnavailable("the Docker Engine went away before it could be listed")
        try:
            self._inventory.replace_all(self._engine.containers(), self._engine.container)
        except EngineUnavailable:
            if self._events:  # a connection that broke without a word would wait for ever
                self._events.close()
            if not self._inventory.is_complete:
                raise
            return False
        self._touched.clear()
        return True

    def _run_touched(self) -> None:
        names: set[ServiceName] = set()
        while self._touched:
            container, action = self._touched.popitem()
            names |= self._inventory.services_of(container)
            if action in _ENDED:
                # From memory: the engine would not answer for 100 ms while a container ends.
                self._inventory.forget(container)
            elif self._engine:
                self._inspect(container, self._engine)
            names |= self._inventory.services_of(container)
        registrations = self._inventory.registrations(only=names)
        outcome = Outcome()
        if names:
            is_alone = self._reconciler.is_alone
            outcome = self._reconciler.converge(
                registrations, only=names, may_delete=is_alone, may_update=is_alone
            )
        self._settle(outcome, registrations)
        self._timetable.publish_soon()

    def _inspect(self, container: str, engine: Engine) -> None:
        try:
            self._inventory.update(engine.container(container), engine.container)
        except NotFound:
            self._inventory.forget(container)

    def _settle(self, outcome: Outcome, registrations: Registrations) -> None:
        """Log problems that came and went; look again soon where something failed."""
        problems = (*registrations.problems, *self._reconciler.problems)
        self._problems.report(problems)
        self._tally.note_services(*self._inventory.count(), problems)
        if outcome.retry:
            self._fail(outcome.retry[0], more=len(outcome.retry) - 1)
        elif outcome.outdated:
            logger.info("Consul was changed by somebody else meanwhile: looking again")
            self._is_mirrored = False
            self._timetable.retry()

    def _fail(self, error: DemiError, more: int = 0) -> None:
        self._timetable.retry()
        self._tally.note_failure(str(error), more + 1 if isinstance(error, ConsulFailure) else 0)
        if not isinstance(error, ConsulFailure):
            self._is_mirrored = False
        self._failures.report(error, more)

    def _publish(self) -> None:
        services, registered = self._inventory.count()
        containers = len(self._inventory)
        counts = {"containers": containers, "services": services, "registered": registered}
        self._published_index = self._reconciler.publish(
            self._record.render(
                now=datetime.now(UTC),
                counts=counts,
                problems=self._problems.problems,
                engine_is_up=self._engine is not None,
            )
        )
        self._timetable.published()

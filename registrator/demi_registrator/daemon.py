"""The loop: wait for a signal, tell the keeper, let it work."""

import logging
import queue
import time
import uuid
from datetime import UTC, datetime
from importlib.metadata import version
from typing import assert_never

from demi_adapters.consul_client import ConsulClient
from demi_adapters.engine import EngineInfo, Event
from demi_adapters.errors import DemiError
from demi_adapters.problems import sentence
from demi_adapters.registration import Origin
from demi_registrator.keeper import Keeper
from demi_registrator.reconcile import Reconciler
from demi_registrator.record import Record
from demi_registrator.settings import RegistratorSettings, check_host, check_owner, host_of
from demi_registrator.signals import (
    ConsulDown,
    EngineDown,
    EngineUp,
    LookAgain,
    RecordSeen,
    Signal,
    Signals,
    Stop,
    Tidings,
)
from demi_registrator.tally import Tally
from demi_registrator.watches import ConsulWatch, EngineWatch, ReleaseWatch

logger = logging.getLogger(__name__)


class Daemon:
    """A registrator. `run` returns once `stop` was called, by a signal handler or a thread."""

    def __init__(self, settings: RegistratorSettings) -> None:
        self._settings = settings
        self._signals: Signals = queue.SimpleQueue()
        self._tally = Tally(time.monotonic)
        count = self._tally.count_call
        self._consul = ConsulClient(settings.consul, lambda failed: count("consul", failed=failed))
        self._engine_watch = EngineWatch(
            settings.docker, self._signals, lambda failed: count("docker", failed=failed)
        )
        self._release_watch = ReleaseWatch(self._consul, self._signals)
        self._consul_watch: ConsulWatch | None = None
        self._engine_failures = 0
        self._keeper: Keeper | None = None

    def stop(self) -> None:
        """Ask the daemon to end."""
        self._signals.put(Stop())

    def run(self) -> None:
        """Until stopped.

        Raises:
            DemiError: a setting can't be used; or something was left when deregistering.
        """
        logger.info("starting: Consul at %s", self._consul.url)
        if self._settings.metrics_port is not None:
            self._serve_metrics(self._settings.metrics_port)
        self._engine_watch.start()
        self._release_watch.start()
        try:
            self._serve()
        finally:
            self._engine_watch.stop()
            self._release_watch.stop()
            if self._consul_watch:
                self._consul_watch.stop()
            if self._keeper:
                self._keeper.close()
            self._consul.close()

    def _serve_metrics(self, port: int) -> None:
        # Only who wants metrics pays for the library, in memory and in start-up time.
        from demi_registrator.exposition import serve_metrics  # noqa: PLC0415

        host = self._settings.metrics_host
        serve_metrics(self._tally, version=version("demi-registry"), host=host, port=port)

    def _serve(self) -> None:
        while True:
            for signal in self._next_signals():
                if isinstance(signal, Stop):
                    return self._leave(signal.error)
                self._take(signal)
            if self._keeper:
                self._keeper.work()
                self._release_watch.watch(self._keeper.contested)

    def _next_signals(self) -> list[Signal]:
        """All signals that are there, waiting for the first one until something else is due."""
        try:
            signals = [self._signals.get(timeout=self._keeper.wait_s if self._keeper else None)]
        except queue.Empty:
            return []
        while not self._signals.empty():
            signals.append(self._signals.get())
        return signals

    def _take(self, signal: Tidings) -> None:
        if isinstance(signal, EngineDown):
            self._note_engine_down(signal)
        elif isinstance(signal, EngineUp):
            self._note_engine_up(signal)
        if self._keeper is None:
            return
        match signal:
            case EngineUp(engine, _, events):
                self._keeper.engine_up(engine, events)
            case EngineDown():
                self._keeper.engine_down()
            case Event():
                self._tally.count_event(signal.action)
                self._keeper.note(signal)
            case ConsulDown(reason):
                self._keeper.consul_down(reason)
            case LookAgain():
                self._keeper.look_again()
            case RecordSeen():
                self._keeper.record_seen(signal)
            case _:
                assert_never(signal)

    def _note_engine_down(self, signal: EngineDown) -> None:
        self._engine_failures += 1
        if self._engine_failures == 1:
            why = signal.reason or "the Docker Engine closed its event stream"
            logger.warning("%s What is registered stays; waiting for it.", sentence(why))

    def _note_engine_up(self, signal: EngineUp) -> None:
        if self._engine_failures:
            logger.info("the Docker Engine is back after %d failures", self._engine_failures)
            self._engine_failures = 0
        if self._keeper is None:
            self._keeper = self._make_keeper(signal.info)

    def _make_keeper(self, engine: EngineInfo) -> Keeper:
        settings = self._settings
        owner = settings.owner or check_owner(engine.host)
        host = check_host("DEMI_HOST", settings.host) if settings.host else host_of(engine.host)
        logger.info(
            "owner %s, default host %s, %s, engine %s",
            owner,
            host,
            f"sites {', '.join(settings.sites)}" if settings.sites else "every site",
            engine.version,
        )
        record = Record(
            version=version("demi-registry"),
            owner=owner,
            instance=str(uuid.uuid4()),
            engine_id=engine.id,
            engine_host=engine.host,
            engine_version=engine.version,
            namespaces=[f"demi.{site}" for site in settings.sites],
            resync_s=settings.resync_s,
            started=datetime.now(UTC),
        )
        self._consul_watch = ConsulWatch(self._consul, owner, record.instance, self._signals)
        self._consul_watch.start()
        return Keeper(
            Reconciler(self._consul, record, settings.sites),
            Origin(owner=owner, host=host, sites=settings.sites),
            record,
            time.monotonic,
            self._tally,
        )

    def _leave(self, error: DemiError | None) -> None:
        if error:
            raise error
        if self._keeper is None:
            logger.info("stopped")
        elif self._settings.deregister_on_exit:
            self._keeper.deregister()
            logger.info("stopped; everything of ours is deregistered")
        else:
            logger.info("stopped; what is registered stays")

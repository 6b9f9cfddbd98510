"""What the daemon does when something happens, without threads and with a clock of its own."""

import logging
from itertools import pairwise

import pytest

from demi_adapters.engine import Event
from demi_adapters.errors import ConflictError, ConsulFailure, ConsulUnavailable, EngineUnavailable
from demi_registrator.apply import Outcome
from demi_registrator.keeper import Keeper
from models.containers import FELIX, ONE, TWO, container, labels
from models.daemon import RECORD, Clock, EngineModel, ReconcilerModel, retried

FIRST, SECOND = ONE.short_id, TWO.short_id


def event(action: str, number: int = 1, *, labelled: bool = True) -> Event:
    """An event of a container."""
    return Event(container(number).id, action, labelled)


def test_the_first_run_lists_looks_plans_and_publishes(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock
) -> None:
    """Then nothing is due before the next resync."""
    keeper.work()
    assert consul_side.runs == [({FIRST}, None, True)]
    assert len(consul_side.published) == 1
    assert keeper.wait_s == RECORD.resync_s
    clock.now += RECORD.resync_s - 0.1
    keeper.work()
    assert len(consul_side.runs) == 1


def test_a_burst_of_events_is_one_run(
    keeper: Keeper, consul_side: ReconcilerModel, engine: EngineModel, clock: Clock
) -> None:
    """Fifty containers that start together cost one plan and, a little later, one record."""
    keeper.work()
    for number in range(1, 51):
        started = container(number, labels(f"s.t.n{number}"))
        engine.running[started.id] = started
        keeper.note(event("start", number))
    assert keeper.wait_s == 0
    keeper.work()
    assert len(consul_side.runs) == 2
    assert len(consul_side.published) == 1
    retried(keeper, clock)
    assert len(consul_side.published) == 2


def test_a_container_that_ends_is_removed_from_memory(
    keeper: Keeper, consul_side: ReconcilerModel, engine: EngineModel
) -> None:
    """The engine is not asked: it would not answer while the container ends."""
    keeper.work()
    engine.calls.clear()
    keeper.note(event("die", labelled=False))
    keeper.work()
    assert engine.calls == []
    assert consul_side.runs[-1] == (set(), frozenset({FELIX}), True)


def test_a_restart_is_seen_as_it_ended(
    keeper: Keeper, consul_side: ReconcilerModel, engine: EngineModel
) -> None:
    """Of several events of one container the last one counts."""
    keeper.work()
    for action in ("die", "start"):
        keeper.note(event(action))
    keeper.work()
    assert consul_side.runs[-1] == ({FIRST}, frozenset({FELIX}), True)


def test_events_of_strangers_cost_nothing(
    keeper: Keeper, consul_side: ReconcilerModel, engine: EngineModel
) -> None:
    """Neither their start nor their end reaches Consul or the engine."""
    keeper.work()
    engine.calls.clear()
    for action in ("start", "die", "destroy", "health_status: healthy"):
        keeper.note(event(action, 9, labelled=False))
    keeper.work()
    assert len(consul_side.runs) == 1
    assert engine.calls == []


def test_a_container_that_is_gone_when_inspected_is_gone(
    keeper: Keeper, consul_side: ReconcilerModel, engine: EngineModel
) -> None:
    """It started and ended before anybody looked."""
    keeper.work()
    engine.running.clear()
    keeper.note(event("start"))
    keeper.work()
    assert consul_side.runs[-1] == (set(), frozenset({FELIX}), True)


def test_while_the_engine_is_away_nothing_is_deleted(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock
) -> None:
    """What was known stays registered, and is restored where Consul lost it."""
    keeper.work()
    keeper.engine_down()
    retried(keeper, clock)  # says so in the record
    retried(keeper, clock)
    assert consul_side.runs[-1] == ({FIRST}, None, False)


def test_an_engine_that_fails_while_it_is_listed_deletes_nothing(
    keeper: Keeper, consul_side: ReconcilerModel, engine: EngineModel, clock: Clock
) -> None:
    """The same holds before its events have stopped."""
    keeper.work()
    engine.error = EngineUnavailable("500")
    retried(keeper, clock)
    assert consul_side.runs[-1] == ({FIRST}, None, False)
    assert engine.calls[-1] == "close the events"  # they may have ended without a word


def test_before_the_first_listing_nothing_is_done_in_consul(
    keeper: Keeper, consul_side: ReconcilerModel, engine: EngineModel, clock: Clock
) -> None:
    """An engine that can't be listed says nothing of what has to go."""
    engine.error = EngineUnavailable("500")
    keeper.work()
    assert (consul_side.runs, consul_side.looks) == ([], 0)
    assert 0 < keeper.wait_s <= 0.5
    engine.error = None
    retried(keeper, clock)
    assert consul_side.runs == [({FIRST}, None, True)]


def test_the_engine_is_listed_as_soon_as_it_is_back(
    keeper: Keeper, consul_side: ReconcilerModel, engine: EngineModel
) -> None:
    """What stopped meanwhile goes now."""
    keeper.work()
    keeper.engine_down()
    engine.running = {TWO.id: TWO}
    keeper.engine_up(engine.engine, engine.events)
    keeper.work()
    assert consul_side.runs[-1] == ({SECOND}, None, True)


def test_failures_are_retried_with_growing_delays_and_told_once(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The recovery says how many there were."""
    caplog.set_level(logging.INFO)
    consul_side.error = ConsulUnavailable("Consul is away.")
    keeper.work()
    delays = [retried(keeper, clock) for _ in range(12)]
    assert all(one <= other for one, other in pairwise(delays[:7]))
    assert delays[0] <= 0.5
    assert 15 <= delays[-1] <= 30
    assert len(caplog.messages) == 1
    consul_side.error = None
    retried(keeper, clock)
    assert caplog.messages[1:] == ["everything is in step again after 13 failed attempts"]
    assert keeper.wait_s == RECORD.resync_s


def test_events_in_an_outage_make_no_wait_longer(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock
) -> None:
    """Consul fails for one service: each event fails as well, and the next look stays in place."""
    keeper.work()
    consul_side.outcome = lambda: Outcome(retry=[ConsulFailure("500")])
    for _ in range(20):
        keeper.note(event("start"))
        keeper.work()
    assert 0 < keeper.wait_s <= 0.5
    assert retried(keeper, clock) <= 0.5
    assert 0.5 <= keeper.wait_s <= 1.0, "the second try was waited for"


@pytest.mark.parametrize("outcome", [Outcome(retry=[ConsulFailure("500")]), Outcome(outdated=True)])
def test_what_failed_for_one_service_is_tried_again_soon(
    keeper: Keeper, consul_side: ReconcilerModel, outcome: Outcome, clock: Clock
) -> None:
    """Long before the next resync, with a look at everything."""
    keeper.work()
    consul_side.outcome = lambda: outcome
    keeper.note(event("start"))
    keeper.work()
    assert 0 < keeper.wait_s <= 0.5
    consul_side.outcome = Outcome
    retried(keeper, clock)
    assert consul_side.runs[-1] == ({FIRST}, None, True)
    assert consul_side.looks == 2


def test_a_record_that_somebody_holds_is_a_failure_that_is_retried(
    keeper: Keeper, consul_side: ReconcilerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon lives on."""

    def held(_: str) -> None:
        raise ConflictError("409")

    monkeypatch.setattr(consul_side, "publish", held)
    keeper.work()
    assert 0 < keeper.wait_s <= 0.5


def test_nothing_is_removed_before_it_is_known_that_we_are_alone(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock
) -> None:
    """The next look follows as soon as it is known, without waiting for the timer."""
    consul_side.is_alone = False
    keeper.work()
    assert consul_side.runs[-1] == ({FIRST}, None, False)
    consul_side.is_alone = True
    assert retried(keeper, clock) == 2.5
    assert consul_side.runs[-1] == ({FIRST}, None, True)

"""The state record as the keeper sees and writes it, and the log beside it."""

import json
import logging

import pytest

from demi_adapters.consul_types import Key
from demi_adapters.problems import Code, Problem
from demi_registrator.keeper import Keeper
from demi_registrator.watches import RecordSeen
from models.containers import ONE, TWO, container, labels
from models.daemon import RECORD, Clock, EngineModel, ReconcilerModel, retried

FIRST, SECOND = ONE.short_id, TWO.short_id


def seen(instance: str = "this-process", session: str | None = "ours") -> RecordSeen:
    """A record as the watch passes it on."""
    value = json.dumps({"instance": instance}).encode()
    return RecordSeen(Key("demi-registrator/pc1", value, 5, session))


def test_our_own_record_is_no_reason_to_look_again(keeper: Keeper) -> None:
    """Else every sync would cause the next one."""
    keeper.work()
    keeper.record_seen(seen())
    assert keeper.wait_s == RECORD.resync_s


@pytest.mark.parametrize(
    "change",
    [
        RecordSeen(None),
        seen(instance="another-process"),
        seen(session=None),
        seen(session="theirs"),
        RecordSeen(Key("demi-registrator/pc1", b"hello", 5, "ours")),
    ],
    ids=["gone", "another process", "held by nobody", "held by another session", "no record"],
)
def test_any_other_change_of_the_record_is(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock, change: RecordSeen
) -> None:
    """Not more than once a second, so that two processes of one name do not race."""
    keeper.work()
    keeper.record_seen(change)
    assert keeper.wait_s == 1.0
    clock.now += 5
    keeper.record_seen(change)
    assert keeper.wait_s == 0.0
    keeper.work()
    assert consul_side.looks == 2


def test_problems_are_logged_when_they_come_and_when_they_go(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Not at each resync; the record carries them as long as they last."""
    caplog.set_level(logging.INFO)
    consul_side.problems = (Problem(code=Code.KV_HELD, message="held"),)
    keeper.work()
    retried(keeper, clock)
    assert caplog.messages == ["kv-held: held"]
    assert json.loads(consul_side.published[-1])["problems"][0]["code"] == "kv-held"
    consul_side.problems = ()
    retried(keeper, clock)
    assert caplog.messages[1:] == ["kv-held is over: held"]
    assert json.loads(consul_side.published[-1])["problems"] == []


def test_an_idle_cycle_is_silent(
    keeper: Keeper, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A log of a quiet night is empty."""
    caplog.set_level(logging.DEBUG)
    keeper.work()
    retried(keeper, clock)
    assert caplog.messages == []


def test_the_record_counts_what_there_is(
    keeper: Keeper, consul_side: ReconcilerModel, engine: EngineModel
) -> None:
    """Services include those that could not be registered."""
    broken = container(3, labels("s.t.v", hostport="0"))
    engine.running[broken.id] = broken
    keeper.work()
    assert json.loads(consul_side.published[-1])["counts"] == {
        "containers": 2,
        "services": 2,
        "registered": 1,
        "problems": 1,
    }

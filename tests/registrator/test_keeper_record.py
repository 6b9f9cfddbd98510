"""The state record as the keeper sees and writes it, and the log beside it."""

import json
import logging

import pytest

from demi_adapters.consul_types import Key
from demi_adapters.engine import Event
from demi_adapters.errors import (
    ConfigurationError,
    ConsulFailure,
    ConsulUnavailable,
    PermissionDenied,
)
from demi_adapters.problems import Code, Problem
from demi_registrator.keeper import Keeper
from demi_registrator.signals import RecordSeen
from models.containers import ONE, TWO, container, labels
from models.daemon import RECORD, Clock, EngineModel, ReconcilerModel, retried

FIRST, SECOND = ONE.short_id, TWO.short_id


def seen(instance: str = "this-process", session: str | None = "ours") -> RecordSeen:
    """A record as the watch passes it on."""
    value = json.dumps({"instance": instance}).encode()
    return RecordSeen(Key("demi-registrator/pc1", value, 6, session), 6)


def test_our_own_record_is_no_reason_to_look_again(keeper: Keeper) -> None:
    """Else every sync would cause the next one."""
    keeper.work()
    keeper.record_seen(seen())
    assert keeper.wait_s == RECORD.resync_s


@pytest.mark.parametrize(
    "change",
    [
        RecordSeen(None, 6),
        seen(instance="another-process"),
        seen(session=None),
        seen(session="theirs"),
        RecordSeen(Key("demi-registrator/pc1", b"hello", 6, "ours"), 6),
    ],
    ids=["gone", "another process", "held by nobody", "held by another session", "no record"],
)
def test_any_other_change_of_the_record_is(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock, change: RecordSeen
) -> None:
    """Not more than once a second, so that two processes of one name do not race."""
    keeper.work()
    keeper.record_seen(change)
    assert keeper.wait_s == 0.5
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


@pytest.mark.parametrize("change", [RecordSeen(None, 4), RecordSeen(None, 0)])
def test_the_record_as_it_was_before_we_wrote_it_says_nothing(
    keeper: Keeper, change: RecordSeen
) -> None:
    """The watch may be behind; an outage is told in another way."""
    keeper.work()
    keeper.record_seen(change)
    assert keeper.wait_s == RECORD.resync_s


def test_an_older_process_of_the_same_name_ends_the_younger_one(keeper: Keeper) -> None:
    """The one that was started by mistake says so and gives way."""
    keeper.work()
    content = {"instance": "older", "started": "2026-10-31T23:59:59.999Z"}
    older = Key("demi-registrator/pc1", json.dumps(content).encode(), 6, "ours")
    with pytest.raises(ConfigurationError, match="DEMI_OWNER"):
        keeper.record_seen(RecordSeen(older, 6))


def test_the_record_says_that_the_engine_is_away(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock
) -> None:
    """Without waiting for the next resync."""
    keeper.work()
    keeper.engine_down()
    assert retried(keeper, clock) == 1.0
    assert [json.loads(text)["engine"]["is_up"] for text in consul_side.published] == [True, False]
    assert consul_side.confirmed == 1


def test_a_container_with_nothing_but_bad_labels_is_reported_at_once(
    keeper: Keeper, engine: EngineModel, consul_side: ReconcilerModel, clock: Clock
) -> None:
    """That is when its author is watching."""
    keeper.work()
    bad = container(3, labels={"demi.sr1_lls.felix": "x"})
    engine.running[bad.id] = bad
    keeper.note(Event(bad.id, "start", labelled=True))
    keeper.work()
    assert retried(keeper, clock) == 1.0
    [problem] = json.loads(consul_side.published[-1])["problems"]
    assert problem["code"] == "bad-label"


def test_another_failure_than_the_last_one_is_logged(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """An outage that turns into a lack of rights is not hidden behind the outage."""
    for error in (ConsulUnavailable("away"), ConsulUnavailable("away"), PermissionDenied("no")):
        consul_side.error = error
        retried(keeper, clock)
    assert [record.message.partition(" ")[0] for record in caplog.records] == ["away.", "no."]


def test_a_failure_is_told_once_however_its_details_differ(
    keeper: Keeper, consul_side: ReconcilerModel, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """With a full disk Consul names another file each time, and other calls fail in between."""
    full = "register a-1: Consul said '500 write /data/checks/{}-{}.tmp: no space left on device'"
    for _ in range(2):
        for attempt in range(5):
            consul_side.error = ConsulFailure(full.format(attempt, "ab" * attempt))
            retried(keeper, clock)
            consul_side.error = ConsulFailure("list sessions: Consul said '500 No cluster leader'")
            retried(keeper, clock)
        consul_side.error = None
        retried(keeper, clock)
    assert [r.message[:5] for r in caplog.records if r.levelname == "WARNING"] == [
        *("regis", "list "),
        *("regis", "list "),  # it had been well in between, so this is news
    ]

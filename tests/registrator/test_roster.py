"""State records of all registrators: who is there, and what only all of them show."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demi_adapters.consul_types import Key
from demi_adapters.names import ServiceName
from demi_registrator.record import timestamp
from demi_registrator.roster import Registrator, State, age, collisions_across, read_roster

NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)


def record(owner: str = "pc1", *, session: str | None = "s1", **fields: Any) -> Key:
    """A state record that is in step, unless the fields say otherwise."""
    content = {"last_sync": timestamp(NOW), "resync_s": 30.0, **fields}
    return Key(f"demi-registrator/{owner}", json.dumps(content).encode(), 1, session)


def only(key: Key) -> Registrator:
    """The one registrator behind a key."""
    [registrator] = read_roster([key], NOW)
    return registrator


@pytest.mark.parametrize(
    ("age_s", "state"),
    [
        (0, State.FRESH),
        (94, State.FRESH),
        (96, State.STALE),
        (86400, State.STALE),
        (-94, State.FRESH),
        (-96, State.AHEAD),
    ],
)
def test_a_record_is_fresh_for_three_resyncs_and_what_clocks_differ(
    age_s: int, state: State
) -> None:
    """Older is stale; as far in the future can't be judged."""
    found = only(record(last_sync=timestamp(NOW - timedelta(seconds=age_s))))
    assert (found.state, found.age_s) == (state, age_s)


def test_a_longer_resync_gives_more_time() -> None:
    """Each registrator is judged by its own."""
    hour_ago = timestamp(NOW - timedelta(hours=1))
    assert only(record(last_sync=hour_ago, resync_s=1800)).state is State.FRESH


def test_an_engine_that_is_away_is_not_fresh() -> None:
    """What is registered may be old then; records of earlier versions do not say."""
    assert only(record(engine={"is_up": False})).state is State.ENGINE_AWAY
    assert only(record(engine={"id": "E1"})).state is State.FRESH


def test_what_no_session_holds_is_no_record() -> None:
    """A registrator's goes with its session: this one was written by hand."""
    assert only(record(session=None)).state is State.FOREIGN


@pytest.mark.parametrize("value", [b"", b"x", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_no_record(value: bytes) -> None:
    """Anybody may write there."""
    assert only(Key("demi-registrator/pc1", value, 1, "s1")).state is State.FOREIGN


@pytest.mark.parametrize("strange", [None, True, [], {}, "x", -1, 0, 1e999, 10**400])
def test_fields_of_other_types_do_no_harm(strange: object) -> None:
    """Whoever wrote the record."""
    fields = ("last_sync", "resync_s", "engine", "namespaces", "counts", "problems", "version")
    said: dict[str, Any] = dict.fromkeys(fields, strange)
    found = only(record(**said, started=strange))
    assert found.state in (State.FRESH, State.STALE)
    assert found.resync_s == 30.0
    assert found.hidden == 0
    assert json.dumps(found.as_dict())
    assert found.says


def test_calls_and_folders_are_no_registrators() -> None:
    """A call stands beside a record for a moment; people make folders."""
    paths = ("demi-registrator/", "demi-registrator/pc1/call")
    assert read_roster([Key(p, b"{}", 1, "s") for p in paths], NOW) == []


def test_registrators_come_by_owner_with_their_problems() -> None:
    """Each problem says whose it is."""
    problem = {"severity": "error", "code": "no-port", "message": "m", "service": "s.t.v"}
    keys = [record("pc2"), record("pc1", problems=[problem, "x"], counts={"problems": 300})]
    first, second = read_roster(keys, NOW)
    assert (first.owner, second.owner) == ("pc1", "pc2")
    assert first.problems == ({**problem, "owner": "pc1", "container": None, "label": None},)
    assert (first.hidden, second.hidden) == (299, 0)


def test_a_name_shared_between_hosts_is_a_collision() -> None:
    """Both owners are named, since neither registrator sees the other's."""
    [problem] = collisions_across(
        [(ServiceName("a_b", "s", "v"), "pc1"), (ServiceName("a-b", "s", "v"), "pc2")]
    )
    assert (problem.code, problem.service) == ("name-collision", "a-b.s.v")
    assert "a-b.s.v (of pc2) and a_b.s.v (of pc1) share the Consul name a-b-s-v" in problem.message


def test_instances_on_two_hosts_and_collisions_on_one_are_not_reported_here() -> None:
    """The first is meant; the second is in that registrator's own record."""
    same = ServiceName("a", "s", "v")
    assert collisions_across([(same, "pc1"), (same, "pc2")]) == []
    one, two = ServiceName("a_b", "s", "v"), ServiceName("a-b", "s", "v")
    assert collisions_across([(one, "pc1"), (two, "pc1"), (two, "pc2")]) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "an unknown time"), (-3, "0 s"), (0, "0 s"), (119, "119 s"), (120, "2 min"),
     (7200, "2 h"), (86400 * 3, "3 d")],
)  # fmt: skip
def test_ages_are_said_in_one_unit(seconds: float | None, words: str) -> None:
    """Seconds, minutes, hours or days."""
    assert age(seconds) == words

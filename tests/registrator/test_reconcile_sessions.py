"""Whose keys are whose: restarts, two sessions, former selves, and leaving."""

from concurrent.futures import wait
from dataclasses import replace

import pytest

from demi_adapters.consul_types import Session
from demi_adapters.errors import (
    ConfigurationError,
    ConflictError,
    ConsulUnavailable,
    PermissionDenied,
    RefusedError,
)
from demi_adapters.registration import Origin
from demi_registrator import roll_call
from demi_registrator.reconcile import Reconciler
from demi_registrator.roll_call import call_path
from models.consul import NODE, ConsulModel, raw_service
from models.containers import FELIX, container, registered
from models.daemon import RECORD as DAEMON
from models.running import full_run

RECORD = '{"engine": {"id": "E1"}, "namespaces": []}'


def writes(consul: ConsulModel, word: str) -> list[str]:
    """The writes of one kind so far."""
    return [call for call in consul.calls if call.startswith(word)]


def test_a_restarted_registrator_carries_on_with_its_session(consul: ConsulModel) -> None:
    """Found by name: no key is written again."""
    for _ in range(2):
        reconciler = Reconciler(consul.client, DAEMON, ())
        full_run(reconciler, 1)
        reconciler.close()
    assert len(writes(consul, "create session")) == 1
    assert len(writes(consul, "check-not-exists demi/")) == 1


def test_of_two_sessions_the_older_stays_and_all_keys_come_back(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """What the other one held is written again in the same run."""
    name = "demi-registrator/pc1"
    consul.open_sessions = [Session("second", name, NODE, 9), Session("first", name, NODE, 3)]
    consul.put(f"{FELIX.path}owner", "pc1", "second")
    full_run(reconciler, 1)
    assert [s.id for s in consul.open_sessions] == ["first"]
    assert {key.session for key in consul.held.values()} == {"first"}
    assert f"{FELIX.path}owner" in consul.held
    assert reconciler.problems == ()


def test_an_emptied_consul_is_filled_again(consul: ConsulModel, reconciler: Reconciler) -> None:
    """Session, template, services and keys."""
    full_run(reconciler, 1)
    consul.services.clear()
    consul.held.clear()
    consul.open_sessions.clear()
    consul.templates.clear()
    full_run(reconciler, 1)
    assert len(consul.services) == 1
    assert f"{FELIX.path}url" in consul.held
    assert len(consul.templates) == 1


def leave_former_self(consul: ConsulModel) -> None:
    """What this engine's registrator wrote under its former name."""
    old = Reconciler(consul.client, replace(DAEMON, owner="old", instance="before"), ())
    old.look()
    old.converge(registered(container(), origin=Origin(owner="old", host="pc1.cern.ch")))
    old.publish(RECORD)
    old.close()


def test_a_former_self_is_taken_over_without_a_gap(
    consul: ConsulModel, reconciler: Reconciler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its keys change hands before its session ends; its record goes with it."""
    leave_former_self(consul)
    monkeypatch.setattr(roll_call, "_PATIENCE_S", 0.0)
    keys = {path for path in consul.held if path.startswith("demi/")}
    full_run(reconciler, 1)
    assert {path for path in consul.held if path.startswith("demi/")} == keys
    assert [s.name for s in consul.open_sessions] == ["demi-registrator/pc1"]
    assert {key.session for key in consul.held.values()} == {reconciler.session}


def test_a_registrator_that_answers_is_nobodys_former_self(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """Two of them on one engine, each with its own name, leave each other alone."""
    leave_former_self(consul)
    (theirs,) = (s.id for s in consul.open_sessions)

    def answer(prefix: str) -> None:
        if prefix == call_path("old"):
            roll_call.answer(consul.client, consul.held[prefix], "their-instance")

    consul.before_read = answer
    before = dict(consul.services)
    full_run(reconciler)
    assert consul.services == before
    assert theirs in {s.id for s in consul.open_sessions}
    assert "demi-registrator/old/call" not in consul.held


@pytest.mark.parametrize("answers", [True, False])
def test_who_published_under_our_name_is_called_before_anything_is_removed(
    consul: ConsulModel, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    """Its services may look stale to us: if it lives we give way, else they are ours to mend."""
    first = Reconciler(consul.client, replace(DAEMON, instance="first"), ())
    full_run(first, 1)
    assert first.is_alone, "nobody had published before"
    first.publish('{"instance": "first"}')
    first.close()

    def answer(prefix: str) -> None:
        if answers and prefix == call_path("pc1"):
            roll_call.answer(consul.client, consul.held[prefix], "first")

    consul.before_read = answer
    monkeypatch.setattr(roll_call, "_PATIENCE_S", 0.05)
    second = Reconciler(consul.client, DAEMON, ())
    second.look()
    assert not second.is_alone
    assert second._call is not None
    wait([second._call])
    if answers:
        with pytest.raises(ConfigurationError, match="DEMI_OWNER"):
            second.look()
    else:
        second.look()
    assert second.is_alone is not answers
    second.close()


def test_a_namesake_on_another_agent_is_told_apart_by_its_session(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """The record is held by a session that is not ours: the name is taken."""
    full_run(reconciler, 1)
    consul.put("demi-registrator/pc1", "{}", "theirs")
    for _ in range(4):  # keys and sessions are read one after the other
        with pytest.raises(ConflictError):
            reconciler.publish("{}")
    with pytest.raises(ConfigurationError, match="DEMI_OWNER"):
        reconciler.publish("{}")


def test_a_call_that_went_with_its_session_was_not_answered(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """The session was destroyed from outside while we waited: that proves nobody alive."""
    full_run(reconciler, 1)

    def destroy(prefix: str) -> None:
        consul.held.pop(prefix, None)

    consul.before_read = destroy
    with pytest.raises(ConflictError):
        roll_call.is_alive(consul.client, "pc1", caller="x", session=reconciler.session or "")


def test_a_call_without_a_session_finds_nobody(consul: ConsulModel) -> None:
    """The session was destroyed before the call: what Consul refuses is no sign of life."""
    with pytest.raises(ConflictError):
        roll_call.is_alive(consul.client, "pc1", caller="x", session="gone")
    assert call_path("pc1") not in consul.held


def test_our_own_call_of_another_session_is_nobody_else(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """Its answer was lost, and the session has changed since: that proves nobody alive either."""
    full_run(reconciler, 1)
    consul.put(call_path("pc1"), "x", "before")
    ours = reconciler.session or ""
    with pytest.raises(ConflictError):
        roll_call.is_alive(consul.client, "pc1", caller="x", session=ours)
    assert roll_call.is_alive(consul.client, "pc1", caller="y", session=ours), "x is calling"


def test_a_late_request_of_ours_is_no_namesake(consul: ConsulModel, reconciler: Reconciler) -> None:
    """Its answer was lost, so its session is ours all the same: look again, and mend it."""
    full_run(reconciler, 1)
    consul.open_sessions.append(Session("late", "demi-registrator/pc1", NODE, 99))
    consul.put("demi-registrator/pc1", "{}", "late")
    with pytest.raises(ConflictError):
        reconciler.publish("{}")
    full_run(reconciler, 1)
    assert reconciler.publish("{}")
    assert [s.id for s in consul.open_sessions] == [reconciler.session]


def test_leaving_removes_everything_of_ours_alone(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """Services, keys, record and session; foreign things and the shared template stay."""
    consul.services["printer"] = raw_service("printer", "printer")
    consul.put("demi/sr1_lls/felix/api/mine", "x")
    full_run(reconciler, 1, 2)
    reconciler.publish(RECORD)
    reconciler.remove_everything()
    assert list(consul.services) == ["printer"]
    assert list(consul.held) == ["demi/sr1_lls/felix/api/mine"]
    assert consul.open_sessions == []
    assert len(consul.templates) == 1


@pytest.mark.parametrize("error", [ConsulUnavailable("away"), PermissionDenied("no")])
def test_leaving_says_where_something_is_left(
    consul: ConsulModel, reconciler: Reconciler, error: Exception
) -> None:
    """Nobody is told that everything went when Consul refused."""
    full_run(reconciler, 1)

    def fail(what: str) -> None:
        if what.startswith("deregister"):
            raise error

    consul.before_write = fail
    with pytest.raises((ConsulUnavailable, RefusedError)):
        reconciler.remove_everything()

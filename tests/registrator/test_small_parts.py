"""Delays, settings, and the log's words."""

import logging
import random

import pytest

from demi_adapters.consul_types import Key
from demi_adapters.errors import ConfigurationError
from demi_registrator.backoff import Backoff
from demi_registrator.narrate import narrate
from demi_registrator.settings import RegistratorSettings, check_owner, host_of
from demi_registrator.steps import Deregister, KeyChange, Register, SetStatus, WriteKeys
from models.containers import FELIX, container, labels, registered


def test_delays_grow_up_to_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """From half a second; a thousand failures overflow nothing."""
    monkeypatch.setattr(random, "uniform", lambda _, most: most)
    backoff = Backoff()
    delays = [backoff.next_s() for _ in range(1100)]
    assert delays[:8] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert delays[-1] == 30.0


@pytest.mark.parametrize(("resync_s", "longest"), [(3.0, 3.0), (3600.0, 30.0)])
def test_no_delay_is_longer_than_a_resync_would_take(
    monkeypatch: pytest.MonkeyPatch, resync_s: float, longest: float
) -> None:
    """Trying again must not come later than not having failed."""
    monkeypatch.setattr(random, "uniform", lambda _, most: most)
    backoff = Backoff(resync_s)
    assert max(backoff.next_s() for _ in range(20)) == longest


def test_two_registrators_do_not_return_at_the_same_moment() -> None:
    """Each delay is between half and all of its length."""
    firsts = {Backoff().next_s() for _ in range(20)}
    assert len(firsts) > 1
    assert all(0.25 <= delay <= 0.5 for delay in firsts)


def test_success_starts_the_delays_anew_and_counts_the_failures() -> None:
    """The count is what the log says."""
    backoff = Backoff()
    for _ in range(5):
        backoff.next_s()
    assert (backoff.reset(), backoff.reset()) == (5, 0)
    assert backoff.next_s() <= 0.5


@pytest.mark.parametrize("seconds", [0.0, 0.9, -1.0, float("nan"), float("inf"), 1e9])
def test_a_resync_that_makes_no_sense_is_refused(seconds: float) -> None:
    """Too often is a load on Consul, never leaves Docker's health unconfirmed."""
    with pytest.raises(ConfigurationError, match="DEMI_RESYNC"):
        RegistratorSettings(resync_s=seconds)


@pytest.mark.parametrize("host", ["", "a b", "pc1/x", "0.0.0.0", "pc1\n", "http://pc1"])
def test_a_default_host_that_is_none_is_refused(host: str) -> None:
    """The message names the variable."""
    with pytest.raises(ConfigurationError, match="DEMI_HOST"):
        RegistratorSettings(host=host)


@pytest.mark.parametrize("owner", ["", "a/b", "a b", "é", "x" * 64, ".a", "a\n"])
def test_an_owner_that_is_no_key_is_refused(owner: str) -> None:
    """It is a folder's name in the key tree."""
    with pytest.raises(ConfigurationError, match="DEMI_OWNER"):
        check_owner(owner)


def test_without_a_qualified_name_the_engines_own_has_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some resolvers answer localhost for every name of their own machine."""
    for answer, host in {"localhost.localdomain": "pc1", "pc1": "pc1", "pc1.x": "pc1.x"}.items():
        monkeypatch.setattr("socket.getfqdn", lambda _, answer=answer: answer)
        assert host_of("pc1") == host


def test_each_change_is_one_line_with_service_and_container(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever greps for a stack finds what was done to it."""
    caplog.set_level(logging.INFO)
    (service,) = registered(container(labels=labels(description="\x1b[31m\n"))).services
    key = Key("k", b"", 1, "s")
    for step in (
        Register(service, "new"),
        Register(service, "port 1 -> 2"),
        SetStatus(service.id, "warning"),
        WriteKeys((KeyChange("k", None, "v"), KeyChange("k", key, None))),
        Deregister(service.id),
    ):
        narrate(FELIX, step)
    assert caplog.messages == [
        "sr1_lls/felix/api registered at http://pc1.cern.ch:32768 (container 000000000001)",
        "sr1_lls/felix/api updated (container 000000000001): port 1 -> 2",
        f"sr1_lls/felix/api is warning, says Docker ({service.id})",
        "sr1_lls/felix/api keys: 1 written, 1 removed",
        f"sr1_lls/felix/api deregistered ({service.id})",
    ]

"""One run against a whole Consul: sessions, former selves, the query template, refusals."""

import logging

import pytest

from demi_adapters.checks import TTL_S
from demi_adapters.errors import (
    ConsulFailure,
    ConsulUnavailable,
    NotFound,
    PermissionDenied,
    RefusedError,
)
from demi_adapters.problems import Code
from demi_registrator.reconcile import Reconciler
from models.consul import ConsulModel, raw_service
from models.containers import FELIX, container, labels, registered
from models.running import full_run

RECORD = '{"engine": {"id": "E1"}, "namespaces": []}'


def writes(consul: ConsulModel, word: str) -> list[str]:
    """The writes of one kind so far."""
    return [call for call in consul.calls if call.startswith(word)]


def test_a_second_run_writes_nothing(consul: ConsulModel, reconciler: Reconciler) -> None:
    """An idle cycle costs reads alone."""
    full_run(reconciler, 1, 2)
    consul.calls.clear()
    full_run(reconciler, 1, 2)
    assert consul.calls == []


def test_the_template_of_somebody_else_stays_and_is_reported(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """Look-ups by the other form of name work all the same, and it says so."""
    consul.templates = [{"ID": "q9", "Name": "", "Template": {"Type": "name_prefix_match"}}]
    full_run(reconciler, 1)
    assert [t["ID"] for t in consul.templates] == ["q9"]
    assert [p.code for p in reconciler.problems] == [Code.QUERY_HELD]


def test_a_token_without_the_right_to_queries_does_not_stop_the_rest(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """It is a problem, not a failure."""

    def refuse(what: str) -> None:
        if "query" in what:
            raise PermissionDenied("no right to query")

    consul.before_write = refuse
    full_run(reconciler, 1)
    assert len(consul.services) == 1
    assert [p.code for p in reconciler.problems] == [Code.QUERY_HELD]


def test_one_refused_service_does_not_stop_the_others(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """Its keys are written as well; the refusal is a problem until it is gone."""

    def refuse(what: str) -> None:
        if what.startswith("register sr1-lls-felix"):
            raise RefusedError("400 said Consul")

    consul.before_write = refuse
    two = registered(container(), container(2, labels("sr1_lls.daq.ui")))
    reconciler.look()
    outcome = reconciler.converge(two)
    assert not outcome.retry
    assert list(consul.services) == ["sr1-lls-daq-ui-000000000002"]
    assert f"{FELIX.path}url" in consul.held
    assert [(p.code, p.service) for p in reconciler.problems] == [(Code.CONSUL_REFUSED, str(FELIX))]
    consul.before_write = lambda _: None
    reconciler.look()
    reconciler.converge(two)
    assert reconciler.problems == ()


def test_one_failing_service_does_not_stop_the_others(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """A 500 for one says nothing about the next."""

    def fail(what: str) -> None:
        if what.startswith("register sr1-lls-felix"):
            raise ConsulFailure("500")

    consul.before_write = fail
    reconciler.look()
    outcome = reconciler.converge(registered(container(), container(2, labels("sr1_lls.a.b"))))
    assert len(outcome.retry) == 1
    assert len(consul.services) == 1


def test_once_consul_is_away_hardly_anything_more_is_tried(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """Five hundred services must not wait for five hundred time-outs."""
    reconciler.look()
    tried: list[str] = []

    def away(what: str) -> None:
        tried.append(what)
        raise ConsulUnavailable("away")

    consul.before_write = away
    many = registered(*(container(n, labels(f"s.t.n{n}")) for n in range(1, 101)))
    assert reconciler.converge(many).retry
    assert len(tried) <= 8  # one for each worker, and what these had begun


def test_a_service_that_is_gone_already_counts_as_removed(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """Consul 1.11 and later answer 404; nothing is left to be tried again."""
    full_run(reconciler, 1)

    def gone(what: str) -> None:
        if what.startswith("deregister"):
            consul.services.clear()
            raise NotFound("404 said Consul")

    consul.before_write = gone
    outcome = reconciler.converge(registered())
    assert (outcome.retry, outcome.problems, outcome.outdated) == ([], [], False)
    assert [path for path in consul.held if path.startswith("demi/")] == []


def test_what_is_still_there_after_a_404_is_removed_by_the_next_look(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """Whoever answered so, a proxy perhaps: what Consul shows is what counts."""
    full_run(reconciler, 1)

    def deny(what: str) -> None:
        if what.startswith("deregister"):
            raise NotFound("404 said a proxy")

    consul.before_write = deny
    reconciler.converge(registered())
    assert len(consul.services) == 1
    consul.before_write = lambda _: None
    reconciler.look()
    reconciler.converge(registered())
    assert consul.services == {}


def test_a_key_written_meanwhile_is_seen_as_outdated_not_lost(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """The next look finds it, and reports it."""
    reconciler.look()
    consul.put(f"{FELIX.path}url", "mine")
    outcome = reconciler.converge(registered(container()))
    assert outcome.outdated
    full_run(reconciler, 1)
    assert consul.held[f"{FELIX.path}url"].value == b"mine"
    assert [p.code for p in reconciler.problems] == [Code.KV_HELD]


def test_problems_of_other_services_outlive_a_look_at_one(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """An event elsewhere does not mend them."""
    consul.put(f"{FELIX.path}url", "mine")
    full_run(reconciler, 1)
    other = container(2, labels("sr1_lls.daq.ui"))
    reconciler.converge(
        registered(container(), other), only={r.name for r in registered(other).services}
    )
    assert [p.service for p in reconciler.problems] == [str(FELIX)]


def test_a_check_of_somebody_elses_service_under_our_id_is_not_fed(
    consul: ConsulModel, reconciler: Reconciler
) -> None:
    """Not even with what Docker says of our container."""
    id_ = "sr1-lls-felix-api-000000000001"
    consul.services[id_] = raw_service(id_, "x", {"demi_owner": "pc2"})
    consul.checks[f"service:{id_}"] = {"Type": "ttl", "Status": "critical", "ServiceID": id_}
    healthy = registered(container(health="healthy"))
    reconciler.look()
    reconciler.converge(healthy)
    reconciler.confirm(healthy, TTL_S)
    assert writes(consul, "feed") == []


def test_confirming_says_nothing_in_the_log(
    consul: ConsulModel, reconciler: Reconciler, caplog: pytest.LogCaptureFixture
) -> None:
    """Idle cycles are silent."""
    healthy = registered(container(health="healthy"))
    reconciler.look()
    reconciler.converge(healthy)
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    reconciler.confirm(healthy, TTL_S)
    assert len(writes(consul, "feed")) == 1
    assert caplog.messages == []

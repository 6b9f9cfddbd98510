"""Which TTL checks are confirmed, and when."""

from demi_adapters.checks import TTL_S
from demi_adapters.registration import Registration
from demi_registrator.confirmations import Confirmations
from demi_registrator.steps import SetStatus
from models.containers import FELIX, container, labels, registered


def services(count: int, health: str | None = "healthy") -> dict[str, Registration]:
    """That many registrations whose check mirrors Docker's health."""
    many = (container(n, labels(f"s.t.n{n}"), health=health) for n in range(1, count + 1))
    return {r.id: r for r in registered(*many).services}


def confirm(confirmations: Confirmations, of: dict[str, Registration], now: float) -> list[str]:
    """One round in which everything works."""
    due = confirmations.due(of, now)
    confirmations.note([(name, step) for name, steps in due.items() for step in steps], now)
    return [step.id for steps in due.values() for step in steps]


def test_twenty_at_once_and_each_gets_its_turn() -> None:
    """Forty-five services need three rounds, none twice."""
    confirmations, many = Confirmations(), services(45)
    rounds = [confirm(confirmations, many, now) for now in (0, 30, 60, 90)]
    assert [len(ids) for ids in rounds] == [20, 20, 5, 0]
    assert {id_ for ids in rounds for id_ in ids} == set(many)


def test_none_is_confirmed_twice_within_half_a_ttl() -> None:
    """And each is soon after, well before Consul stops believing it."""
    confirmations, one = Confirmations(), services(1)
    assert confirm(confirmations, one, 0)
    assert not confirm(confirmations, one, TTL_S / 2)
    assert confirm(confirmations, one, TTL_S / 2 + 1)


def test_what_failed_is_due_again() -> None:
    """Only what was done is noted."""
    confirmations, one = Confirmations(), services(1)
    assert confirmations.due(one, 0) == confirmations.due(one, 1) != {}


def test_checks_that_consul_runs_itself_need_nobody() -> None:
    """Only Docker's own health is mirrored."""
    assert Confirmations().due(services(3, health=None), 0) == {}


def test_a_service_that_came_back_is_confirmed_anew() -> None:
    """What was noted of it goes when it goes."""
    confirmations, one = Confirmations(), services(1)
    confirm(confirmations, one, 0)
    confirm(confirmations, {}, 1)
    assert confirm(confirmations, one, 2)


def test_all_instances_of_one_service_are_in_one_round() -> None:
    """They are different checks."""
    two = registered(container(1, health="healthy"), container(2, health="unhealthy")).services
    due = Confirmations().due({r.id: r for r in two}, 0)
    assert due == {
        FELIX: (
            SetStatus("sr1-lls-felix-api-000000000001", "passing"),
            SetStatus("sr1-lls-felix-api-000000000002", "critical"),
        )
    }

"""The inventory: what the engine's list leaves out, and when it is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from demi_adapters.container import Container
from demi_adapters.errors import EngineUnavailable, NotFound
from demi_adapters.registration import Origin
from demi_registrator.inventory import Inventory
from models.containers import FELIX, ORIGIN, container, labels

SECOND = 1_000_000_000


class Looks:
    """Inspections, counted; what is not known is not found."""

    def __init__(self, *known: Container) -> None:
        self._known: Mapping[str, Container] = {c.id: c for c in known}
        self.asked: list[str] = []

    def __call__(self, id_: str) -> Container:
        """Inspect one."""
        self.asked.append(id_)
        if id_ not in self._known:
            raise NotFound(id_)
        return self._known[id_]


@pytest.fixture
def inventory() -> Inventory:
    """An empty one."""
    return Inventory(ORIGIN)


def shown(inventory: Inventory) -> list[str]:
    """The containers of the registrations."""
    return [service.container for service in inventory.registrations().services]


def test_a_plain_listing_needs_no_inspection(inventory: Inventory) -> None:
    """A hundred containers cost one call."""
    looks = Looks()
    many = [container(n, labels(f"s.t.n{n}"), created_ns=5 * SECOND) for n in range(1, 100)]
    inventory.replace_all(many, looks)
    assert (len(inventory), looks.asked) == (99, [])


def test_instances_created_in_the_same_second_are_inspected_once(inventory: Inventory) -> None:
    """The list knows whole seconds; the order of creation decides whose keys are shown."""
    listed = [container(n, created_ns=5 * SECOND) for n in (1, 2)]
    looks = Looks(*(replace(c, created_ns=5 * SECOND + 9 - n) for n, c in enumerate(listed)))
    inventory.replace_all(listed, looks)
    inventory.replace_all(listed, looks)
    assert sorted(looks.asked) == [c.id for c in listed]
    created = {s.container: s.created_ns for s in inventory.registrations().services}
    assert created == {"000000000001": 5 * SECOND + 9, "000000000002": 5 * SECOND + 8}


def test_only_the_new_one_of_a_tie_is_inspected(inventory: Inventory) -> None:
    """Scaling from two to three costs one inspection."""
    listed = [container(n, created_ns=5 * SECOND) for n in (1, 2, 3)]
    looks = Looks(*listed)
    inventory.replace_all(listed[:2], looks)
    inventory.replace_all(listed, looks)
    assert sorted(looks.asked) == [c.id for c in listed]


def test_an_event_that_makes_a_tie_has_the_other_one_inspected(inventory: Inventory) -> None:
    """That one was only listed, and may have been created later in the same second."""
    looks = Looks(container(1, created_ns=SECOND + 9), container(3, created_ns=2 * SECOND))
    inventory.replace_all(
        [container(n, created_ns=n // 2 * SECOND + SECOND) for n in (1, 3)], looks
    )
    for _ in range(2):
        inventory.update(container(2, created_ns=SECOND + 8), looks)
    assert looks.asked == [container(1).id]
    created = {s.container: s.created_ns for s in inventory.registrations().services}
    assert created["000000000001"] == SECOND + 9


@pytest.mark.parametrize("others", [[], [container(running=False)]])
def test_the_end_of_the_other_one_of_a_tie_is_left_to_its_event(
    inventory: Inventory, others: list[Container]
) -> None:
    """Were it forgotten here, nobody would know what of it has to go."""
    inventory.replace_all([container(created_ns=SECOND)], Looks())
    inventory.update(container(2, created_ns=SECOND), Looks(*others))
    assert inventory.services_of(container().id) == {FELIX}


def test_a_tie_within_a_dotted_site_is_seen(inventory: Inventory) -> None:
    """Sites are split as they are configured."""
    inventory = Inventory(Origin(owner="o", host="h", sites=("a.b",)))
    listed = [container(n, labels("a.b.c.d"), created_ns=SECOND) for n in (1, 2)]
    looks = Looks(*listed)
    inventory.replace_all(listed, looks)
    assert len(looks.asked) == 2


def test_different_services_of_one_second_are_no_tie(inventory: Inventory) -> None:
    """`docker compose up` starts many at once."""
    looks = Looks()
    listed = [container(n, labels(f"s.t.n{n}"), created_ns=SECOND) for n in (1, 2)]
    inventory.replace_all(listed, looks)
    assert looks.asked == []


def test_a_container_that_stays_paused_keeps_its_health(inventory: Inventory) -> None:
    """The list hides it; what was found when it was paused still holds, without asking again."""
    looks = Looks(container(paused=True, health="healthy"))
    inventory.replace_all([container(health="healthy")], looks)
    inventory.replace_all([container(paused=True)], looks)
    inventory.replace_all([container(paused=True)], looks)
    check = inventory.registrations().services[0].check
    assert check
    assert (check.kind, check.status) == ("ttl", "passing")
    assert len(looks.asked) == 1


def test_a_pause_is_not_believed_to_have_lasted_while_events_were_missed(
    inventory: Inventory,
) -> None:
    """It may have been unpaused, fallen ill, and been paused again meanwhile."""
    inventory.replace_all([container(paused=True)], Looks(container(paused=True, health="healthy")))
    inventory.has_missed_events()
    ill = Looks(container(paused=True, health="unhealthy"))
    inventory.replace_all([container(paused=True)], ill)
    inventory.replace_all([container(paused=True)], ill)
    check = inventory.registrations().services[0].check
    assert check
    assert check.status == "critical"
    assert len(ill.asked) == 1


def test_a_container_that_can_not_be_looked_at_hides_no_other(inventory: Inventory) -> None:
    """The engine answers 500 for this one alone: what the list says of it has to do."""

    def fails(_: str) -> Container:
        raise EngineUnavailable("500")

    inventory.replace_all([container(1, paused=True), container(2, labels("s.t.u"))], fails)
    assert len(inventory.registrations().services) == 2
    again = Looks(container(1, paused=True, health="healthy"))
    inventory.replace_all([container(1, paused=True), container(2, labels("s.t.u"))], again)
    assert len(again.asked) == 1


def test_an_unknown_paused_container_is_inspected(inventory: Inventory) -> None:
    """A registrator that starts while it is paused must not fall back to another check."""
    looks = Looks(container(paused=True, health="unhealthy"))
    inventory.replace_all([container(paused=True)], looks)
    check = inventory.registrations().services[0].check
    assert check
    assert check.status == "critical"


def test_health_follows_the_list_again_once_it_runs(inventory: Inventory) -> None:
    """Memory serves only while the list is silent."""
    inventory.update(container(health="healthy"), Looks())
    inventory.replace_all([container(health="unhealthy")], Looks())
    check = inventory.registrations().services[0].check
    assert check
    assert check.status == "critical"


def test_an_image_named_by_its_id_is_looked_up_once(inventory: Inventory) -> None:
    """The list says so as soon as the name belongs to a newer image."""
    listed = container(image="sha256:00ff")
    looks = Looks(container(image="felix:1"))
    inventory.replace_all([listed], looks)
    inventory.replace_all([listed], looks)
    assert len(looks.asked) == 1
    assert inventory.registrations().services[0].kv[f"{FELIX.path}image"] == "felix:1"


def test_a_container_that_is_gone_when_looked_at_is_left_out(inventory: Inventory) -> None:
    """It ended between the listing and the inspection."""
    inventory.replace_all([container(paused=True), container(2)], Looks())
    assert shown(inventory) == ["000000000002"]


def test_it_is_complete_only_after_a_listing(inventory: Inventory) -> None:
    """An event alone says nothing of the other containers."""
    inventory.update(container(), Looks())
    assert not inventory.is_complete
    inventory.replace_all([], Looks())
    assert inventory.is_complete


def test_a_listing_drops_what_it_does_not_show(inventory: Inventory) -> None:
    """Also what an event had told of."""
    inventory.update(container(1), Looks())
    inventory.replace_all([container(2)], Looks())
    assert shown(inventory) == ["000000000002"]


def _forget(inventory: Inventory) -> None:
    inventory.forget(container().id)


def _stop(inventory: Inventory) -> None:
    inventory.update(container(running=False), Looks())


def _relabel(inventory: Inventory) -> None:
    inventory.update(container(labels={}), Looks())


@pytest.mark.parametrize("end", [_forget, _stop, _relabel])
def test_what_has_ended_is_no_instance_any_more(
    inventory: Inventory, end: Callable[[Inventory], None]
) -> None:
    """Forgotten, found stopped, or without labels of ours."""
    inventory.update(container(), Looks())
    assert inventory.services_of(container().id) == {FELIX}
    end(inventory)
    assert inventory.services_of(container().id) == frozenset()
    assert shown(inventory) == []


def test_forgetting_a_stranger_is_nothing(inventory: Inventory) -> None:
    """Containers without labels of ours end as well."""
    inventory.forget("f" * 64)
    assert len(inventory) == 0

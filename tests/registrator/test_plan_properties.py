"""What holds of every plan, on whatever Consul and containers there are."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from demi_adapters.consul_types import Key, Session
from demi_adapters.container import Container
from demi_adapters.registration import Registrations
from demi_registrator.desired import Desired, desired_state
from demi_registrator.observed import Observed, observed_state
from demi_registrator.plan import make_plan
from demi_registrator.steps import Deregister, Identity, Plan, WriteKeys
from models.consul import NODE, ConsulModel, raw_service
from models.containers import container, labels, registered
from models.running import apply, observe, plan_for

T = TypeVar("T")

US = Identity(
    owner="pc1",
    session="ours",
    former_owners=frozenset({"old"}),
    former_sessions=frozenset({"former"}),
)

# Names that share slugs, and two that differ in case alone.
_NAMES = st.sampled_from(["a.b.c", "a.b-c.d", "a.b_c.d", "a.b.C", "A.b.c"])
_KEYS = st.sampled_from(["url", "owner", "port", "mine", "deep/er", "category"])
_VALUES = st.sampled_from(["", "x", "8000", "é\x1b[1m", "no port"])


@st.composite
def _containers(draw: st.DrawFn) -> list[Container]:
    made = []
    for number in draw(st.sets(st.integers(1, 4))):
        own: dict[str, str] = {}
        for name in draw(st.sets(_NAMES, max_size=2)):
            extra = draw(st.dictionaries(st.sampled_from(["category", "port", "x.y"]), _VALUES))
            own |= labels(name, **extra)
        made.append(
            container(
                number,
                own,
                host_port=draw(st.integers(1, 3)),
                created_ns=draw(st.integers(0, 2)),
                health=draw(st.sampled_from([None, "healthy", "starting"])),
                running=draw(st.booleans()),
            )
        )
    return made


@st.composite
def _worlds(draw: st.DrawFn) -> ConsulModel:
    """A Consul with services and keys of ours, of our former self, of others and of nobody."""
    consul = ConsulModel()
    consul.open_sessions = [
        Session(id_, f"demi-registrator/{id_}", NODE, 1) for id_ in ("ours", "former", "theirs")
    ]
    before = registered(*draw(_containers()))
    apply(consul, plan_for(consul, before, US), US)
    for service in consul.services.values():
        owner = draw(st.sampled_from(["pc1", "old", "pc2", None]))
        service["Meta"].pop("demi_owner", None)
        service["Meta"] |= {"demi_owner": owner} if owner else {}
    consul.services["printer"] = raw_service("printer", "printer", {"demi_site": "a"})
    for name, key, value, session in draw(
        st.lists(
            st.tuples(
                _NAMES, _KEYS, _VALUES, st.sampled_from(["ours", "former", "theirs", None, None])
            ),
            max_size=6,
        )
    ):
        consul.put(f"demi/{name.replace('.', '/')}/{key}", value, session)
    consul.put("demi/notes", "a person's")
    return consul


@dataclass
class Foreign:
    """Everything in a Consul that we may not touch."""

    services: dict[str, object]
    keys: dict[str, Key]


def _foreign(consul: ConsulModel) -> Foreign:
    ours = {"pc1", "old"}
    return Foreign(
        {id_: s for id_, s in consul.agent_services().items() if _owner(s) not in ours},
        {path: k for path, k in consul.held.items() if k.session not in ("ours", "former")},
    )


def _owner(service: dict[str, dict[str, str]]) -> str | None:
    return service["Meta"].get("demi_owner")


@given(_worlds(), _containers())
def test_after_a_plan_was_applied_there_is_nothing_to_do(
    consul: ConsulModel, containers: list[Container]
) -> None:
    """Neither by the mirror that was kept in step nor by a fresh look."""
    now = registered(*containers)
    mirror = observe(consul)
    plan = make_plan(desired_state(now), mirror, US)
    outcome = apply(consul, plan, US, mirror)
    assert (outcome.retry, outcome.problems, outcome.outdated) == ([], [], False)
    assert not plan_for(consul, now, US)
    assert not make_plan(desired_state(now), mirror, US)
    fresh = observe(consul)
    assert {n: keys for n, keys in mirror.keys.items() if keys} == fresh.keys


@given(_worlds(), _containers())
def test_what_is_not_ours_survives_unchanged(
    consul: ConsulModel, containers: list[Container]
) -> None:
    """Services of other owners and of none, keys of other sessions and of none."""
    before = _foreign(consul)
    apply(consul, plan_for(consul, registered(*containers), US), US)
    after = _foreign(consul)
    assert after.services == before.services
    assert after.keys == before.keys


@given(_worlds(), _containers(), st.randoms(use_true_random=False))
def test_the_order_of_anything_does_not_matter(
    consul: ConsulModel, containers: list[Container], chance: random.Random
) -> None:
    """The same plan, printed the same way."""
    now = registered(*containers)
    one = plan_for(consul, now, US)
    other = make_plan(_shuffled(now, chance), _shuffled_look(consul, chance), US)
    assert repr(other) == repr(one)


@given(_worlds(), _containers(), st.integers(0, 12))
def test_stopped_after_any_step_it_converges_from_there(
    consul: ConsulModel, containers: list[Container], done: int
) -> None:
    """A registrator may be killed at any moment."""
    now = registered(*containers)
    for step in _one_by_one(plan_for(consul, now, US))[:done]:
        apply(consul, step, US)
    apply(consul, plan_for(consul, now, US), US)
    assert not plan_for(consul, now, US)


@given(_worlds(), _containers())
def test_an_old_listing_never_deletes(consul: ConsulModel, containers: list[Container]) -> None:
    """Every service and every key is still there."""
    services, keys = set(consul.services), set(consul.held)
    plan = plan_for(consul, registered(*containers), US, may_delete=False)
    apply(consul, plan, US)
    assert services <= set(consul.services)
    assert keys <= set(consul.held)


@given(_worlds())
def test_without_a_session_no_key_is_touched_that_exists(consul: ConsulModel) -> None:
    """`demi plan` before the first start promises no deletion of keys."""
    plan = plan_for(consul, registered(), Identity(owner="nobody"))
    assert not any(
        isinstance(step, WriteKeys | Deregister) for steps in plan.steps.values() for step in steps
    )


@settings(max_examples=50)
@given(_worlds(), _containers())
def test_service_by_service_comes_to_the_same_as_all_at_once(
    consul: ConsulModel, containers: list[Container]
) -> None:
    """What events do one by one, a full run would have done."""
    now = registered(*containers)
    whole = plan_for(consul, now, US)
    names = [*whole.steps, *desired_state(now).trees]
    for name in names:
        part = plan_for(consul, now, US, only={name})
        assert part.steps.keys() <= {name}
        assert part.steps.get(name) == whole.steps.get(name)


def _one_by_one(plan: Plan) -> list[Plan]:
    return [Plan({name: (step,)}) for name, steps in plan.steps.items() for step in steps]


def _mixed(things: Sequence[T], chance: random.Random) -> list[T]:
    return chance.sample(list(things), len(things))


def _shuffled(now: Registrations, chance: random.Random) -> Desired:
    return desired_state(Registrations(tuple(_mixed(now.services, chance)), now.problems))


def _shuffled_look(consul: ConsulModel, chance: random.Random) -> Observed:
    return observed_state(
        dict(_mixed(list(consul.services.items()), chance)),
        dict(_mixed(list(consul.checks.items()), chance)),
        _mixed(list(consul.held.values()), chance),
    )

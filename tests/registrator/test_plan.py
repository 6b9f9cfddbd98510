"""The plan, one situation at a time."""

import pytest

from demi_adapters.container import Container
from demi_adapters.problems import Code
from demi_adapters.registration import Origin
from demi_registrator.steps import Deregister, Identity, Plan, Register, SetStatus, Step, WriteKeys
from models.consul import ConsulModel, raw_service
from models.containers import FELIX, container, labels, registered
from models.running import apply, plan_for

ROOT = "demi/sr1_lls/felix/api/"


@pytest.fixture
def us(consul: ConsulModel) -> Identity:
    """Ourselves, with a session."""
    return Identity(owner="pc1", session=consul.create_session("demi-registrator/pc1"))


def all_steps(plan: Plan) -> list[Step]:
    """Every step, in order."""
    return [step for steps in plan.steps.values() for step in steps]


def paths(plan: Plan) -> dict[str, str | None]:
    """The key changes, without the folder."""
    return {
        change.path.removeprefix(ROOT): change.new
        for step in all_steps(plan)
        if isinstance(step, WriteKeys)
        for change in step.changes
    }


def settle(consul: ConsulModel, us: Identity, *containers: Container) -> None:
    """Bring Consul in step with these containers."""
    plan = plan_for(consul, registered(*containers), us)
    assert not apply(consul, plan, us).retry


def test_a_new_service_is_registered_before_its_keys_appear(
    consul: ConsulModel, us: Identity
) -> None:
    """Whoever finds a key can look the service up."""
    steps = all_steps(plan_for(consul, registered(container()), us))
    assert [type(step) for step in steps] == [Register, WriteKeys]
    assert isinstance(steps[0], Register)
    assert steps[0].is_new


def test_nothing_to_do_is_an_empty_plan(consul: ConsulModel, us: Identity) -> None:
    """A plan for a Consul that is in step is false."""
    settle(consul, us, container())
    assert not plan_for(consul, registered(container()), us)


def test_a_changed_port_updates_service_and_the_keys_that_name_it(
    consul: ConsulModel, us: Identity
) -> None:
    """Only the keys that hold the port are written."""
    settle(consul, us, container())
    plan = plan_for(consul, registered(container(host_port=40000)), us)
    register = all_steps(plan)[0]
    assert isinstance(register, Register)
    assert not register.is_new
    assert register.why == "port 32768 -> 40000"
    assert paths(plan) == {"hostport": "40000", "url": "http://pc1.cern.ch:40000"}


def test_a_changed_check_alone_is_an_update(consul: ConsulModel, us: Identity) -> None:
    """The agent does not show a check's definition; its notes give the change away."""
    settle(consul, us, container())
    changed = container(labels=labels(health_interval="30s"))
    register = all_steps(plan_for(consul, registered(changed), us))[0]
    assert isinstance(register, Register)
    assert register.why.startswith("check ")


def test_a_check_that_somebody_removed_comes_back(consul: ConsulModel, us: Identity) -> None:
    """A service without its check would look healthy for ever."""
    settle(consul, us, container())
    consul.checks.clear()
    assert all_steps(plan_for(consul, registered(container()), us))


def test_a_stopped_container_takes_its_service_and_then_its_keys(
    consul: ConsulModel, us: Identity
) -> None:
    """Nothing is left of it."""
    settle(consul, us, container())
    plan = plan_for(consul, registered(container(running=False)), us)
    assert [type(step) for step in all_steps(plan)] == [Deregister, WriteKeys]
    apply(consul, plan, us)
    assert (consul.services, consul.held) == ({}, {})


@pytest.mark.parametrize("owner", [None, "pc2", "pc11", "PC1"])
def test_a_foreign_service_that_looks_like_ours_stays(
    consul: ConsulModel, us: Identity, owner: str | None
) -> None:
    """Neither our prefix nor our form of ID makes a service ours: its owner does."""
    meta = {"demi_site": "sr1_lls", **({"demi_owner": owner} if owner else {})}
    consul.services["sr1-lls-felix-api-0123456789ab"] = raw_service("x", "sr1-lls-felix-api", meta)
    assert not plan_for(consul, registered(), us)


def test_a_foreign_service_under_our_id_is_left_alone_and_reported(
    consul: ConsulModel, us: Identity
) -> None:
    """The keys are written all the same; the problem names the owner."""
    id_ = "sr1-lls-felix-api-000000000001"
    consul.services[id_] = raw_service(id_, "printer", {"demi_owner": "pc2"})
    plan = plan_for(consul, registered(container()), us)
    assert [type(step) for step in all_steps(plan)] == [WriteKeys]
    assert [(p.code, "'pc2'" in p.message) for p in plan.problems] == [(Code.ID_TAKEN, True)]


def test_a_persons_key_in_the_way_is_kept_and_the_others_are_written(
    consul: ConsulModel, us: Identity
) -> None:
    """That one key is reported, with the command that frees the place."""
    consul.put(f"{ROOT}url", "http://mine")
    plan = plan_for(consul, registered(container()), us)
    assert "url" not in paths(plan)
    assert {"host", "port", "owner"} <= paths(plan).keys()
    assert [p.code for p in plan.problems] == [Code.KV_HELD]
    assert f"consul kv delete {ROOT}url" in plan.problems[0].message


def test_a_tree_of_another_registrator_is_not_mixed_with_ours(
    consul: ConsulModel, us: Identity
) -> None:
    """Who holds the key `owner` holds the tree; the service is registered all the same."""
    consul.put(f"{ROOT}owner", "pc2", session="theirs")
    plan = plan_for(consul, registered(container()), us)
    assert [type(step) for step in all_steps(plan)] == [Register]
    assert [p.code for p in plan.problems] == [Code.KV_HELD]
    assert "held by 'pc2'" in plan.problems[0].message


def test_our_leftovers_in_a_tree_of_another_registrator_go(
    consul: ConsulModel, us: Identity
) -> None:
    """Two half trees would contradict each other."""
    consul.put(f"{ROOT}owner", "pc2", session="theirs")
    consul.put(f"{ROOT}url", "http://pc1", session=us.session)
    assert paths(plan_for(consul, registered(container()), us)) == {"url": None}


def test_keys_of_a_former_self_are_handed_over_even_where_they_are_right(
    consul: ConsulModel, us: Identity
) -> None:
    """They would go with the former session otherwise; those no longer wanted are deleted."""
    settle(consul, us, container())
    former = Identity(owner="pc1", session="new", former_sessions=frozenset({us.session or ""}))
    consul.put(f"{ROOT}old", "x", session=us.session)
    changes = paths(plan_for(consul, registered(container()), former))
    assert changes.pop("old") is None
    assert changes.keys() == {
        path.removeprefix(ROOT) for path in consul.held if not path.endswith("/old")
    }


def test_services_of_a_former_self_are_taken_over_or_removed(
    consul: ConsulModel, us: Identity
) -> None:
    """A renamed host keeps what still runs."""
    old = Identity(owner="old-name", session=us.session)
    settle(consul, old, container(), container(2, labels("sr1_lls.daq.ui")))
    for service in consul.services.values():
        service["Meta"]["demi_owner"] = "old-name"
    now = Identity(owner="pc1", session=us.session, former_owners=frozenset({"old-name"}))
    apply(consul, plan_for(consul, registered(container()), now), now)
    assert [s["Meta"]["demi_owner"] for s in consul.services.values()] == ["pc1"]


def test_of_scaled_instances_the_tree_shows_the_first(consul: ConsulModel, us: Identity) -> None:
    """All are registered; the order in which they are listed does not matter."""
    settle(consul, us, container(2, host_port=2), container(1, host_port=1), container(3))
    assert len(consul.services) == 3
    assert consul.held[f"{ROOT}hostport"].value == b"1"


def test_the_second_instance_takes_over_when_the_first_dies(
    consul: ConsulModel, us: Identity
) -> None:
    """In one transaction, so that no reader sees a tree of both."""
    first, second = container(1, host_port=1), container(2, host_port=2)
    settle(consul, us, first, second)
    plan = plan_for(consul, registered(second), us)
    assert [type(step) for step in all_steps(plan)] == [Deregister, WriteKeys]
    assert paths(plan) == {
        "container": "000000000002",
        "hostport": "2",
        "url": "http://pc1.cern.ch:2",
    }


def test_several_services_with_one_slug_are_all_registered(
    consul: ConsulModel, us: Identity
) -> None:
    """Also where one container carries them, whose IDs would be the same."""
    both = {**labels("sr1.felix.api"), **labels("sr1.felix.API"), **labels("SR1.felix.api")}
    found = registered(container(labels=both))
    apply(consul, plan_for(consul, found, us), us)
    assert len(consul.services) == 3
    assert {s["Service"] for s in consul.services.values()} == {"sr1-felix-api"}
    assert [p.code for p in found.problems] == [Code.NAME_COLLISION]
    assert not plan_for(consul, found, us)


def test_an_old_listing_adds_and_updates_and_deletes_nothing(
    consul: ConsulModel, us: Identity
) -> None:
    """While the engine is away nobody knows what has stopped."""
    settle(consul, us, container(1, labels(category="UI")), container(2, labels("sr1_lls.daq.ui")))
    now = registered(container(1, host_port=7), container(3, labels("sr1_lls.new.api")))
    steps = all_steps(plan_for(consul, now, us, may_delete=False))
    assert not any(isinstance(step, Deregister) for step in steps)
    changes = [c for step in steps if isinstance(step, WriteKeys) for c in step.changes]
    assert changes
    assert all(change.new is not None for change in changes)
    assert {s.registration.container for s in steps if isinstance(s, Register)} == {
        "000000000001",
        "000000000003",
    }


def test_a_look_at_one_service_leaves_the_others(consul: ConsulModel, us: Identity) -> None:
    """Neither what is new elsewhere nor what has gone there is in the plan."""
    settle(consul, us, container(2, labels("sr1_lls.daq.ui")))
    now = registered(container(), container(3, labels("sr1_lls.new.api")))
    plan = plan_for(consul, now, us, only={FELIX})
    assert plan.steps.keys() == {FELIX}


def test_dockers_health_is_fed_without_a_new_registration(
    consul: ConsulModel, us: Identity
) -> None:
    """Only the state has changed."""
    settle(consul, us, container(health="starting"))
    plan = plan_for(consul, registered(container(health="unhealthy")), us)
    assert all_steps(plan) == [SetStatus("sr1-lls-felix-api-000000000001", "critical")]


def test_a_lapsed_check_is_fed_again(consul: ConsulModel, us: Identity) -> None:
    """Consul makes an unconfirmed state critical by itself."""
    settle(consul, us, container(health="healthy"))
    next(iter(consul.checks.values()))["Status"] = "critical"
    plan = plan_for(consul, registered(container(health="healthy")), us)
    assert all_steps(plan) == [SetStatus("sr1-lls-felix-api-000000000001", "passing")]


def test_a_service_with_an_error_has_keys_but_no_registration(
    consul: ConsulModel, us: Identity
) -> None:
    """Its sound labels help to see what is wrong."""
    broken = container(labels=labels(hostport="0", category="UI"))
    plan = plan_for(consul, registered(broken), us)
    assert [type(step) for step in all_steps(plan)] == [WriteKeys]
    assert paths(plan)["category"] == "UI"
    assert "hostport" not in paths(plan)


def test_a_problem_shows_no_raw_text_of_others(consul: ConsulModel, us: Identity) -> None:
    """A name that somebody wrote into Consul ends in logs and on the page."""
    id_ = "sr1-lls-felix-api-000000000001"
    consul.services[id_] = raw_service(id_, "x", {"demi_owner": "\x1b[2J\u202e"})
    consul.put(f"{ROOT}owner", "\x1b]0;x\x07\n", session="theirs")
    plan = plan_for(consul, registered(container()), us)
    assert len(plan.problems) == 2
    assert all(problem.message.isprintable() for problem in plan.problems)


def test_before_we_know_that_we_are_alone_things_are_only_added(
    consul: ConsulModel, us: Identity
) -> None:
    """What differs may be as a namesake wants it: no service, key or check state is changed."""
    settle(consul, us, container(1), container(2, labels("sr1.daq.old")))
    before = dict(consul.services), dict(consul.held)
    other = Origin(owner="pc1", host="another-name")
    new = container(3, labels("sr1.daq.new"))
    changed = registered(container(1), new, origin=other)
    plan = plan_for(consul, changed, us, may_delete=False, may_update=False)
    assert {str(name) for name in plan.steps} == {"sr1.daq.new"}
    apply(consul, plan, us)
    assert before[0].items() <= consul.services.items()
    assert before[1].items() <= consul.held.items()

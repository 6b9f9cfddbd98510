"""What has happened between two moments, for any moments."""

from hypothesis import given, settings
from hypothesis import strategies as st

from demi_adapters import Change, ChangeKind, Entry, Instance, KeyChangeKind, Snapshot
from demi_adapters.directory import CheckState, in_order
from demi_adapters.entries import key_changes
from demi_adapters.services import changes_between

few = settings(deadline=None, max_examples=80)


def instance(node: str, number: int, status: str, description: str | None) -> Instance:
    """One of a small world's instances."""
    check = CheckState(id="c", name="check", status=status, output="said", is_of_node=False)
    return Instance(
        site="sr1",
        stack="felix",
        service=f"s{number // 2}",
        status=status,
        host="pc7",
        port=8000 + number,
        url=None,
        swagger_url=None,
        category=None,
        description=description,
        container=None,
        owner="pc7",
        node=node,
        id=f"i{number}",
        checks=(check,),
    )


instances = st.builds(
    instance,
    st.sampled_from(["n1", "n2"]),
    st.integers(0, 4),
    st.sampled_from(["passing", "warning", "critical"]),
    st.sampled_from([None, "old", "new"]),
)
snapshots = st.lists(instances, unique_by=lambda i: (i.node, i.id), max_size=6).map(
    lambda found: Snapshot.of(in_order(found))
)


def applied(there: dict[tuple[str, str], Instance], change: Change) -> None:
    """Do what a program does that follows changes; each has to make sense where it comes."""
    key = (change.instance.node, change.instance.id)
    if change.kind is ChangeKind.GONE:
        assert there.pop(key) == change.instance
        return
    assert (key in there) == (change.kind is not ChangeKind.APPEARED)
    there[key] = change.instance


@few
@given(st.lists(snapshots, min_size=1, max_size=8))
def test_changes_applied_in_turn_make_up_the_last_moment(states: list[Snapshot]) -> None:
    """Whatever the moments in between; none appears twice, none goes that was not there."""
    there: dict[tuple[str, str], Instance] = {}
    before: Snapshot | None = None
    for state in states:
        for change in changes_between(before, state):
            applied(there, change)
        before = state
        assert there == {(i.node, i.id): i for i in state.instances}


@few
@given(snapshots, snapshots)
def test_health_turns_are_told_when_and_only_when_health_turns(
    before: Snapshot, after: Snapshot
) -> None:
    """Once for each instance that was there before and is there still."""
    turns = {
        (c.instance.node, c.instance.id): c.kind is ChangeKind.BECAME_HEALTHY
        for c in changes_between(before, after)
        if c.kind in (ChangeKind.BECAME_HEALTHY, ChangeKind.BECAME_UNHEALTHY)
    }
    was = {(i.node, i.id): i.is_healthy for i in before.instances}
    assert turns == {
        (i.node, i.id): i.is_healthy
        for i in after.instances
        if was.get((i.node, i.id), i.is_healthy) != i.is_healthy
    }


@few
@given(snapshots)
def test_nothing_happens_between_a_moment_and_itself(state: Snapshot) -> None:
    """After an outage without a change, a watch is silent."""
    assert list(changes_between(state, Snapshot.of(state.instances))) == []


def test_a_text_and_the_health_that_change_at_once_are_two_changes() -> None:
    """And a turn from one unhealthy state to another is a plain one."""

    def kinds(before: Instance, after: Instance) -> list[str]:
        return [c.kind.value for c in changes_between(Snapshot.of([before]), Snapshot.of([after]))]

    sick = instance("n", 1, "critical", "old")
    assert kinds(sick, instance("n", 1, "passing", "new")) == ["changed", "became-healthy"]
    assert kinds(sick, instance("n", 1, "warning", "old")) == ["changed"]


@few
@given(snapshots)
def test_a_service_names_its_healthy_instances_first(state: Snapshot) -> None:
    """And says what all of them say together."""
    order = ("passing", "warning", "critical")
    for service in state.services.values():
        found = [order.index(i.status) for i in service.instances]
        assert found == sorted(found)
        assert service.is_healthy == (0 in found)
        assert service.status == (order[found[0]] if found[0] == found[-1] else "warning")


trees = st.dictionaries(
    st.sampled_from(["a", "b", "c/d"]), st.tuples(st.binary(max_size=1), st.integers(1, 9))
).map(
    lambda found: {
        path: Entry(path, value, version, False) for path, (value, version) in found.items()
    }
)


@few
@given(st.lists(trees, min_size=1, max_size=6))
def test_changes_of_keys_applied_in_turn_make_up_the_last_tree(
    states: list[dict[str, Entry]],
) -> None:
    """By value: another version of the same value is no change."""
    there: dict[str, bytes] = {}
    before: dict[str, Entry] = {}
    for now in states:
        for change in key_changes(before, now):
            path, is_known = change.entry.path, change.entry.path in there
            assert is_known == (change.kind is not KeyChangeKind.APPEARED)
            if change.kind is KeyChangeKind.GONE:
                del there[path]
            else:
                assert there.get(path) != change.entry.value
                there[path] = change.entry.value
        before = now
        assert there == {path: entry.value for path, entry in now.items()}

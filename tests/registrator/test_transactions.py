"""Key changes as transactions: within Consul's limits, and never without a condition."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demi_adapters.consul_types import Key, Operation, Session
from demi_adapters.errors import ConflictError
from demi_registrator.apply import transactions
from demi_registrator.steps import KeyChange
from models.consul import NODE, ConsulModel

CONSUL_BYTES = 512 * 1024  # `txn_max_req_len` by default


def key(path: str, session: str | None = "ours") -> Key:
    """A key as it was observed."""
    return Key(path, b"old", 7, session)


def verbs(change: KeyChange) -> list[str]:
    """What one change becomes."""
    (operations,) = transactions([change], "ours")
    return [operation.verb for operation in operations]


def size(operations: list[Operation]) -> int:
    """Bytes of the request."""
    return len(json.dumps([operation.body for operation in operations]))


def test_each_change_depends_on_what_was_observed() -> None:
    """A new key must not be there, an old one be unchanged, a former one still be held."""
    assert verbs(KeyChange("k", None, "new")) == ["check-not-exists", "lock"]
    assert verbs(KeyChange("k", key("k"), "new")) == ["cas"]
    assert verbs(KeyChange("k", key("k"), None)) == ["delete-cas"]
    assert verbs(KeyChange("k", key("k", "former"), "new")) == ["unlock", "lock"]


def test_a_service_of_usual_size_changes_in_one_transaction() -> None:
    """Twenty labels and all derived keys: a reader never sees half of it."""
    changes = [KeyChange(f"demi/a/b/c/k{n}", None, "v") for n in range(32)]
    assert len(list(transactions(changes, "ours"))) == 1


def test_a_change_is_never_torn_apart() -> None:
    """The condition of a write is in the same transaction."""
    changes = [KeyChange("k0", key("k0"), None)]
    changes += [KeyChange(f"k{n}", None, "v") for n in range(1, 100)]
    for operations in transactions(changes, "ours"):
        assert len(operations) <= 64
        assert operations[0].verb != "lock"
        assert operations[-1].verb != "check-not-exists"


@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "é", "漢", "😀"]), st.integers(0, 65_000)), max_size=12
    ),
    st.sampled_from([None, "ours", "former"]),
)
def test_no_request_is_larger_than_consul_takes(
    values: list[tuple[str, int]], held_by: str | None
) -> None:
    """Whatever characters the values are made of, each fit to be a label (256 KiB)."""
    changes = [
        KeyChange(f"k{n}", key(f"k{n}", held_by) if held_by else None, letter * length)
        for n, (letter, length) in enumerate(values)
    ]
    made = list(transactions(changes, "ours"))
    assert all(size(operations) <= CONSUL_BYTES for operations in made)
    written = {o.path: o.value for operations in made for o in operations if o.verb != "unlock"}
    assert written.keys() == {change.path for change in changes}


def test_the_largest_label_fits_alone() -> None:
    """Also where it changes hands, which takes two steps."""
    change = KeyChange("k", key("k", "former"), "x" * 256 * 1024)
    (operations,) = transactions([change], "ours")
    assert size(operations) <= CONSUL_BYTES


@pytest.mark.parametrize("held", [None, "theirs"])
@pytest.mark.parametrize(
    "seen", [None, key("demi/k"), key("demi/k", "former")], ids=["nothing", "ours", "former"]
)
def test_what_somebody_wrote_meanwhile_is_not_lost(
    consul: ConsulModel, seen: Key | None, held: str | None
) -> None:
    """Neither overwritten nor deleted: the whole transaction fails."""
    consul.open_sessions = [Session("ours", "n", NODE, 1), Session("theirs", "m", NODE, 1)]
    consul.put("demi/k", "theirs", held)
    before = dict(consul.held)
    for new in ("mine", None) if seen and seen.session == "ours" else ("mine",):
        for operations in transactions([KeyChange("demi/k", seen, new)], "ours"):
            with pytest.raises(ConflictError):
                consul.transact(operations)
    assert consul.held == before

"""Differences between lists: right, and small."""

from hypothesis import given
from hypothesis import strategies as st

from demi_ui.difference import Difference, applied, difference
from demi_ui.rows import Wire

LISTS = st.lists(
    st.tuples(st.sampled_from("abcdefghij"), st.integers(0, 2)), unique_by=lambda item: item[0]
)


@given(LISTS, LISTS)
def test_a_difference_leads_from_one_list_to_the_other(
    before: list[Wire], after: list[Wire]
) -> None:
    """Whatever was added, changed, taken away and moved."""
    assert applied(before, difference(before, after)) == after


@given(LISTS)
def test_the_same_list_differs_in_nothing(items: list[Wire]) -> None:
    """Nothing is sent then."""
    assert not difference(items, items)


@given(LISTS.filter(bool), st.data())
def test_one_item_that_changes_and_moves_is_all_that_is_sent(
    items: list[Wire], data: st.DataObject
) -> None:
    """However many others there are."""
    index = data.draw(st.integers(0, len(items) - 1))
    changed = (items[index][0], 99)
    after = [item for place, item in enumerate(items) if place != index]
    to = data.draw(st.integers(0, len(after)))
    after.insert(to, changed)
    assert difference(items, after) == Difference((), ((to, changed),))


def test_one_that_goes_is_named_alone() -> None:
    """What comes after it need not be sent again."""
    before: list[Wire] = [(str(n), n) for n in range(500)]
    assert difference(before, before[1:]) == Difference(("0",), ())

"""All that a page shows, and what is sent when it changes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demi_adapters.directory import STATUSES
from demi_adapters.errors import ConsulUnavailable
from demi_ui.board import Shown, headline, patch, shown, tree_of, trouble_of
from demi_ui.difference import Difference, applied
from demi_ui.view import View, parse_view
from page.things import instance, rows

MANY = [instance(f"s{n % 5}/t{n % 10}/v{n}", number=n) for n in range(500)]


@pytest.mark.parametrize(
    ("statuses", "level", "text"),
    [
        ([], "empty", "Nothing here"),
        (["passing"], "passing", "The one service is well"),
        (["passing", "passing"], "passing", "All 2 services are well"),
        (["critical", "passing"], "critical", "v0 is critical"),
        (["warning", "passing"], "warning", "v0 is warning"),
        (["warning", "critical", "critical"], "critical", "2 critical and 1 warning"),
        (["warning", "warning"], "warning", "2 warning"),
    ],
)
def test_the_headline_says_whether_all_is_well(statuses: list[str], level: str, text: str) -> None:
    """Or what is not."""
    found = headline(rows(instance(f"s/t/v{n}", s, number=n) for n, s in enumerate(statuses)))
    assert (found["level"], found["text"]) == (level, text)


def test_the_tree_counts_what_is_below_each_site_and_stack() -> None:
    """Path, name, depth, critical, warning, all, site."""
    found = tree_of(
        rows([instance("a/x/1"), instance("a/y/1", "critical"), instance("b/x/1", "warning")])
    )
    assert found == (
        ("a", "a", 0, 1, 0, 2, "a"),
        ("a/x", "x", 1, 0, 0, 1, "a"),
        ("a/y", "y", 1, 1, 0, 1, "a"),
        ("b", "b", 0, 0, 1, 1, "b"),
        ("b/x", "x", 1, 0, 1, 1, "b"),
    )


def test_tiles_count_every_state_though_one_is_chosen() -> None:
    """Or there were no way from one to the other."""
    services = rows(
        [instance("a/x/1"), instance("a/y/1", "critical"), instance("b/x/1", "critical")]
    )
    found = shown(services, parse_view("site=a&state=critical"))
    assert [row[0] for row in found.rows] == ["a/y/1"]
    assert found.parts["counts"] == {"critical": 1, "warning": 0, "unchecked": 0, "passing": 1}
    assert found.parts["everything"] == 3


def test_what_is_sent_for_one_change_does_not_grow_with_the_number_of_services() -> None:
    """500 or 20, but for the digits of the counts."""
    sizes = []
    for number in (20, 500):
        before = shown(rows(MANY[:number]), View())
        after = shown(
            rows([instance("s3/t3/v3", "critical", number=3), *MANY[:3], *MANY[4:number]]),
            View(),
        )
        sizes.append(len(json.dumps(patch(before, after))))
    assert max(sizes) < 1000
    assert abs(sizes[1] - sizes[0]) < 50


def test_a_page_that_has_nothing_gets_everything() -> None:
    """And is told to forget what it may have."""
    assert patch(None, Shown(parts={"view": 1})) == {"reset": True, "view": 1}
    same = shown(rows(MANY), View())
    assert patch(same, same) == {}


@given(st.lists(st.lists(st.sampled_from(STATUSES), max_size=8), max_size=6))
def test_patches_in_turn_make_up_what_is_shown(moments: list[list[str]]) -> None:
    """As the browser applies them."""
    last: Shown | None = None
    seen: list[tuple[object, ...]] = []
    for statuses in moments:
        now = shown(
            rows(instance(f"s/t/v{n}", s, number=n) for n, s in enumerate(statuses)), View()
        )
        found = patch(last, now).get("rows", {"gone": (), "placed": ()})
        assert isinstance(found, dict)
        seen = applied(seen, Difference(**found))
        assert tuple(seen) == now.rows
        last = now


def test_an_answer_that_is_late_is_said_with_its_reason() -> None:
    """And since when."""
    gone = ConsulUnavailable(
        "read: Consul at pc1:8500 can't be reached: connection refused. Is it up?"
    )
    assert trouble_of(9.0, None, 100.0) is None
    late = trouble_of(20.0, None, 100.0)
    assert late is not None
    assert late.wire == {"reason": "", "confirmed": 80_000}
    away = trouble_of(2.0, gone, 100.0)
    assert away is not None
    assert away.wire == {"reason": "connection refused", "confirmed": 98_000}

"""What an address asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demi_ui.rows import State
from demi_ui.view import ATTENTION, View, choices, parse_view
from page.things import instance, rows

WORDS = st.text(max_size=40).map(lambda text: " ".join(text.split()))
VIEWS = st.builds(
    View,
    site=WORDS,
    stack=WORDS,
    category=WORDS,
    state=st.sampled_from(["", ATTENTION, *map(str, State)]),
    host=WORDS,
    q=WORDS,
    service=WORDS,
    wall=st.sampled_from(["", "1"]),
)
ROWS = rows(
    [
        instance("b180/daq/api", category="DAQ", number=1),
        instance("b180/dcs/hv", "critical", category="DCS", number=2),
        instance("h6/daq/api", "warning", category="DAQ", number=3),
    ]
)


@given(VIEWS)
def test_a_view_comes_back_out_of_its_address(view: View) -> None:
    """So it can be shared, and kept as a bookmark."""
    assert parse_view(view.query) == view
    assert parse_view(f"?{view.query}") == view


@given(st.text())
def test_any_query_is_a_view(query: str) -> None:
    """Addresses are typed by hand and cut by mail programs."""
    assert parse_view(parse_view(query).query) == parse_view(query)


def test_what_means_nothing_is_passed_over() -> None:
    """Rather than shown as an error."""
    assert parse_view("state=purple&nonsense=1&site=&wall=0&q=%ff") == View(q="\ufffd")
    assert parse_view("&".join(f"a{n}=1" for n in range(100))) == View()
    assert len(parse_view("q=" + "x" * 9999).q) == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"b180/daq/api", "b180/dcs/hv", "h6/daq/api"}),
        ("site=b180", {"b180/daq/api", "b180/dcs/hv"}),
        ("stack=daq", {"b180/daq/api", "h6/daq/api"}),
        ("category=DCS", {"b180/dcs/hv"}),
        ("state=warning", {"h6/daq/api"}),
        ("state=attention", {"b180/dcs/hv", "h6/daq/api"}),
        ("host=pc1", {"b180/daq/api"}),
        ("q=API b180", {"b180/daq/api"}),
        ("q=-api", {"b180/dcs/hv"}),
        ("q=refused", {"b180/dcs/hv", "h6/daq/api"}),
        ("q=8002", {"b180/dcs/hv"}),
        ("q=-", set()),
        ("site=nowhere", set()),
    ],
)  # fmt: skip
def test_filters_narrow_the_list(query: str, found: set[str]) -> None:
    """All that are given hold together."""
    view = parse_view(query)
    assert {row.name.slashed for row in ROWS if view.takes(row)} == found


def test_choices_are_what_there_is() -> None:
    """Sorted, each once."""
    assert choices(ROWS) == {"category": ["DAQ", "DCS"], "host": ["pc1", "pc2", "pc3"]}

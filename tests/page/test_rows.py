"""The list of services, since when, and how it is counted."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from demi_adapters.directory import STATUSES
from demi_adapters.names import ServiceName
from demi_ui.board import patch, shown
from demi_ui.rows import State, counts
from demi_ui.since import Since, followed
from demi_ui.view import View
from page.things import REFUSED, instance, rows

NAMES = st.one_of(st.sampled_from(["a", "a/b", "b"]), st.text(st.characters(), max_size=5))
API = ServiceName("sr1", "felix", "api")


def test_the_worst_comes_first_and_the_rest_by_name() -> None:
    """What needs nobody is not sorted by whether it is checked."""
    found = rows(
        [
            instance("b/x/well"),
            instance("a/x/unchecked", is_checked=False),
            instance("c/x/warns", "warning"),
            instance("d/x/fails", "critical"),
            instance("a/x/fails", "critical"),
        ]
    )
    assert [row.name.slashed for row in found] == [
        "a/x/fails", "d/x/fails", "c/x/warns", "a/x/unchecked", "b/x/well",
    ]  # fmt: skip
    assert counts(found) == {"critical": 2, "warning": 1, "unchecked": 1, "passing": 1}


def test_a_row_says_why_and_where() -> None:
    """In short; all of it can be searched for."""
    [row] = rows([instance(status="critical", description="Two\nlines", category="DAQ")])
    assert (row.state, row.reason, row.address) == (
        State.CRITICAL,
        "connection refused",
        "pc1:8001",
    )
    assert row.description == "Two lines"
    assert "daq" in row.words
    assert "000000000001" in row.words
    assert row.url == "http://pc1:8001"


def test_one_of_two_instances_that_fails_is_a_warning() -> None:
    """And the row says how many are left."""
    [row] = rows([instance(number=1), instance(number=2, status="critical", output=REFUSED)])
    assert row.state == State.WARNING
    assert row.reason == "1 of 2 healthy: connection refused"
    assert row.address == "pc1:8001 +1"
    assert row.hosts == ("pc1", "pc2")


def test_a_check_that_said_nothing_yet_has_a_reason() -> None:
    """Consul begins with critical and no words."""
    [row] = rows([instance(status="critical", output="")])
    assert row.reason == "not looked at yet"


def test_a_link_that_would_run_code_is_none() -> None:
    """Nor is one to every address."""
    [row] = rows([instance(url="javascript:alert(1)", swagger_url="http://0.0.0.0/docs")])
    assert (row.url, row.swagger_url) == (None, None)


def test_the_first_look_knows_only_that_it_is_so_at_least_since_then() -> None:
    """Consul does not tell when it began."""
    first = followed(None, {API: "critical"}, 10.0)
    assert first == {API: Since("critical", 10.0, is_exact=False)}
    assert followed(first, {API: "critical"}, 20.0) == first
    assert followed(first, {API: "passing"}, 30.0) == {API: Since("passing", 30.0, is_exact=True)}


def test_what_changed_during_an_outage_began_at_an_unknown_time() -> None:
    """It is not invented."""
    first = followed(None, {API: "passing"}, 10.0)
    later = followed(first, {API: "critical"}, 90.0, was_away=True)
    assert later == {API: Since("critical", 90.0, is_exact=False)}


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), unique=True, max_size=5))
def test_any_name_can_be_sent_and_told_from_others(found: list[tuple[str, str, str]]) -> None:
    """Whatever stands in Consul, by whoever wrote it."""
    services = rows(
        replace(instance(number=n), site=site, stack=stack, service=service)
        for n, (site, stack, service) in enumerate(found)
    )
    board = shown(services, View())
    assert len({row[0] for row in board.rows}) == len(found)
    assert len({node[0] for node in board.tree}) == len(board.tree)
    json.dumps(patch(None, board), ensure_ascii=False).encode()


@given(st.lists(st.sampled_from(STATUSES), max_size=12), st.randoms())
def test_the_order_of_what_comes_is_irrelevant(statuses: list[str], order: st.randoms) -> None:  # type: ignore[valid-type]
    """The same services make the same list."""
    found = [instance(f"s/t/v{n}", status, number=n) for n, status in enumerate(statuses)]
    mixed = list(found)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    assert rows(mixed) == rows(found)
    assert sum(counts(rows(found)).values()) == len(found)

"""Names as people type them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demi_adapters import ConfigurationError, NotFound, ServiceName
from demi_adapters.matching import (
    is_pattern,
    matching,
    nearest,
    no_such_service,
    parse_name,
    the_one,
)

API = ServiceName("sr1_lls", "felix", "api")
UI = ServiceName("sr1_lls", "felix", "ui")
FAR = ServiceName("sr2", "felix", "api")
DOTTED = ServiceName("cern.ch", "felix", "api")
ALL = (API, UI, FAR, DOTTED)

segments = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True)


@settings(deadline=None, max_examples=60)
@given(st.builds(ServiceName, segments, segments, segments))
def test_every_name_is_read_as_it_is_written(name: ServiceName) -> None:
    """With slashes, with dots, and at its own site without the site."""
    assert parse_name(name.slashed) == parse_name(str(name)) == name
    assert parse_name(f"{name.stack}/{name.service}", name.site) == name
    assert parse_name(f"{name.stack}.{name.service}", name.site) == name
    assert parse_name(name.slashed, "elsewhere") == name
    assert matching(name.slashed, [*ALL, name]) == [name]


def test_a_site_may_hold_dots() -> None:
    """The stack and the service may not."""
    assert parse_name("cern.ch/felix/api") == parse_name("cern.ch.felix.api") == DOTTED
    assert parse_name("felix/api", "cern.ch") == DOTTED


@pytest.mark.parametrize(
    "text", ["", "api", "a/b/c/d", "a//c", "a/b/", "a b/c/d", "*/b/c", "ä/b/c"]
)
def test_what_is_no_name_is_refused_and_shown(text: str) -> None:
    """With the form that it should have."""
    with pytest.raises(ConfigurationError, match="SITE/STACK/SERVICE"):
        parse_name(text, "sr1_lls")


def test_a_missing_site_is_named_as_what_is_missing() -> None:
    """And how to add it."""
    with pytest.raises(ConfigurationError, match=r"DEMI_SITE is not set\. Write SITE/felix/api"):
        parse_name("felix/api")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("api", [DOTTED, API, FAR]),
        ("felix/api", [DOTTED, API, FAR]),
        ("felix.api", [DOTTED, API, FAR]),
        ("sr1_lls/felix/*", [API, UI]),
        ("sr?/felix/api", [FAR]),
        ("*", [DOTTED, API, UI, FAR]),
        ("elix/api", []),
        ("sr1_lls", []),
    ],
)
def test_a_tail_or_a_pattern_stands_for_each_that_ends_in_it(
    text: str, expected: list[ServiceName]
) -> None:
    """Part by part: half a part is none."""
    assert matching(text, ALL) == sorted(expected)


def test_one_is_chosen_if_only_one_is_meant() -> None:
    """The default site decides between several, and otherwise they are named."""
    assert the_one("ui", ALL, None) == UI
    assert the_one("felix/api", ALL, "sr2") == FAR
    with pytest.raises(NotFound, match=r"may be any of:\n  cern\.ch/felix/api\n"):
        the_one("api", ALL, None)
    with pytest.raises(NotFound, match="Did you mean"):
        the_one("felix/appi", ALL, None)


def test_a_miss_names_the_nearest_or_says_where_to_look() -> None:
    """By as many parts as were typed."""
    assert nearest("felix/appi", ["sr1/felix/api", "sr1/dcs/opc"]) == ["sr1/felix/api"]
    assert "nothing at all is registered" in str(no_such_service("a/b/c", []))
    assert "demi ls shows all 4" in str(no_such_service("zzz/qqq/xxx", ALL))
    assert is_pattern("sr1/*")
    assert not is_pattern("sr1/felix")

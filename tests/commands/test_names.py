"""From what a person types to a service: ends of names, patterns, slips, and several of a name."""

import pytest

from models.command import Demi
from models.place import Place

API = "http://pc1.cern.ch:8001\n"
NAMES = ("sr1_lls/felix/api", "sr1_lls/felix/ui", "sr1_lls/daq/run", "sr1_sr2/daq/run")
ONE = (("url",), ("open",), ("show",), ("health",), ("wait",))


@pytest.fixture(autouse=True)
def _services(place: Place) -> None:
    """Two sites with a service of the same stack and name."""
    for number, name in enumerate(NAMES, 1):
        place.register(name, number)


@pytest.mark.parametrize(
    "text",
    [
        *("sr1_lls/felix/api", "felix/api", "api"),
        *("sr1_lls.felix.api", "felix.api"),
        *("a?i", "*/felix/a*", "sr1_lls/felix/[a-b]*", "f*.api"),
    ],
)
@pytest.mark.parametrize("command", ["url", "open", "wait"])
def test_any_end_of_a_name_that_only_one_has_will_do(demi: Demi, command: str, text: str) -> None:
    """With slashes, with dots, and with wildcards that fit one alone."""
    result = demi(command, text)
    assert (result.code, result.out, result.err) == (0, API, "")


@pytest.mark.parametrize("command", ["show", "health", "dns", "url", "open", "wait"])
@pytest.mark.parametrize("text", ["run", "daq/run", "daq.run"])
def test_what_several_have_lists_them(demi: Demi, command: str, text: str) -> None:
    """Nothing is guessed, and nothing is printed that a script would take for an answer."""
    result = demi(command, text)
    assert (result.code, result.out) == (3, "")
    assert f"'{text}' may be any of:\n  sr1_lls/daq/run\n  sr1_sr2/daq/run\n" in result.err
    assert "Write more of the name." in result.err


@pytest.mark.parametrize("command", ["url", "show", "health", "wait", "dns"])
def test_the_site_of_this_pc_decides(
    demi: Demi, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """DEMI_SITE is whose services are meant where several are; others are found all the same."""
    monkeypatch.setenv("DEMI_SITE", "sr1_sr2")
    result = demi(command, "daq/run")
    assert result.code in (0, 1)  # DNS by parts takes a registrator's template
    assert "sr1_lls" not in result.out
    assert demi("url", "api").out == API
    assert demi("url", "sr1_lls/daq/run").out == "http://pc3.cern.ch:8003\n"


@pytest.mark.parametrize("command", ["url", "show", "health", "ls", "tree", "dns", "open"])
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("sr1_lls/felx/api", "sr1_lls/felix/api"),
        ("felix/Api", "sr1_lls/felix/api"),
        ("felix.app", "sr1_lls/felix/api"),
    ],
)
def test_a_slip_comes_with_the_nearest(demi: Demi, command: str, text: str, meant: str) -> None:
    """Of the finger, or of the case."""
    result = demi(command, text)
    assert (result.code, result.out) == (3, "")
    assert f"no service '{text}' is registered. Did you mean {meant}" in result.err


def test_what_is_like_nothing_leads_to_the_list(demi: Demi) -> None:
    """An end of a word is not an end of a name."""
    for text in ("x/y/z", "pi", "elix/api", "i/felix/api"):
        result = demi("url", text)
        assert (result.code, result.out) == (3, "")
        assert "demi ls shows all 4." in result.err or "Did you mean" in result.err


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("felix", "felix/*"),
        ("sr1_lls/felix", "sr1_lls/felix/*"),
        ("sr1_lls.felix", "sr1_lls.felix.*"),
    ],
)
def test_the_name_of_a_stack_leads_to_what_it_holds(demi: Demi, text: str, pattern: str) -> None:
    """And to the pattern for all of it, which works."""
    result = demi("ls", text)
    assert (result.code, result.out) == (3, "")
    assert f"'{text}' is no service, but holds sr1_lls/felix/api, sr1_lls/felix/ui." in result.err
    assert f"'{pattern}'" in result.err
    assert demi("ls", pattern, "-o", "name").out.split() == list(NAMES[:2])


def test_a_pattern_may_mean_several_where_several_make_sense(demi: Demi) -> None:
    """Several patterns as well; each service once."""
    for command in (("ls",), ("health",)):
        result = demi(*command, "felix/*", "*/run", "api", "-o", "name")
        assert result.code == 0
        assert sorted(result.out.split()) == sorted(NAMES)
    assert sorted(demi("wait", "felix/*").out.split()) == [
        "http://pc1.cern.ch:8001",
        "http://pc2.cern.ch:8002",
    ]
    assert list(demi("tree", "daq/*", "-o", "json").data) == ["sr1_lls", "sr1_sr2"]


def test_a_pattern_that_fits_nothing_lists_nothing(demi: Demi) -> None:
    """Unlike a name, it may do so; where one has to be there, it is unknown."""
    for command in ("ls", "tree"):
        result = demi(command, "x*")
        assert result.code == 0
        assert result.err == "None of the 4 services fits; demi ls shows all.\n"
    for command in ("health", "wait"):
        assert demi(command, "x*").code == 3


def test_an_empty_registry_is_said_to_be_empty(demi: Demi, place: Place) -> None:
    """With where to look."""
    place.clear()
    assert "nothing at all is registered" in demi("url", "felix/api").err
    result = demi("ls")
    assert result.code == 0
    assert result.err.startswith("No service is registered. Does a registrator run")


def test_a_site_may_hold_dots(demi: Demi, place: Place) -> None:
    """By slashes, by dots, and by its end."""
    place.register("sr1.new/gbt/link", 9)
    for text in ("sr1.new/gbt/link", "sr1.new.gbt.link", "gbt.link", "link"):
        assert demi("url", text).out == "http://pc9.cern.ch:8009\n"


def test_one_consul_name_may_be_of_two(demi: Demi, place: Place) -> None:
    """DNS mixes them up, the command does not; nor does it the exact one and an end."""
    place.register("sr1_lls/felix/run_ctrl", 5)
    place.register("sr1_lls/felix/run-ctrl", 6)
    assert demi("url", "sr1_lls/felix/run_ctrl").out == "http://pc5.cern.ch:8005\n"
    assert demi("url", "run-ctrl").out == "http://pc6.cern.ch:8006\n"

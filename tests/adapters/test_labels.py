"""Section 1 of the contract: which labels are ours, and what they are taken apart into."""

from collections.abc import Callable

import pytest

from demi_adapters.errors import ConfigurationError
from demi_adapters.labels import parse_labels, parse_namespaces
from demi_adapters.problems import Code
from demi_adapters.registration import Registrations

Register = Callable[..., Registrations]

SEGMENT_63 = "a" * 63


def services(label: str, *sites: str) -> list[str]:
    """The services that one label belongs to: one, or none."""
    return [str(name) for name in parse_labels({label: "1"}, sites=sites).services]


def codes(label: str, *sites: str) -> list[str]:
    """The codes of the problems of one label."""
    return [problem.code for problem in parse_labels({label: "1"}, sites=sites).problems]


@pytest.mark.parametrize(
    "label",
    [
        "demi",
        "com.docker.compose.project",
        "Demi.site.stack.service.port",
        "xdemi.site.stack.service.port",
        "demi_.site.stack.service.port",
        " demi.site.stack.service.port",
        "",
    ],
)
def test_other_peoples_labels_are_never_reported(label: str) -> None:
    """Only what begins with `demi.` is looked at."""
    assert services(label) == codes(label) == []


@pytest.mark.parametrize(
    "label",
    [
        "demi.",
        "demi.site",
        "demi.site.stack",
        "demi.site.stack.service",
        "demi.site.stack.service.",
        "demi..stack.service.port",
        "demi.site..service.port",
        "demi.site.stack..port",
        "demi.....",
        "demi.site.stack.service.port.",
        "demi.site.stack.service..port",
        "demi.site.stack.service.calibration..run",
    ],
)
def test_fewer_than_five_parts_or_an_empty_one_is_a_bad_label(label: str) -> None:
    """It belongs to no service and is reported."""
    assert codes(label) == ["bad-label"]
    assert services(label) == []


@pytest.mark.parametrize(
    "part",
    ["-a", "_a", "a/b", "a b", "ä", "a\n", "a\u202e", "\ud800", "\u0661", "%2e", SEGMENT_63 + "a"],
)
@pytest.mark.parametrize(
    "form", ["demi.{}.stack.service.port", "demi.site.{}.service.port", "demi.site.stack.{}.port"]
)
def test_a_name_with_other_characters_is_a_bad_name(form: str, part: str) -> None:
    """Also a name that is too long, or begins with a hyphen or underscore."""
    assert codes(form.format(part)) == ["bad-name"]
    assert services(form.format(part)) == []


@pytest.mark.parametrize("key", ["a/b", "../x", "a b", "ä", "port\n", "a\x00", "\u0661", "\udfff"])
def test_a_key_with_other_characters_is_a_bad_name(key: str) -> None:
    """A key becomes a path in Consul, so nothing may lead out of its place."""
    expected = "bad-label" if ".." in key else "bad-name"
    assert codes(f"demi.site.stack.service.{key}") == [expected]


@pytest.mark.parametrize("part", ["a", "7", "A_b-C", "a-", "a_", SEGMENT_63])
def test_letters_digits_underscores_and_hyphens_make_a_name(part: str) -> None:
    """Up to 63 of them, in any of the three places."""
    assert services(f"demi.{part}.{part}.{part}.port") == [f"{part}.{part}.{part}"]


@pytest.mark.parametrize("key", ["port", "-", "_x", "calibration.run", "a.b.c.d", "PORT"])
def test_a_key_may_go_on_with_dots_and_is_kept_as_it_is(key: str) -> None:
    """Keys are neither lower-cased nor split."""
    parsed = parse_labels({f"demi.site.stack.service.{key}": "1"})
    assert [dict(own) for own in parsed.services.values()] == [{key: "1"}]


@pytest.mark.parametrize("value", [" v", "v ", "\tv\n", "  v\r\n"])
def test_values_are_stripped_of_outer_white_space(value: str) -> None:
    """White space inside a value stays."""
    parsed = parse_labels({"demi.site.stack.service.description": value.replace("v", "v w")})
    assert [dict(own) for own in parsed.services.values()] == [{"description": "v w"}]


@pytest.mark.parametrize(
    ("label", "sites", "expected"),
    [
        ("demi.a.stack.service.port", ["a"], ["a.stack.service"]),
        ("demi.a.stack.service.port", ["b", "a"], ["a.stack.service"]),
        ("demi.a.stack.service.port", ["b"], []),
        ("demi.ab.stack.service.port", ["a"], []),
        ("demi.p1.lab.stack.service.port", ["p1.lab"], ["p1.lab.stack.service"]),
        ("demi.p1.lab.stack.service.a.b", ["p1.lab"], ["p1.lab.stack.service"]),
        ("demi.p1.lab.stack.service.port", ["p1", "p1.lab"], ["p1.lab.stack.service"]),
        ("demi.p1.lab.stack.service.port", ["p1.lab", "p1"], ["p1.lab.stack.service"]),
        ("demi.p1.else.stack.service.port", ["p1.lab", "p1"], ["p1.else.stack"]),
    ],
)
def test_a_configured_namespace_is_matched_as_a_prefix_first(
    label: str, sites: list[str], expected: list[str]
) -> None:
    """So a configured site may hold dots, and the longest one wins."""
    assert services(label, *sites) == expected
    assert codes(label, *sites) == []


@pytest.mark.parametrize("label", ["demi.other.felix", "demi.other.a/b.c.d", "demi."])
def test_labels_of_other_namespaces_are_not_ours_to_report(label: str) -> None:
    """With configured namespaces, the rest belongs to somebody else's registrator."""
    assert codes(label, "a") == []


@pytest.mark.parametrize("label", ["demi.p1.lab", "demi.p1.lab.stack.service", "demi.p1.lab..s.p"])
def test_parts_are_counted_behind_a_configured_namespace(label: str) -> None:
    """The dots of a configured site do not make up for missing parts."""
    assert codes(label, "p1.lab") == ["bad-label"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" , ", ()),
        ("demi.sr1_lls", ("sr1_lls",)),
        ("demi.sr1_lls, demi.p1.lab ,", ("sr1_lls", "p1.lab")),
    ],
)
def test_namespaces_are_separated_by_commas(text: str, expected: tuple[str, ...]) -> None:
    """White space around them does not matter, and nothing means every site."""
    assert parse_namespaces(text) == expected


@pytest.mark.parametrize(
    "text", ["demi", "demi.", "demi.a/b", "demi.a..b", "demi.-a", "demi.\u202e"]
)
def test_a_namespace_that_matches_nothing_is_a_configuration_error(text: str) -> None:
    """A registrator that would silently see no label does not start."""
    with pytest.raises(ConfigurationError, match="DEMI_NAMESPACE"):
        parse_namespaces(text)


def test_a_bad_label_leaves_its_neighbours_as_they_are(register_labels: Register) -> None:
    """The other services of the container register as if it were not there."""
    sound = {"demi.s.felix.api.port": "8000", "demi.s.felix.ui.description": "UI"}
    bad = {"demi.s.felix": "1", "demi.s.felix.a/b.port": "8000", "demi.s.felix.db.port": "x"}

    alone = register_labels(sound)
    among = register_labels(sound | bad)

    assert [s for s in among.services if s.name.service != "db"] == list(alone.services)
    assert [p.code for p in among.problems] == ["bad-label", "bad-name", "bad-port"]


def test_the_labels_of_several_services_are_kept_apart(register_labels: Register) -> None:
    """One container may carry the labels of several services."""
    found = register_labels({"demi.s.felix.api.hostport": "1", "demi.s.felix.ui.hostport": "2"})
    assert [(s.name.service, s.hostport) for s in found.services] == [("api", 1), ("ui", 2)]


def test_a_service_has_a_budget_and_what_exceeds_it_is_left_out_by_itself() -> None:
    """A giant label is a problem; the service's other labels still fit."""
    labels = {
        "demi.s.st.sv.alarms": "x" * 200_000,
        "demi.s.st.sv.limits": "x" * 200_000,
        "demi.s.st.sv.port": "8000",
    }
    parsed = parse_labels(labels)
    [own] = parsed.services.values()
    assert own.keys() == {"alarms", "port"}
    [problem] = parsed.problems
    assert (problem.code, problem.label) == (Code.BAD_LABEL, "demi.s.st.sv.limits")
    assert problem.service == "s.st.sv"


def test_a_site_may_be_called_demi_but_the_root_is_no_namespace() -> None:
    """`demi.demi` is a site's namespace; `demi` alone would be every site's."""
    assert parse_namespaces("demi.demi") == ("demi",)
    with pytest.raises(ConfigurationError, match="DEMI_NAMESPACE"):
        parse_namespaces("demi")


def test_labels_that_locate_a_service_are_never_left_out_for_size() -> None:
    """However large the others are, and whatever comes first in the alphabet."""
    core = {f"demi.s.st.sv.{key}": "1" for key in ("host", "port", "protocol", "url_prefix")}
    parsed = parse_labels({"demi.s.st.sv.aaa": "x" * 262_000, "demi.s.st.sv.bbb": "x" * 900} | core)
    [own] = parsed.services.values()
    assert {"host", "port", "protocol", "url_prefix"} <= own.keys()
    assert [p.label for p in parsed.problems] == ["demi.s.st.sv.bbb"]

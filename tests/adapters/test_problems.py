"""Section 7 of the contract: what is wrong keeps its own service out, and nothing else."""

from collections.abc import Callable

import pytest

from demi_adapters.problems import Code, Severity
from demi_adapters.registration import Registrations

Register = Callable[..., Registrations]


PATH = "demi/sr1_lls/felix/api/"


SHORT = "0123456789ab"


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("port", "x", "bad-port"),
        ("hostport", "x", "bad-port"),
        ("protocol", "javascript", "bad-protocol"),
        ("host", "a b", "bad-host"),
        ("health", "http://evil.org/", "bad-health"),
        ("health_interval", "x", "bad-duration"),
        ("health_timeout", "x", "bad-duration"),
        ("url", "x", "bad-url"),
    ],
)
def test_an_error_in_a_label_keeps_its_service_out(
    register_labels: Register, key: str, value: str, code: str
) -> None:
    """Its sound labels reach the KV tree, its neighbour is registered."""
    own = {
        f"demi.sr1_lls.felix.api.{key}": value,
        "demi.sr1_lls.felix.api.description": "FELIX",
        "demi.sr1_lls.felix.ui.description": "UI",
    }
    found = register_labels(own)

    (problem,) = found.problems
    assert (problem.code, problem.severity, problem.container) == (code, "error", SHORT)
    assert problem.label == f"demi.sr1_lls.felix.api.{key}"
    assert problem.service == "sr1_lls.felix.api"
    api, ui = found.services
    assert (api.registered, ui.registered) == (False, True)
    assert (api.url, api.check) == (None, None)
    assert api.kv[f"{PATH}description"] == "FELIX"
    assert f"{PATH}{key}" not in api.kv or api.kv[f"{PATH}{key}"] != value


def test_a_bad_key_drops_just_that_label(register_api: Register) -> None:
    """The service itself is registered."""
    found = register_api({"a/b": "1", "port": "8000"})
    assert [(p.code, p.severity) for p in found.problems] == [("bad-name", "error")]
    assert [s.registered for s in found.services] == [True]
    assert not any("a/b" in path for path in found.services[0].kv)


def test_every_label_that_is_wrong_is_reported_at_once(register_api: Register) -> None:
    """Nobody has to mend one to learn of the next."""
    labels = {"port": "x", "hostport": "0", "host": "a b", "protocol": "data", "health_timeout": ""}
    found = register_api(labels)
    assert sorted(p.code for p in found.problems) == [
        "bad-duration",
        "bad-host",
        "bad-port",
        "bad-port",
        "bad-protocol",
    ]


def test_two_services_with_one_slug_are_registered_and_reported(register_labels: Register) -> None:
    """Their IDs differ all the same."""
    found = register_labels({"demi.s.a_b.api.port": "8000", "demi.s.a-b.api.port": "8000"})
    assert [s.registered for s in found.services] == [True, True]
    assert len({s.name.consul_name for s in found.services}) == 1
    assert len({s.id for s in found.services}) == 2
    assert [(p.code, p.severity) for p in found.problems] == [("name-collision", "warning")]
    assert "s.a-b.api" in found.problems[0].message
    assert "s.a_b.api" in found.problems[0].message


def test_a_service_that_is_not_registered_leaves_another_its_id(register_labels: Register) -> None:
    """An error in one service changes nothing about one with the same slug."""
    sound = {"demi.s.a_b.api.port": "8000"}
    alone = register_labels(sound).services[0]
    among = register_labels(sound | {"demi.s.a-b.api.port": "x"})
    assert [s for s in among.services if s.registered] == [alone]
    assert [p.code for p in among.problems] == ["bad-port"]


def test_the_codes_of_the_contract_have_its_severities() -> None:
    """Three are warnings, all others errors."""
    warnings = {"name-collision", "kv-held", "loopback-only"}
    errors = {"bad-label", "bad-name", "bad-port", "bad-protocol", "bad-host", "bad-health"} | {
        "bad-duration",
        "bad-url",
        "no-port",
        "ambiguous-port",
    }
    severities = {str(code): code.severity for code in Code}
    assert {code: severities[code] for code in warnings | errors} == dict.fromkeys(
        warnings, Severity.WARNING
    ) | dict.fromkeys(errors, Severity.ERROR)


def test_a_message_shows_hostile_text_made_harmless(register_labels: Register) -> None:
    """No control character of a label reaches a terminal or a log."""
    found = register_labels(
        {
            "demi.s.t.v.port": "\x1b[2J\u202e\n",
            "demi.s.t.\x1b[2J.port": "1",
            "demi.\ud800": "1",
        }
    )
    assert len(found.problems) == 3
    assert all(p.message.isprintable() and len(p.message) < 500 for p in found.problems)

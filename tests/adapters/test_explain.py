"""Section 8 of the contract: the shape and the order of what `demi explain` prints."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from demi_adapters.container import Binding, Container
from demi_adapters.problems import Code, Problem
from demi_adapters.registration import Origin, Registrations, register_all

Register = Callable[..., Registrations]


SHORT = "0123456789ab"


CONTAINER = Container(
    id="a" * 64,
    name="one",
    image="felix:1",
    created_ns=0,
    labels={"demi.s.felix.api.port": "80"},
    running=True,
    paused=False,
    network_mode="host",
    bindings=(Binding(80, "tcp", "", 80),),
    health=None,
)


def test_instances_of_one_service_are_no_collision() -> None:
    """They share a name, and each has its ID."""
    found = register_all([CONTAINER, replace(CONTAINER, id="b" * 64)], Origin(owner="o", host="h"))
    assert [s.id for s in found.services] == [f"s-felix-api-{c * 12}" for c in "ab"]
    assert found.problems == ()


def test_services_are_sorted_by_site_stack_service_and_container() -> None:
    """Part by part, so a hyphen in a name does not change the order."""
    names = ["a-b.c.d", "a.c.d", "a.b.z", "a.b-c.a", "B.a.a"]
    labels = {f"demi.{name}.port": "80" for name in names}
    bad = {f"demi.{name}.host": "a b" for name in names}
    both = [replace(CONTAINER, id=c * 64, labels=labels | bad) for c in "ba"]

    found = register_all(both, Origin(owner="o", host="h"))

    order = ["B.a.a", "a.b.z", "a.b-c.a", "a.c.d", "a-b.c.d"]
    expected = [(name, c * 12) for name in order for c in "ab"]
    assert [(str(s.name), s.container) for s in found.services] == expected
    assert [(p.service, p.container) for p in found.problems] == expected


def test_explain_shows_these_fields_and_null_for_absent_values(register_api: Register) -> None:
    """The keys of `demi explain -o json` are part of the contract."""
    shown = register_api({"port": "x"}).services[0].as_dict()
    always: dict[str, Any] = {
        "site": "sr1_lls",
        "stack": "felix",
        "service": "api",
        "registered": False,
        "name": "sr1-lls-felix-api",
        "id": f"sr1-lls-felix-api-{SHORT}",
        "container": SHORT,
        "host": "pc7.lab",
        "tags": ["demi"],
    }
    absent = ("hostport", "url", "swagger_url", "health_url", "check")
    meta_and_kv = {key: shown[key] for key in ("meta", "kv")}
    assert shown == always | dict.fromkeys(absent) | meta_and_kv
    assert all(isinstance(value, dict) for value in meta_and_kv.values())


@pytest.mark.parametrize(
    ("labels", "config", "check"),
    [
        ({"health": "h"}, {}, ["http", "http://pc7.lab:32768/h", "10s", "3s"]),
        ({}, {}, ["tcp", "pc7.lab:32768", "10s", "3s"]),
        ({}, {"Healthcheck": {"Test": ["CMD", "true"]}}, ["ttl", None, None, None]),
    ],
)
def test_explain_shows_a_check_with_four_fields(
    register_api: Register, labels: dict[str, str], config: dict[str, Any], check: list[str | None]
) -> None:
    """Kind, target, interval, timeout."""
    shown = register_api(labels, config=config).services[0].as_dict()
    assert shown["check"] == dict(
        zip(["kind", "target", "interval", "timeout"], check, strict=True)
    )


def test_explain_shows_a_problem_with_six_fields() -> None:
    """Null where a field does not apply."""
    problem = Problem(code=Code.NAME_COLLISION, message="m", service="a.b.c")
    assert problem.as_dict() == {
        "severity": "warning",
        "code": "name-collision",
        "container": None,
        "service": "a.b.c",
        "label": None,
        "message": "m",
    }

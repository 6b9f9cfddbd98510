"""Sections 4 and 5 of the contract: names, tags, meta and keys."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from demi_adapters.registration import Registrations

Register = Callable[..., Registrations]

PATH = "demi/sr1_lls/felix/api/"
SHORT = "0123456789ab"


def kv_of(found: Registrations) -> dict[str, str]:
    """The only service's keys without their common path."""
    (service,) = found.services
    return {path.removeprefix(PATH): value for path, value in service.kv.items()}


@pytest.mark.parametrize(
    ("site", "stack", "service", "name"),
    [
        ("sr1_lls", "felix", "api", "sr1-lls-felix-api"),
        ("SR1", "FeLiX", "Api", "sr1-felix-api"),
        ("a__b", "c-_d", "e-", "a--b-c--d-e-"),
        ("a" * 29, "b" * 29, "c", "a" * 29 + "-" + "b" * 29 + "-c"),
        ("a" * 30, "b" * 30, "c", "a" * 30 + "-" + "b" * 30 + "-c"),
        ("a", "b", "c" * 59, "a-b-" + "c" * 59),
    ],
)
def test_the_service_name_is_a_slug(
    register_labels: Register, site: str, stack: str, service: str, name: str
) -> None:
    """Lower case, hyphens for underscores, up to 63 characters as they are."""
    found = register_labels({f"demi.{site}.{stack}.{service}.port": "8000"}).services[0]
    assert len(name) <= 63
    assert found.name.consul_name == name
    assert found.id == f"{name}-{SHORT}"


def test_a_slug_of_64_characters_ends_in_a_hash(register_labels: Register) -> None:
    """The first 54, a hyphen, and 8 hex digits of the SHA-256 of the exact name."""
    exact = "A_b.c." + "d" * 59 + "E"
    found = register_labels({f"demi.{exact}.port": "8000"}).services[0]
    digest = hashlib.sha256(exact.encode()).hexdigest()[:8]
    assert found.name.consul_name == "a-b-c-" + "d" * 48 + "-" + digest
    assert len(found.name.consul_name) == 63


def test_the_dots_of_a_configured_site_become_hyphens(register_labels: Register) -> None:
    """The meta and the KV tree keep them."""
    found = register_labels({"demi.p1.lab.felix.api.port": "8000"}, sites=("p1.lab",)).services[0]
    assert found.name.consul_name == "p1-lab-felix-api"
    assert found.meta["demi_site"] == "p1.lab"
    assert "demi/p1.lab/felix/api/url" in found.kv


@pytest.mark.parametrize(
    ("category", "tags"),
    [
        (None, ("demi",)),
        ("", ("demi",)),
        ("Microservice", ("demi", "microservice")),
        ("Microservice-UI", ("demi", "microservice-ui")),
        ("a_b.C", ("demi", "a-b-c")),
    ],
)
def test_the_tags_are_demi_and_the_slug_of_the_category(
    register_api: Register, category: str | None, tags: tuple[str, ...]
) -> None:
    """No category, no second tag."""
    labels = {} if category is None else {"category": category}
    assert register_api(labels).services[0].tags == tags


def test_the_meta_says_everything_exactly(register_api: Register) -> None:
    """With the spelling of the labels, and no key for what is absent."""
    labels = {"category": "Micro_Service", "description": "FELIX", "url_postfix": "docs"}
    common = {
        "demi_site": "sr1_lls",
        "demi_stack": "felix",
        "demi_service": "api",
        "demi_owner": "pc7",
        "demi_container": SHORT,
        "demi_url": "http://pc7.lab:32768",
    }
    assert register_api(labels).services[0].meta == common | {
        "demi_swagger_url": "http://pc7.lab:32768/docs",
        "demi_category": "Micro_Service",
        "demi_description": "FELIX",
    }
    assert register_api({}).services[0].meta == common


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x" * 512, "x" * 512),
        ("x" * 513, "x" * 512),
        ("x" * 511 + "é", "x" * 511),
        ("x" * 510 + "é", "x" * 510 + "é"),
        ("x" * 509 + "\U0001f600", "x" * 509),
    ],
)
def test_meta_is_cut_to_512_bytes_between_characters(
    register_api: Register, text: str, expected: str
) -> None:
    """The KV tree keeps the whole text."""
    found = register_api({"description": text})
    assert found.services[0].meta["demi_description"] == expected
    assert kv_of(found)["description"] == text


def test_the_keys_are_all_labels_and_what_follows_from_them(register_api: Register) -> None:
    """As written, except where the effective value differs; unknown keys too."""
    labels = {
        "host": "[2001:db8::1]",
        "protocol": "HTTPS",
        "port": "8000",
        "hostport": "08443",
        "url_prefix": "/api/",
        "url_postfix": "docs",
        "health": "health",
        "health_interval": "1m",
        "category": "Microservice",
        "calibration.run": "7",
        "Own-Key_1": "ü",
        "empty": "",
    }
    base = "https://[2001:db8::1]:8443/api/"
    assert kv_of(register_api(labels)) == labels | {
        "host": "2001:db8::1",
        "protocol": "https",
        "hostport": "8443",
        "url": base,
        "swagger_url": f"{base}docs",
        "health_url": f"{base}health",
        "container": SHORT,
        "image": "felix:1",
        "owner": "pc7",
    }


def test_defaults_are_effective_values_too(register_api: Register) -> None:
    """`host` and `protocol` stand in the tree also where no label says them."""
    assert kv_of(register_api({"port": "8000"})) == {
        "port": "8000",
        "host": "pc7.lab",
        "protocol": "http",
        "hostport": "32768",
        "url": "http://pc7.lab:32768",
        "container": SHORT,
        "image": "felix:1",
        "owner": "pc7",
    }


@pytest.mark.parametrize("key", ["swagger_url", "health_url", "container", "image", "owner"])
def test_a_label_can_not_stand_in_for_a_derived_value(register_api: Register, key: str) -> None:
    """Also not where the value could not be derived."""
    published: tuple[dict[str, Any] | None, ...] = (None, {})
    for ports in published:
        found = register_api({key: "javascript:alert(1)"}, ports=ports)
        assert kv_of(found).get(key) != "javascript:alert(1)"

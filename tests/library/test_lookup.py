"""Look services up, with a copy in the background and without one."""

import gc
from collections.abc import Iterator

import pytest

from demi_adapters import ConfigurationError, NotFound, Registry, ServiceName, Unhealthy
from library.lab import Lab, eventually


@pytest.fixture(params=["asking", "entered"])
def registry(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Registry]:
    """A registry that asks each time, and one that keeps a copy, of two services."""
    lab.register("api", 1, category="Microservice", swagger_url="http://127.0.0.1:8001/docs")
    lab.register("api", 2, "warning")
    lab.register("broken", 3, "critical")
    lab.register("opc", 4, None)
    registry = Registry(lab.address)
    if request.param == "asking":
        yield registry
        registry.close()
    else:
        with registry:
            yield registry


@pytest.mark.parametrize(
    "name",
    [
        "sr1_lls/felix/api",
        "felix/api",
        "sr1_lls.felix.api",
        "felix.api",
        ServiceName("sr1_lls", "felix", "api"),
    ],
)
def test_a_url_is_found_by_each_way_to_write_a_name(
    registry: Registry, name: str | ServiceName
) -> None:
    """With the site or at the default one, by slashes or dots, or as a value."""
    assert registry.url(name) == "http://127.0.0.1:8001"


def test_the_swagger_page_and_the_dns_name_are_found(registry: Registry) -> None:
    """One as registered, the other computed."""
    assert registry.swagger_url("felix/api") == "http://127.0.0.1:8001/docs"
    assert registry.dns_name("felix/api") == "sr1-lls-felix-api.service.consul"
    with pytest.raises(NotFound, match="has no swagger_url"):
        registry.swagger_url("felix/opc")


def test_all_instances_come_with_their_status_healthy_ones_first(registry: Registry) -> None:
    """Whatever the order in which they were registered."""
    service = registry.service("felix/api")
    assert [i.status for i in service.instances] == ["passing", "warning"]
    assert (service.is_healthy, service.status) == (True, "warning")
    assert [i.port for i in service.healthy] == [8001]


def test_services_are_filtered(registry: Registry) -> None:
    """By site, stack, category and health, and all together."""

    def names(**wanted: str | bool) -> list[str]:
        return [s.name.service for s in registry.services(**wanted)]  # type: ignore[arg-type]

    assert names() == ["api", "broken", "opc"] == names(site="sr1_lls") == names(stack="felix")
    assert names(category="Microservice") == ["api"]
    assert names(healthy=True) == ["api", "opc"]
    assert names(healthy=False) == ["broken"]
    assert names(site="other") == [] == names(stack="felix", category="None such")


def test_a_service_without_a_check_counts_as_healthy(registry: Registry) -> None:
    """Nothing speaks UDP to ask it."""
    assert registry.url("felix/opc") == "http://127.0.0.1:8004"
    assert not registry.service("felix/opc").instances[0].has_own_checks


def test_an_unhealthy_service_is_refused_and_the_error_says_why_and_what_to_do(
    lab: Lab, registry: Registry
) -> None:
    """Unless any status will do."""
    lab.say("broken-3", "warning", "connection\nrefused")
    eventually(lambda: registry.service("felix/broken").instances[0].reason, "connection refused")
    with pytest.raises(Unhealthy, match=r"8003, but it is warning: connection refused.*any_status"):
        registry.url("felix/broken")
    assert registry.url("felix/broken", any_status=True) == "http://127.0.0.1:8003"


def test_an_unknown_name_is_answered_with_the_nearest(registry: Registry) -> None:
    """And one that is no name says how they look."""
    with pytest.raises(NotFound, match="Did you mean sr1_lls/felix/api"):
        registry.url("felix/appi")
    with pytest.raises(ConfigurationError, match="SITE/STACK/SERVICE"):
        registry.url("api")


def test_no_default_site_is_an_error_that_says_so(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An argument does as well as the variable."""
    monkeypatch.delenv("DEMI_SITE")
    lab.register()
    with pytest.raises(ConfigurationError, match="DEMI_SITE is not set"):
        Registry(lab.address).url("felix/api")
    assert Registry(lab.address, site="sr1_lls").url("felix/api") == "http://127.0.0.1:8001"


def test_several_healthy_instances_share_the_load(lab: Lab, registry: Registry) -> None:
    """Each is named about as often, and an unhealthy one never."""
    lab.say("api-2", "passing")
    eventually(lambda: len(registry.service("felix/api").healthy), 2)
    found = [registry.url("felix/api") for _ in range(100)]
    assert set(found) == {"http://127.0.0.1:8001", "http://127.0.0.1:8002"}
    assert 20 < found.count("http://127.0.0.1:8001") < 80


def test_a_registry_needs_no_closing_and_leaves_no_socket(lab: Lab) -> None:
    """Those that are forgotten close their connections; a warning about one would fail this."""
    lab.register()
    for _ in range(20):
        assert Registry(lab.address).url("felix/api")
    gc.collect()


def test_a_closed_registry_may_be_used_and_entered_again(lab: Lab) -> None:
    """Closing ends what is open, and nothing else."""
    lab.register()
    registry = Registry(lab.address)
    for _ in range(2):
        with registry:
            assert registry.url("felix/api")
        assert registry.url("felix/api")
        registry.close()

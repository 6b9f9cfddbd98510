"""Section 4 of the contract: which check Consul runs."""

from collections.abc import Callable
from typing import Any

import pytest

from demi_adapters.checks import Check
from demi_adapters.registration import Registrations

Register = Callable[..., Registrations]

HEALTHCHECK = {"Healthcheck": {"Test": ["CMD", "true"]}}
UDP = {"8000/udp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}]}
HERE = "pc7.lab:32768"


def check_of(found: Registrations) -> Check | None:
    """The check of the only service."""
    (service,) = found.services
    return service.check


@pytest.mark.parametrize("config", [{}, HEALTHCHECK])
@pytest.mark.parametrize("protocol", ["http", "HTTPS"])
def test_a_health_label_makes_an_http_check(
    register_api: Register, protocol: str, config: dict[str, Any]
) -> None:
    """Whether the image has a HEALTHCHECK or not."""
    labels = {"health": "/health", "protocol": protocol}
    url = f"{protocol.lower()}://{HERE}/health"
    assert check_of(register_api(labels, config=config)) == Check(
        kind="http", target=url, interval="10s", timeout="3s"
    )


@pytest.mark.parametrize(
    ("health", "status"),
    [("starting", "warning"), ("healthy", "passing"), ("unhealthy", "critical")],
)
def test_without_a_health_label_a_healthcheck_is_mirrored(
    register_api: Register, health: str, status: str
) -> None:
    """Docker's own word decides, and `starting` is a warning."""
    found = register_api({}, config=HEALTHCHECK, state={"Health": {"Status": health}})
    assert check_of(found) == Check(kind="ttl", status=status)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"Healthcheck": None},
        {"Healthcheck": {}},
        {"Healthcheck": {"Test": None}},
        {"Healthcheck": {"Test": []}},
        {"Healthcheck": {"Test": ["NONE"]}},
    ],
)
@pytest.mark.parametrize("labels", [{}, {"health": ""}, {"protocol": "redis"}])
def test_without_either_the_port_is_connected_to(
    register_api: Register, labels: dict[str, str], config: dict[str, Any]
) -> None:
    """HEALTHCHECK NONE is no health check."""
    assert check_of(register_api(labels, config=config)) == Check(
        kind="tcp", target=HERE, interval="10s", timeout="3s"
    )


def test_health_none_in_the_state_wins_over_an_earlier_word(register_api: Register) -> None:
    """A container whose check was switched off has no health of Docker's."""
    config = {"Healthcheck": {"Test": ["NONE"]}}
    found = register_api({}, config=config, state={"Health": {"Status": "healthy"}})
    assert check_of(found) == Check(kind="tcp", target=HERE, interval="10s", timeout="3s")


@pytest.mark.parametrize("config", [{}, HEALTHCHECK])
def test_a_health_path_of_another_protocol_is_connected_to(
    register_api: Register, config: dict[str, Any]
) -> None:
    """Consul speaks http and https only."""
    check = check_of(register_api({"health": "/h", "protocol": "redis"}, config=config))
    assert check == Check(kind="tcp", target=HERE, interval="10s", timeout="3s")


def test_a_udp_service_has_no_check(register_api: Register) -> None:
    """There is nothing to connect to."""
    found = register_api({"port": "8000", "protocol": "udp"}, ports=UDP)
    assert [(s.registered, s.check) for s in found.services] == [(True, None)]


def test_a_udp_service_may_have_a_health_url_elsewhere_on_its_host(register_api: Register) -> None:
    """A full URL is checked by HTTP whatever the protocol."""
    labels = {"port": "8000", "protocol": "udp", "health": "http://pc7.lab:9/h"}
    check = check_of(register_api(labels, ports=UDP))
    assert check is not None
    assert (check.kind, check.target) == ("http", "http://pc7.lab:9/h")


@pytest.mark.parametrize(
    "duration", ["10s", "500ms", "1m30s", "1.5h", "2h45m", ".5s", "1.s", "100us", "100µs", "1ns"]
)
@pytest.mark.parametrize("key", ["health_interval", "health_timeout"])
def test_durations_are_kept_as_written(register_api: Register, key: str, duration: str) -> None:
    """As Go, in which Consul is written, reads them."""
    found = register_api({key: duration})
    check = check_of(found)
    assert check is not None
    assert duration == {"health_interval": check.interval, "health_timeout": check.timeout}[key]
    assert found.problems == ()


@pytest.mark.parametrize(
    "duration",
    [
        "",
        "10",
        "10 s",
        "s",
        "-1s",
        "0s",
        "0",
        "10S",
        "1d",
        "1h30",
        "10s!",
        "\u0661s",
        "1e3s",
        "inf",
        "9999999999h",
        "1" * 100000,
        "1s" * 50000,
        "1." * 50000,
    ],
)
@pytest.mark.parametrize("key", ["health_interval", "health_timeout"])
def test_anything_else_is_a_bad_duration(register_api: Register, key: str, duration: str) -> None:
    """However long the text is, it is refused at once."""
    found = register_api({key: duration})
    assert [(p.code, p.severity) for p in found.problems] == [("bad-duration", "error")]
    assert [s.registered for s in found.services] == [False]


@pytest.mark.parametrize(
    ("value", "skipped"), [("true", True), ("TRUE", True), ("false", False), ("", False)]
)
def test_only_true_skips_the_verification_of_certificates(
    register_api: Register, value: str, skipped: bool
) -> None:
    """For self-signed lab certificates."""
    labels = {"protocol": "https", "health": "/h", "health_tls_skip_verify": value}
    check = check_of(register_api(labels))
    assert check is not None
    assert check.tls_skip_verify is skipped
    assert check.definition.get("TLSSkipVerify", False) is skipped


@pytest.mark.parametrize("state", ["running", "paused"])
def test_a_paused_container_stays_registered(register_api: Register, state: str) -> None:
    """It is still there; its check says how it is."""
    assert [s.registered for s in register_api({}, state={"Status": state}).services] == [True]


@pytest.mark.parametrize("state", ["created", "restarting", "removing", "exited", "dead"])
def test_a_container_that_does_not_run_is_nothing(register_api: Register, state: str) -> None:
    """Neither its services nor its problems are shown."""
    found = register_api({"port": "x"}, state={"Status": state, "Running": False})
    assert (found.services, found.problems) == ((), ())

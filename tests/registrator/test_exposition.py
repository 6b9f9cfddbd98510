"""What a registrator says of itself on its metrics port."""

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from demi_adapters.errors import ConfigurationError, ConsulUnavailable
from demi_adapters.problems import Code, Problem
from demi_registrator.exposition import serve_metrics
from demi_registrator.keeper import Keeper
from demi_registrator.tally import Tally
from models.daemon import Clock, ReconcilerModel, retried


@pytest.fixture
def tally(clock: Clock) -> Tally:
    """Nothing has happened yet."""
    return Tally(clock)


@pytest.fixture
def port(tally: Tally) -> Iterator[int]:
    """Where it answers."""
    server = serve_metrics(tally, version="1.2", host="127.0.0.1", port=0)
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def get(port: int, path: str) -> tuple[int, str]:
    """Status and text of a page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_tell_what_was_counted(port: int, tally: Tally, clock: Clock) -> None:
    """Each in Prometheus' own form."""
    tally.count_event("health_status: healthy")
    tally.count_call("consul", failed=False)
    tally.count_call("consul", failed=True)
    with tally.timing("full"):
        clock.now += 2.5
    tally.note_services(3, 2, [Problem(code=Code.BAD_PORT, message="x")])
    tally.note_success()
    clock.now += 7
    status, text = get(port, "/metrics")
    assert status == 200
    lines = set(text.splitlines())
    assert {
        'demi_events_total{action="health_status"} 1.0',
        'demi_calls_total{backend="consul"} 2.0',
        'demi_call_errors_total{backend="consul"} 1.0',
        'demi_calls_total{backend="docker"} 0.0',
        'demi_sync_seconds_count{kind="full"} 1.0',
        'demi_sync_seconds_sum{kind="full"} 2.5',
        "demi_services_desired 3.0",
        "demi_services_registered 2.0",
        'demi_problems{code="bad-port"} 1.0',
        "demi_seconds_since_sync 7.0",
        "demi_ready 1.0",
    } <= lines
    assert any(line.startswith('demi_registrator_build_info{python="3.') for line in lines)


def test_ready_means_that_everything_is_in_step(port: int, tally: Tally) -> None:
    """Before the first sync and in an outage it says why not."""
    assert get(port, "/readyz") == (503, "has not looked at anything yet\n")
    tally.note_success()
    assert get(port, "/readyz") == (200, "ok\n")
    tally.note_failure("Consul is away", 0)
    assert get(port, "/readyz") == (503, "Consul is away\n")


def test_healthy_means_that_it_is_not_stuck(port: int, tally: Tally, clock: Clock) -> None:
    """An outage of others is no reason to be restarted; a hanging piece of work is."""
    tally.note_failure("Consul is away", 0)
    assert get(port, "/healthz") == (200, "ok\n")
    with tally.timing("full"):
        clock.now += 301
        assert get(port, "/healthz") == (503, "stuck for 301 s\n")
    assert get(port, "/healthz") == (200, "ok\n")


@pytest.mark.parametrize("path", ["/", "/metrics/../etc/passwd", "/healthz/"])
def test_there_is_nothing_else(port: int, path: str) -> None:
    """Other paths are not found."""
    assert get(port, path)[0] == 404


def test_a_port_that_is_taken_is_a_configuration_error(port: int, tally: Tally) -> None:
    """The message names the variable to change."""
    with pytest.raises(ConfigurationError, match="DEMI_METRICS_PORT"):
        serve_metrics(tally, version="1", host="127.0.0.1", port=port)


def test_the_keeper_counts_syncs_and_tells_of_failures(
    consul_side: ReconcilerModel, clock: Clock, keeper: Keeper, keeper_tally: Tally
) -> None:
    """Ready after the first full sync; not while Consul is away; ready again after."""
    keeper.work()
    assert (keeper_tally.failure, keeper_tally.syncs["full"]) == ("", 1)
    assert (keeper_tally.desired, keeper_tally.registered) == (1, 1)
    consul_side.error = ConsulUnavailable("away")
    retried(keeper, clock)
    assert keeper_tally.failure == "away"
    consul_side.error = None
    retried(keeper, clock)
    assert (keeper_tally.failure, keeper_tally.syncs["full"]) == ("", 3)

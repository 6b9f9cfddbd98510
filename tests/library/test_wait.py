"""Wait until services are healthy."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chaos.proxy import Mode, Proxy
from demi_adapters import ConfigurationError, Registry, WaitTimedOut
from library.lab import Lab, eventually, measured


def test_a_healthy_service_is_not_waited_for(lab: Lab) -> None:
    """With a copy in the background, not even with no time at all."""
    lab.register()
    with measured(2):
        assert Registry(lab.address).wait("felix/api").port == 8001
    with Registry(lab.address) as registry:
        registry.snapshot()
        assert registry.wait("felix/api", timeout_s=0).port == 8001


@pytest.mark.parametrize("is_entered", [True, False])
def test_it_returns_as_soon_as_the_service_is_healthy(
    lab: Lab, proxy: Proxy, is_entered: bool
) -> None:
    """Not polled for: the answer comes with the change, and few requests are sent."""
    registry = Registry(proxy.address)
    if is_entered:
        registry.open()
    with ThreadPoolExecutor(1) as waiter:
        waiting = waiter.submit(registry.wait, "felix/api", timeout_s=20)
        time.sleep(0.5)
        id_ = lab.register("api", 1, "critical")
        time.sleep(0.5)
        assert not waiting.done()
        before = proxy.requests
        lab.say(id_, "passing")
        with measured(2):
            assert waiting.result().url == "http://127.0.0.1:8001"
    assert proxy.requests - before <= 4
    assert proxy.requests < 25
    registry.close()


def test_several_are_waited_for_together(lab: Lab) -> None:
    """All have to be healthy at once."""
    first, second = lab.register("a", 1), lab.register("b", 2, "critical")
    with Registry(lab.address) as registry, ThreadPoolExecutor(1) as waiter:
        waiting = waiter.submit(registry.wait_all, "felix/a", "felix/b", timeout_s=20)
        time.sleep(0.3)
        lab.say(first, "critical")
        eventually(lambda: len(registry.services(healthy=True)), 0)
        lab.say(second, "passing")
        time.sleep(0.3)
        assert not waiting.done()
        lab.say(first, "passing")
        assert {name.service: i.port for name, i in waiting.result().items()} == {
            "a": 8001,
            "b": 8002,
        }


def test_the_timeouts_error_says_what_was_seen_last(lab: Lab) -> None:
    """An unhealthy service with its check's words, a missing one with the nearest name."""
    id_ = lab.register("api", 1, "passing")
    lab.say(id_, "critical", "disk full")
    with Registry(lab.address) as registry:
        with pytest.raises(WaitTimedOut, match=r"8001 is critical: disk full\."):
            registry.wait("felix/api", timeout_s=0.3)
        with measured(2), pytest.raises(WaitTimedOut, match="Did you mean sr1_lls/felix/api"):
            registry.wait("felix/appi", timeout_s=0.3)


def test_the_timeouts_error_says_that_consul_is_away(lab: Lab, proxy: Proxy) -> None:
    """From the start, and since a while."""
    lab.register("api", 1, "critical")
    with Registry(proxy.address) as registry:
        registry.snapshot()
        proxy.behave(Mode.REFUSE)
        eventually(lambda: registry.freshness.error is not None, expected=True)
        with pytest.raises(WaitTimedOut, match=r"is critical.*Consul has not answered for"):
            registry.wait("felix/api", timeout_s=0.2)
    with pytest.raises(WaitTimedOut, match=r"did not answer within 0\.7 s.*can't be reached"):
        Registry(proxy.address).wait("felix/api", timeout_s=0.7)


def test_waiting_goes_on_over_an_outage(lab: Lab, proxy: Proxy) -> None:
    """What becomes healthy meanwhile is seen as soon as Consul is back."""
    id_ = lab.register("api", 1, "critical")
    registry = Registry(proxy.address)
    with ThreadPoolExecutor(1) as waiter:
        waiting = waiter.submit(registry.wait, "felix/api", timeout_s=20)
        time.sleep(0.3)
        proxy.behave(Mode.REFUSE)
        lab.say(id_, "passing")
        time.sleep(0.5)
        proxy.behave(Mode.PASS)
        assert waiting.result(timeout=5).is_healthy


def test_infinity_is_a_time_and_others_are_none(lab: Lab) -> None:
    """What can't be waited for is refused at once."""
    id_ = lab.register("api", 1, "critical")
    with Registry(lab.address) as registry, ThreadPoolExecutor(1) as waiter:
        for bad in (-1.0, float("nan")):
            with pytest.raises(ConfigurationError, match="makes no sense"):
                registry.wait("felix/api", timeout_s=bad)
        waiting = waiter.submit(registry.wait, "felix/api", timeout_s=float("inf"))
        time.sleep(0.2)
        lab.say(id_, "passing")
        assert waiting.result(timeout=5).is_healthy


@pytest.mark.parametrize("is_entered", [True, False])
def test_closing_the_registry_ends_all_waits(lab: Lab, is_entered: bool) -> None:
    """With the time-out's error, long before the time, also where each wait has its own copy."""
    registry = Registry(lab.address)
    if is_entered:
        registry.open()
    with ThreadPoolExecutor(3) as waiters:
        waits = [waiters.submit(registry.wait, "felix/x", timeout_s=60) for _ in range(3)]
        eventually(lambda: any(t.name.startswith("directory") for t in threading.enumerate()), True)
        time.sleep(0.3)
        with measured(2):
            registry.close()
            for each in waits:
                with pytest.raises(WaitTimedOut):
                    each.result()


def test_many_threads_wait_on_one_copy(lab: Lab, proxy: Proxy) -> None:
    """A hundred waits take two connections."""
    with Registry(proxy.address) as registry, ThreadPoolExecutor(100) as waiters:
        waits = [waiters.submit(registry.wait, "felix/api", timeout_s=20) for _ in range(100)]
        time.sleep(0.3)
        lab.register()
        assert {each.result().port for each in waits} == {8001}
        assert proxy.connections <= 2

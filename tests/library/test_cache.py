"""The copy in the background: what it costs, and what it knows while Consul is away."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from chaos.proxy import Mode, Proxy
from demi_adapters import ConsulUnavailable, DemiError, NotFound, Registry, mirror
from demi_adapters.consul_reader import ConsulReader
from demi_adapters.consul_settings import settings_at
from library.lab import Lab, eventually, measured


def test_ten_thousand_lookups_ask_nothing(lab: Lab, proxy: Proxy) -> None:
    """Nor does anything else while nothing changes, but two queries that wait."""
    lab.register()
    with Registry(proxy.address) as registry:
        registry.url("felix/api")
        eventually(lambda: proxy.connections, 2)
        time.sleep(0.3)
        before = proxy.requests
        for _ in range(10_000):
            registry.url("felix/api")
            registry.services(site="none")
        assert proxy.requests == before


def test_connections_do_not_grow_with_services(lab: Lab, proxy: Proxy) -> None:
    """Two for five services, two for three hundred, and a few requests for each change."""
    for number in range(5):
        lab.register(f"s{number}", number)
    with Registry(proxy.address) as registry:
        eventually(lambda: len(registry.snapshot().instances), 5)
        assert proxy.connections <= 2
        for number in range(5, 300):
            lab.register(f"s{number}", number)
        eventually(lambda: len(registry.services(healthy=True)), 300)
        assert proxy.connections <= 2
        time.sleep(0.5)
        before = proxy.requests
        lab.say("s7-7", "critical")
        eventually(lambda: registry.service("felix/s7").is_healthy, expected=False)
        time.sleep(0.3)
        assert proxy.requests - before <= 6


def test_answers_go_on_while_consul_is_away_and_say_how_old_they_are(
    lab: Lab, proxy: Proxy
) -> None:
    """Afterwards they are new again, with what has happened meanwhile."""
    id_ = lab.register()
    with Registry(proxy.address) as registry:
        assert registry.url("felix/api")
        assert registry.freshness.error is None
        proxy.behave(Mode.REFUSE)
        eventually(lambda: type(registry.freshness.error), ConsulUnavailable)
        lab.remove(id_)
        lab.register("ui", 7)
        first = registry.freshness.age_s
        time.sleep(0.5)
        assert registry.freshness.age_s >= first + 0.5
        assert registry.url("felix/api")
        assert "can't be reached" in str(registry.freshness.error)
        proxy.behave(Mode.PASS)
        eventually(lambda: registry.freshness.error, None)
        eventually(lambda: [s.name.service for s in registry.services()], ["ui"])
        assert registry.freshness.age_s < 2


def test_a_consul_that_is_away_from_the_start_is_an_error_and_then_it_is_found(
    lab: Lab, proxy: Proxy
) -> None:
    """The first look-up does not wait for ever."""
    lab.register()
    proxy.behave(Mode.REFUSE)
    with Registry(proxy.address) as registry:
        with measured(5), pytest.raises(ConsulUnavailable, match="can't be reached"):
            registry.url("felix/api")
        proxy.behave(Mode.PASS)
        eventually(lambda: _or_none(lambda: registry.url("felix/api")), "http://127.0.0.1:8001")


def test_a_frozen_consul_is_noticed_by_the_age(
    own_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps its connections and says nothing; the age passes what is usual in quiet times."""
    monkeypatch.setattr(mirror, "WAIT_S", 0.5)
    own_lab.register()
    with Registry(own_lab.address) as registry:
        registry.url("felix/api")
        for _ in range(10):
            time.sleep(0.1)
            assert registry.freshness.age_s < 1.0
        with _frozen(own_lab.consul.pid):
            time.sleep(2)
            assert registry.freshness.age_s > 1.5
            assert registry.url("felix/api")
        eventually(lambda: registry.freshness.age_s < 1.0, expected=True)


def test_closing_ends_queries_that_wait_and_leaves_no_thread(lab: Lab, proxy: Proxy) -> None:
    """At once, although Consul would answer in ten seconds, and even if it never did."""
    for mode in (Mode.PASS, Mode.HOLE):
        registry = Registry(proxy.address)
        registry.open()
        registry.snapshot()
        time.sleep(0.2)
        proxy.behave(mode)
        with measured(2):
            registry.close()
        assert not [t for t in threading.enumerate() if t.name.startswith("directory-")]
        proxy.behave(Mode.PASS)
        eventually(lambda: proxy.connections, 0)


def test_closing_while_connections_are_made_ends_them_too(lab: Lab, proxy: Proxy) -> None:
    """Whatever the moment: opening and closing has no gap in which a query is left waiting."""
    for turn in range(40):
        registry = Registry(proxy.address)
        registry.open()
        time.sleep(turn * 0.0005)
        with measured(2):
            registry.close()
    eventually(lambda: proxy.connections, 0)


def test_a_connection_that_is_made_while_all_are_ended_is_ended(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not among those that were open, and would wait for its answer."""
    consul = ConsulReader(settings_at(lab.address, None))
    index, _ = consul.checks()
    consul.close()
    monkeypatch.setattr(socket.socket, "connect", _shutting(socket.socket.connect, consul))
    with measured(2), pytest.raises(ConsulUnavailable):
        consul.checks(index=index, wait_s=10)


def test_an_emptied_consul_is_believed_at_once(own_lab: Lab) -> None:
    """Its index begins anew, far below the one that was waited on."""
    for number in range(30):
        own_lab.register("api", number)
    with Registry(own_lab.address) as registry:
        eventually(lambda: len(registry.snapshot().instances), 30)
        own_lab.consul.kill()
        own_lab.consul.wipe()
        own_lab.consul.start()
        eventually(lambda: registry.snapshot().instances, (), within_s=5)
        own_lab.register("ui")
        eventually(lambda: [s.name.service for s in registry.services()], ["ui"], within_s=5)
        own_lab.say("ui-1", "critical")
        eventually(lambda: registry.services(healthy=True), [], within_s=5)


def test_a_service_of_a_moment_is_never_seen_without_its_check(lab: Lab) -> None:
    """Services and checks are read one after the other: in between, one of them may change."""
    spurious: list[str] = []
    stop = threading.Event()
    with Registry(lab.address) as registry:

        def look() -> None:
            while not stop.is_set():
                spurious.extend(s.name.service for s in registry.services(healthy=True))

        with ThreadPoolExecutor(1) as looker:
            looking = looker.submit(look)
            for turn in range(150):
                lab.remove(lab.register("short", turn % 3, "critical"))
            eventually(registry.services, [])
            stop.set()
            looking.result()
    assert not spurious


def test_many_threads_look_up_open_and_close_at_once(lab: Lab) -> None:
    """Each gets an answer, or the error of a registry that was closed just then."""
    lab.register()
    registry = Registry(lab.address)
    stop = time.monotonic() + 2

    def look() -> int:
        answers = 0
        while time.monotonic() < stop:
            with suppress(ConsulUnavailable):
                answers += registry.url("felix/api") == "http://127.0.0.1:8001"
                assert registry.freshness.age_s < 30
                assert registry.services()
        return answers

    def turn() -> int:
        while time.monotonic() < stop:
            with registry:
                time.sleep(0.003)
        return 1

    with ThreadPoolExecutor(6) as threads:
        done = [threads.submit(work) for work in (look, look, look, look, turn, turn)]
        assert all(each.result() for each in done)
    registry.close()


def _shutting(
    connect: Callable[..., None], consul: ConsulReader
) -> Callable[[socket.socket, object], None]:
    def then_shut(sock: socket.socket, address: object) -> None:
        connect(sock, address)
        consul.shut_down()

    return then_shut


def _or_none(look: Callable[[], str]) -> str | None:
    try:
        return look()
    except (NotFound, DemiError):
        return None


@contextmanager
def _frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)

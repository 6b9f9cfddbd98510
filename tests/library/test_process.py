"""A process that runs in no container is a service like any other."""

import logging
import threading
import time

import pytest

from chaos.proxy import Mode, Proxy
from demi_adapters import (
    ConfigurationError,
    KeyHeld,
    PermissionDenied,
    Registry,
    consul_transport,
)
from demi_adapters import process as process_module
from demi_adapters.consul_reader import ConsulReader
from library.lab import Lab, eventually, measured

PATH = "demi/sr1_lls/felix/server/"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat each 0.2 s."""
    monkeypatch.setattr(process_module, "_BEAT_S", 0.2)
    monkeypatch.setattr(process_module, "_RETRY_S", 0.2)


def test_it_is_there_while_it_is_entered_and_nothing_stays(lab: Lab) -> None:
    """With the names, URLs and keys that a container would have."""
    registry = Registry(lab.address)
    with registry.register(
        "felix/server", port=9000, description="Bare metal", category="DCS", run="7"
    ) as process:
        assert registry.url("felix/server") == process.url == "http://127.0.0.1:9000"
        [instance] = registry.service("felix/server").instances
        assert (instance.category, instance.description) == ("DCS", "Bare metal")
        assert instance.tags == ("demi", "dcs")
        assert instance.container is None
        found = {e.path.removeprefix(PATH): e.text for e in registry.keys.list(PATH)}
        assert found == {
            "category": "DCS",
            "description": "Bare metal",
            "host": "127.0.0.1",
            "hostport": "9000",
            "owner": instance.owner,
            "port": "9000",
            "protocol": "http",
            "run": "7",
            "url": "http://127.0.0.1:9000",
        }
        with pytest.raises(KeyHeld, match=r"held by 'demi-process/"):
            registry.keys.put(f"{PATH}run", "8")
    assert lab.get("/v1/agent/services") == {}
    assert lab.get("/v1/agent/checks") == {}
    assert lab.tree("demi/") == set()
    assert lab.get("/v1/session/list") == []


def test_what_it_reports_is_what_others_see(lab: Lab) -> None:
    """At once, not with the next heartbeat."""
    with Registry(lab.address) as registry, registry.register("felix/server", port=9) as process:
        assert registry.wait("felix/server", timeout_s=5).id == process.id
        process.report("critical", "no beam")
        eventually(lambda: registry.service("felix/server").instances[0].reason, "no beam", 3)
        process.report("passing")
        assert registry.wait("felix/server", timeout_s=5)
        with pytest.raises(ConfigurationError, match="Take one of passing, warning, critical"):
            process.report("well")  # type: ignore[arg-type]


def test_consul_is_told_to_drop_it_a_minute_after_its_last_heartbeat() -> None:
    """It does so itself where the process was killed."""
    process = Registry("127.0.0.1:1").register("felix/server", port=9)
    heartbeat = process_module.definition(process._registration, "heartbeat")["Checks"]
    assert isinstance(heartbeat, list)
    assert heartbeat[0]["DeregisterCriticalServiceAfter"] == "1m"
    assert heartbeat[0]["TTL"] == "15s"


def test_a_health_url_is_asked_by_consul_as_well(lab: Lab) -> None:
    """Both the heartbeat and the page have to be well."""
    with Registry(lab.address).register("felix/server", port=9, health="health") as process:
        kinds = {id_.partition(":")[0]: s for id_, s in lab.status(process.id).items()}
        assert kinds == {"heartbeat": "passing", "service": "critical"}


@pytest.mark.usefixtures("hasty")
def test_it_survives_restarts_of_consul_with_its_data_and_without(own_lab: Lab) -> None:
    """Whatever was lost is there again in seconds, and is removed in the end."""
    with Registry(own_lab.address).register("felix/server", port=9, run="7") as process:
        for wipe in (False, True):
            keys = own_lab.tree(PATH)
            assert f"{PATH}run" in keys
            own_lab.consul.stop()
            if wipe:
                own_lab.consul.wipe()
            own_lab.consul.start()
            eventually(lambda: own_lab.tree(PATH), keys)
            eventually(lambda: list(own_lab.status(process.id).values()), ["passing"])
            eventually(lambda: len(own_lab.get("/v1/session/list")), 1)
    assert own_lab.get("/v1/agent/services") == {}
    assert own_lab.get("/v1/session/list") == []


@pytest.mark.usefixtures("hasty")
def test_what_is_removed_by_hand_returns(lab: Lab) -> None:
    """The service, its keys and its session."""
    with Registry(lab.address).register("felix/server", port=9) as process:
        keys = lab.tree(PATH)
        lab.remove(process.id)
        for session in lab.get("/v1/session/list"):
            lab.put(f"/v1/session/destroy/{session['ID']}")
        eventually(lambda: lab.tree(PATH), keys)
        eventually(lambda: list(lab.status(process.id).values()), ["passing"])


@pytest.mark.usefixtures("hasty")
def test_a_second_instance_shows_its_keys_when_the_first_has_gone(lab: Lab) -> None:
    """Both are registered all the while; a key has one writer."""
    registry = Registry(lab.address)
    with registry.register("felix/server", port=2) as second:
        second.__exit__()
        with registry.register("felix/server", port=1), second:
            assert len(registry.service("felix/server").instances) == 2
            assert registry.keys[f"{PATH}hostport"].text == "1"
            first = next(i for i in registry.service("felix/server").instances if i.port == 1)
            assert registry.keys[f"{PATH}owner"].text == first.owner
        assert lab.tree(PATH) == set()


@pytest.mark.usefixtures("hasty")
def test_the_keys_are_taken_over_from_an_instance_that_goes(lab: Lab) -> None:
    """Within a heartbeat."""
    registry = Registry(lab.address)
    first, second = (registry.register("felix/server", port=port) for port in (1, 2))
    with first, second:
        assert registry.keys[f"{PATH}hostport"].text == "1"
        first.__exit__()
        eventually(lambda: getattr(registry.keys.get(f"{PATH}hostport"), "text", ""), "2", 3)
    assert lab.tree(PATH) == set()


@pytest.mark.usefixtures("hasty")
def test_entering_does_not_wait_for_consul(
    lab: Lab, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """One line says so, one that it is there at last."""
    caplog.set_level(logging.INFO)
    proxy.behave(Mode.REFUSE)
    with Registry(proxy.address).register("felix/server", port=9) as process:
        time.sleep(0.7)
        proxy.behave(Mode.PASS)
        eventually(lambda: list(lab.status(process.id).values()), ["passing"])
        eventually(lambda: caplog.text.count("is registered again"), 1)
    assert caplog.text.count("Trying again") == 1
    assert lab.get("/v1/agent/services") == {}


def test_leaving_while_consul_is_away_says_what_becomes_of_it(
    lab: Lab, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """And takes no longer for it."""
    with Registry(proxy.address).register("felix/server", port=9) as process:
        proxy.behave(Mode.REFUSE)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert "could not be deregistered" in caplog.text
    assert "It goes by itself in two minutes" in caplog.text
    assert list(lab.status(process.id)) == [f"heartbeat:{process.id}"]


def test_it_may_be_left_twice_and_entered_again_but_not_twice(lab: Lab) -> None:
    """As other context managers."""
    process = Registry(lab.address).register("felix/server", port=9)
    process.__exit__()
    for _ in range(2):
        with process:
            assert lab.status(process.id)
            with pytest.raises(ConfigurationError, match="is entered already"):
                process.__enter__()
        process.__exit__()
        assert lab.get("/v1/agent/services") == {}


def test_an_error_inside_leaves_as_well(lab: Lab) -> None:
    """The caller's error goes on."""
    with pytest.raises(ZeroDivisionError), Registry(lab.address).register("felix/server", port=9):
        _ = 1 / 0
    assert lab.get("/v1/agent/services") == {}


def test_a_right_that_lacks_is_an_error_on_entering_and_nothing_stays(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where half of it had been done by then."""

    def refuse(*_: object) -> str:
        raise PermissionDenied("no session for you.")

    monkeypatch.setattr(ConsulReader, "create_session", refuse)
    process = Registry(lab.address).register("felix/server", port=9)
    with pytest.raises(PermissionDenied), process:
        pytest.fail("it was entered")
    assert lab.get("/v1/agent/services") == {}


@pytest.mark.usefixtures("hasty")
def test_a_right_that_is_taken_for_a_while_ends_no_heartbeat(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told once, and tried on."""

    def refuse(*_: object) -> None:
        raise PermissionDenied("not now.")

    with Registry(lab.address).register("felix/server", port=9) as process:
        with monkeypatch.context() as patched:
            patched.setattr(ConsulReader, "update_ttl_check", refuse)
            eventually(lambda: "not now" in caplog.text, expected=True)
            time.sleep(0.5)
        process.report("warning")
        eventually(lambda: list(lab.status(process.id).values()), ["warning"])
    assert caplog.text.count("not now") == 1


def test_reports_of_many_threads_end_with_the_last_one(lab: Lab) -> None:
    """None is mixed with another one's words, and the last stays."""
    with Registry(lab.address) as registry, registry.register("felix/server", port=9) as process:

        def report() -> None:
            for turn in range(50):
                process.report("warning" if turn % 2 else "critical", f"turn {turn}")

        threads = [threading.Thread(target=report) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        process.report("passing", "well")
        eventually(lambda: registry.service("felix/server").status, "passing", 3)


@pytest.mark.parametrize(
    ("name", "port", "labels", "words"),
    [
        ("felix/server", 0, {}, "'0' is no port"),
        ("felix/server", 70000, {}, "is no port"),
        ("server", 9, {}, "is no service name"),
        ("felix/server", 9, {"health": "http://elsewhere/x"}, "another host"),
        ("felix/server", 9, {"a b": "x"}, "KEY 'a b' must be"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_registered(
    lab: Lab, name: str, port: int, labels: dict[str, str], words: str
) -> None:
    """In words that speak of no container."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        Registry(lab.address).register(name, port=port, **labels)
    assert "in container" not in str(caught.value)


def test_a_frozen_consul_does_not_keep_it_from_leaving(
    lab: Lab, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the time-outs of two requests at most."""
    monkeypatch.setattr(consul_transport, "READ_TIMEOUT_S", 0.5)
    with measured(3), Registry(proxy.address).register("felix/server", port=9):
        proxy.behave(Mode.HOLE)

"""Watch services: each change once, whatever happens to Consul."""

import time
from collections.abc import Iterable

import pytest

from chaos.proxy import Mode, Proxy
from demi_adapters import Change, Instance, Registry
from library.lab import Collector, Lab, eventually, measured


def told(changes: Iterable[Change]) -> list[tuple[str, str]]:
    """Kind and service of each."""
    return [(change.kind.value, change.instance.service) for change in changes]


def test_each_kind_of_change_is_told(lab: Lab) -> None:
    """In the order in which they happen."""
    with Registry(lab.address) as registry:
        watch = Collector(registry.watch(stack="felix"))
        steps = (
            (lambda: lab.register("api", 1, "critical"), [("appeared", "api")]),
            (lambda: lab.say("api-1", "passing"), [("became-healthy", "api")]),
            (lambda: lab.say("api-1", "warning"), [("became-unhealthy", "api")]),
            (lambda: lab.say("api-1", "critical"), [("changed", "api")]),
            (
                lambda: lab.register("api", 1, "critical", description="new"),
                [("changed", "api")],
            ),
            (lambda: lab.remove("api-1"), [("gone", "api")]),
        )
        for act, expected in steps:
            act()
            eventually(lambda: len(watch.seen), 1)
            time.sleep(0.1)
            assert told(watch.take()) == expected
    watch.thread.join(2)
    assert not watch.thread.is_alive()


def test_only_what_is_asked_for_is_told(lab: Lab) -> None:
    """By site, stack or category."""
    lab.register("api", 1, category="DCS")
    lab.register("ui", 2)
    with Registry(lab.address) as registry:
        dcs = Collector(registry.watch(category="DCS"))
        elsewhere = Collector(registry.watch(site="elsewhere"))
        eventually(lambda: told(dcs.seen), [("appeared", "api")])
        time.sleep(0.2)
    dcs.thread.join(2)
    elsewhere.thread.join(2)
    assert (len(dcs.seen), elsewhere.seen) == (1, [])


@pytest.mark.parametrize("is_entered", [True, False])
def test_closing_the_registry_ends_a_watch(lab: Lab, is_entered: bool) -> None:
    """Entered or not, at once."""
    registry = Registry(lab.address)
    if is_entered:
        registry.open()
    lab.register()
    watch = Collector(registry.watch())
    eventually(lambda: len(watch.seen), 1)
    with measured(2):
        registry.close()
        watch.thread.join()
    assert watch.error is None


def test_leaving_the_loop_ends_what_was_started_for_it(lab: Lab) -> None:
    """The fixture looks for threads."""
    lab.register()
    changes = Registry(lab.address).watch()
    assert next(changes).instance.service == "api"
    with measured(2):
        changes.close()


def test_an_outage_loses_and_repeats_nothing(lab: Lab, proxy: Proxy) -> None:
    """What changed meanwhile is told afterwards, and nothing else."""
    for service, number in (("stays", 1), ("goes", 2), ("fails", 3)):
        lab.register(service, number)
    with Registry(proxy.address) as registry:
        watch = Collector(registry.watch())
        eventually(lambda: len(watch.take()), 3)
        for mode in (Mode.CUT, Mode.REFUSE, Mode.ERRORS):
            proxy.behave(mode)
            proxy.cut_all()
            time.sleep(0.7)
            proxy.behave(Mode.PASS)
        eventually(lambda: registry.freshness.error, None)
        time.sleep(0.7)
        assert told(watch.take()) == []
        proxy.behave(Mode.REFUSE)
        lab.remove("goes-2")
        lab.say("fails-3", "critical")
        lab.register("comes", 4)
        proxy.behave(Mode.PASS)
        eventually(lambda: len(watch.seen), 3)
        time.sleep(0.3)
        assert sorted(told(watch.take())) == [
            ("appeared", "comes"),
            ("became-unhealthy", "fails"),
            ("gone", "goes"),
        ]


def test_a_restart_of_consul_repeats_nothing(own_lab: Lab) -> None:
    """A server that leads but has not read its log yet knows less than it knew."""
    for number in range(40):
        own_lab.say(own_lab.register(f"s{number}", number), "passing")  # said is remembered
    for number in range(300):
        own_lab.put(f"/v1/kv/demi/{number}", "v" * 200)
    with Registry(own_lab.address) as registry, registry.keys.watch("demi/") as key_watch:
        services, keys = Collector(registry.watch()), Collector(key_watch)
        eventually(lambda: (len(services.seen), len(keys.seen)), (40, 300))
        services.take()
        keys.take()
        for _ in range(3):
            own_lab.consul.kill()
            own_lab.consul.start()
            eventually(lambda: registry.freshness.error, None)
            time.sleep(1)
        own_lab.say("s7-7", "critical")
        own_lab.put("/v1/kv/demi/7", "new")
        eventually(lambda: len(services.seen) and len(keys.seen) and True, expected=True)
        time.sleep(0.3)
        assert told(services.take()) == [("became-unhealthy", "s7")]
        assert [(c.kind.value, c.entry.path) for c in keys.take()] == [("changed", "demi/7")]
    services.thread.join(2)
    keys.thread.join(2)


def test_a_consul_that_was_emptied_and_filled_again_tells_the_difference(own_lab: Lab) -> None:
    """All is gone, and what is registered anew appears."""
    own_lab.register("api")
    with Registry(own_lab.address) as registry:
        watch = Collector(registry.watch())
        eventually(lambda: len(watch.take()), 1)
        own_lab.consul.stop()
        own_lab.consul.wipe()
        own_lab.consul.start()
        eventually(lambda: told(watch.seen), [("gone", "api")])
        own_lab.register("ui")
        eventually(lambda: told(watch.seen), [("gone", "api"), ("appeared", "ui")])
    watch.thread.join(2)


def test_a_reader_who_sleeps_gets_every_change_afterwards(lab: Lab) -> None:
    """Snapshots are queued, not only the last one."""
    with Registry(lab.address) as registry:
        changes = registry.watch()
        lab.register("api", 1, "critical")
        assert told([next(changes)]) == [("appeared", "api")]
        for status in ("passing", "critical", "passing"):
            lab.say("api-1", status)
            healthy = status == "passing"
            eventually(lambda: registry.service("felix/api").is_healthy, expected=healthy)
        turns = [told([next(changes)])[0][0] for _ in range(3)]
        assert turns == ["became-healthy", "became-unhealthy", "became-healthy"]
        changes.close()


def test_following_a_storm_ends_where_consul_does(lab: Lab) -> None:
    """Applied one after the other, the changes make up the last snapshot."""
    with Registry(lab.address) as registry:
        watch = Collector(registry.watch())
        for turn in range(120):
            number = turn * 7 % 5
            if turn % 3:
                lab.register(
                    "api", number, ("passing", "critical")[turn % 2], description=f"{turn}"
                )
            else:
                lab.remove(f"api-{number}")
        lab.register("last", 9)
        eventually(lambda: bool(watch.seen) and watch.seen[-1].instance.service == "last", True)
        there: dict[str, Instance] = {}
        for change in watch.seen:
            if change.kind.value == "gone":
                del there[change.instance.id]
            else:
                assert (change.instance.id in there) == (change.kind.value != "appeared")
                there[change.instance.id] = change.instance
        assert there == {i.id: i for i in registry.snapshot().instances}
    watch.thread.join(2)

"""Things that go wrong at the same time, or for a moment only: the registrator lives on."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from chaos.proxy import Proxy
from real.world import World, eventually, felix_labels, id_of


@pytest.fixture
def way(world: World) -> Iterator[Proxy]:
    """A way to the engine that can be cut."""
    proxy = Proxy(world.engine.docker_host, seed=1)
    try:
        yield proxy
    finally:
        proxy.close()


def test_an_outage_of_both_with_resyncs_and_events_is_survived(world: World) -> None:
    """Docker and Consul go one after the other, and comparisons fall due all the time."""
    registrator = world.start_registrator("--resync", "1")
    first, dying = world.run(felix_labels("first")), world.run(felix_labels("dying"))
    staying = world.run(felix_labels("staying"))
    ids = {id_of(first, "first"), id_of(dying, "dying"), id_of(staying, "staying")}
    eventually(world.service_ids, ids)
    dying.reload()
    process = int(dying.attrs["State"]["Pid"])
    world.consul.stop()
    first.kill()  # an event while Consul is away
    time.sleep(2)
    world.engine.stop(keep_containers=True)
    os.kill(process, signal.SIGKILL)
    time.sleep(2)
    assert registrator.process.poll() is None, registrator.log
    world.consul.start()
    eventually(lambda: "in step again" in registrator.log, expected=True)
    assert world.service_ids() == ids, "without Docker nothing is removed"
    world.engine.start()
    eventually(world.service_ids, {id_of(staying, "staying")})
    eventually(lambda: {k.split("/")[3] for k in world.tree()}, {"staying"})
    assert registrator.process.poll() is None


def test_an_event_stream_that_breaks_costs_nothing(world: World, way: Proxy) -> None:
    """The next comparison is an hour away, and what happens while nobody listens is found."""
    registrator = world.start_registrator(
        "--resync", "3600", DOCKER_HOST=f"tcp://{way.address}", wait=True
    )
    staying, dying = world.run(felix_labels("staying")), world.run(felix_labels("dying"))
    eventually(world.service_ids, {id_of(staying, "staying"), id_of(dying, "dying")})
    for cut in range(3):
        way.cut_all()
        dying.kill()
        born = world.run(felix_labels(f"born{cut}"))
        eventually(world.service_ids, {id_of(staying, "staying"), id_of(born, f"born{cut}")})
        dying = born
    assert registrator.process.poll() is None
    assert registrator.log.count("Engine is back") >= 3

"""Many things at once, and things that happen while nobody is looking."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from real.world import Registrator, World, eventually, felix_labels, id_of

BURST = 20


def test_bursts_of_starts_and_kills_lose_nothing(world: World, registrator: Registrator) -> None:
    """Twenty containers started together appear, and killed together they go."""
    with ThreadPoolExecutor(8) as pool:
        containers = list(pool.map(lambda n: world.run(felix_labels(f"s{n}")), range(BURST)))
        ids = {id_of(c, f"s{n}") for n, c in enumerate(containers)}
        eventually(world.service_ids, ids, within_s=5)
        eventually(lambda: len({k.split("/")[3] for k in world.tree()}), BURST, within_s=2)
        list(pool.map(lambda c: c.kill(), containers))
    eventually(world.service_ids, set(), within_s=5)
    eventually(world.tree, {}, within_s=2)


def test_a_renamed_container_changes_nothing(world: World, registrator: Registrator) -> None:
    """Neither a second entry nor a write: names of containers are not part of the registration."""
    container = world.run(felix_labels())
    eventually(lambda: len(world.tree()), 8)
    before = world.indices("demi/")
    container.rename("felix-under-another-name")
    container.restart()
    eventually(lambda: world.tree().get("demi/sr1_lls/felix/api/container"), container.id[:12])
    eventually(world.service_ids, {id_of(container)})
    assert world.indices("demi/").keys() == before.keys()


def test_what_dies_while_docker_is_away_is_gone_when_it_is_back(world: World) -> None:
    """A container that ended during an outage of the engine does not stay registered."""
    registrator = world.start_registrator("--resync", "3600")
    dying, staying = world.run(felix_labels("dying")), world.run(felix_labels("staying"))
    eventually(world.service_ids, {id_of(dying, "dying"), id_of(staying, "staying")})
    dying.reload()
    process = int(dying.attrs["State"]["Pid"])
    world.engine.stop(keep_containers=True)
    eventually(lambda: "What is registered stays" in registrator.log, expected=True)
    os.kill(process, signal.SIGKILL)
    assert world.service_ids() == {id_of(dying, "dying"), id_of(staying, "staying")}
    world.engine.start()
    eventually(world.service_ids, {id_of(staying, "staying")})


def test_a_port_on_ipv6_loopback_is_registered_at_its_host_with_a_warning(
    world: World, registrator: Registrator
) -> None:
    """Not at 127.0.0.1, where nothing listens; and others are told that they can't reach it."""
    container = world.run(felix_labels(host="pc7.cern.ch"), ports={"8000/tcp": ("::1", 18_222)})
    eventually(world.service_ids, {id_of(container)})
    service = world.services()[id_of(container)]
    assert (service["Address"], service["Port"]) == ("pc7.cern.ch", 18_222)
    eventually(lambda: "loopback-only" in registrator.log, expected=True)

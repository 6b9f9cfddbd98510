"""Crashes and outages: nothing stale stays, nothing sound goes, nobody else's is touched."""

import time
from typing import Any

from real.world import Registrator, World, eventually, felix_labels, id_of


def test_a_killed_registrator_comes_back_and_removes_exactly_what_is_stale(world: World) -> None:
    """After kill -9 and three deaths meanwhile, survivors keep their ModifyIndex."""
    registrator = world.start_registrator()
    containers = [world.run(felix_labels(f"s{n}")) for n in range(6)]
    ids = [id_of(c, f"s{n}") for n, c in enumerate(containers)]
    eventually(world.service_ids, set(ids))
    eventually(lambda: len(world.tree()), 6 * 8)
    registrator.kill()
    before = world.indices()
    for container in containers[:3]:
        container.remove(force=True)
    world.start_registrator()
    eventually(world.service_ids, set(ids[3:]))
    eventually(lambda: {k.split("/")[3] for k in world.tree()}, {"s3", "s4", "s5"})
    after = world.indices()
    assert {k for k in after if k.startswith("demi/")} == {
        k for k in before if k.startswith("demi/") and k.split("/")[3] in ("s3", "s4", "s5")
    }
    survivors = [k for k in before if k in after and k != "demi-registrator/pc7"]
    assert len(survivors) == 3 + 3 * 8 + 1, "three services, their keys, and Consul itself"
    assert {k: after[k] for k in survivors} == {k: before[k] for k in survivors}
    assert len(world.get("/v1/session/list")) == 1


def test_sigterm_leaves_everything_registered(world: World) -> None:
    """A stopped registrator leaves services and keys, and exits 0."""
    registrator = world.start_registrator()
    container = world.run(felix_labels())
    eventually(lambda: len(world.tree()), 8)
    before = world.indices("demi/")
    assert registrator.stop() == 0
    assert world.indices("demi/") == before
    assert world.service_ids() == {id_of(container)}


def test_deregister_on_exit_removes_what_is_ours_and_nothing_else(world: World) -> None:
    """Services, keys, record and session go; somebody else's service, key and session stay."""
    others = _others(world)
    registrator = world.start_registrator("--deregister-on-exit")
    container = world.run(felix_labels())
    eventually(lambda: id_of(container) in world.services(), expected=True)
    assert registrator.stop() == 0
    assert world.service_ids() == {"sr1-lls-felix-api-feedc0ffee00"}
    assert set(world.tree("")) == {"demi/sr1_lls/felix/api/note", "demi/notes"}
    assert _others_now(world) == others


def test_what_others_made_is_untouched_by_everything(world: World) -> None:
    """Registering, updating, deregistering, a crash and a restart leave others' things alone."""
    others = _others(world)
    registrator = world.start_registrator()
    labels = felix_labels(note="from a label")
    container = world.run(labels)
    eventually(lambda: id_of(container) in world.services(), expected=True)
    eventually(lambda: "kv-held" in registrator.log, expected=True)
    container.restart()
    second = world.run(labels)
    eventually(lambda: id_of(second) in world.services(), expected=True)
    registrator.kill()
    container.remove(force=True)
    registrator = world.start_registrator()
    eventually(lambda: id_of(container) in world.services(), expected=False)
    second.kill()
    eventually(lambda: id_of(second) in world.services(), expected=False)
    registrator.stop()
    assert _others_now(world) == others


def test_an_emptied_consul_is_filled_again_without_waiting_for_the_timer(world: World) -> None:
    """Consul restarted without its data has everything back within seconds."""
    world.start_registrator("--resync", "3600")
    container = world.run(felix_labels())
    eventually(lambda: len(world.tree()), 8)
    keys = world.tree()
    world.consul.stop()
    world.consul.wipe()
    world.consul.start()
    eventually(world.service_ids, {id_of(container)}, within_s=8)
    eventually(world.tree, keys, within_s=2)
    eventually(lambda: len(world.get("/v1/query")), 1, within_s=2)


def test_a_consul_restarted_with_its_data_is_not_written_to(world: World) -> None:
    """Nothing is registered again where nothing is missing."""
    registrator = world.start_registrator("--resync", "3600")
    container = world.run(felix_labels())
    eventually(lambda: len(world.tree()), 8)
    before = world.indices("demi/")
    world.consul.stop()
    world.consul.start()
    eventually(lambda: "in step again" in registrator.log, expected=True)
    assert world.indices("demi/") == before
    assert world.service_ids() == {id_of(container)}


def test_recovery_follows_at_once_however_long_the_outage_was(world: World) -> None:
    """Attempts have become rare by then; a probe notices that the port answers again."""
    registrator = world.start_registrator("--resync", "3600")
    container = world.run(felix_labels())
    eventually(world.service_ids, {id_of(container)})
    world.consul.stop()
    container.kill()
    time.sleep(12)
    world.consul.start()
    eventually(world.service_ids, set(), within_s=2)
    eventually(lambda: registrator.log.count("in step again"), 1)
    assert registrator.log.count("can't be reached") == 1, "one line, however many attempts"
    # And a few where a call met a server that was up but had no leader any more, or none yet.
    assert registrator.log.count("Trying again") <= 4


def test_what_dies_while_consul_is_away_is_gone_when_it_is_back(world: World) -> None:
    """A container that died during an outage of Consul does not stay registered."""
    world.start_registrator("--resync", "3600")
    dying, staying = world.run(felix_labels("dying")), world.run(felix_labels("staying"))
    eventually(world.service_ids, {id_of(dying, "dying"), id_of(staying, "staying")})
    world.consul.stop()
    dying.kill()
    born = world.run(felix_labels("born"))
    world.consul.start()
    eventually(world.service_ids, {id_of(born, "born"), id_of(staying, "staying")})
    eventually(lambda: {k.split("/")[3] for k in world.tree()}, {"born", "staying"})


def test_a_restarted_docker_daemon_deregisters_nothing_that_still_runs(world: World) -> None:
    """With its containers living on, the registry stays as it is, and events flow again."""
    registrator = world.start_registrator("--resync", "3600")
    container = world.run(felix_labels())
    eventually(lambda: len(world.tree()), 8)
    before = world.indices("demi/")
    world.engine.stop(keep_containers=True)
    eventually(lambda: "What is registered stays" in registrator.log, expected=True)
    time.sleep(1)
    assert world.service_ids() == {id_of(container)}
    world.engine.start()
    eventually(lambda: "Engine is back" in registrator.log, expected=True)
    assert world.indices("demi/") == before
    second = world.run(felix_labels("ui", port=3000))
    eventually(world.service_ids, {id_of(container), id_of(second, "ui")})
    container.kill()
    eventually(world.service_ids, {id_of(second, "ui")})


def test_it_starts_before_consul_and_docker_and_says_what_it_waits_for(world: World) -> None:
    """A registrator that finds neither names both in turn, and works once they are there."""
    container = world.run(felix_labels())
    world.consul.stop()
    world.engine.stop(keep_containers=True)
    registrator = world.start_registrator(wait=False)
    eventually(lambda: "the Docker Engine at unix://" in registrator.log, expected=True)
    world.engine.start()
    eventually(lambda: f"Consul at http://{world.consul.http_address}" in registrator.log, True)
    eventually(lambda: "can't be reached" in registrator.log, expected=True)
    world.consul.start()
    eventually(world.service_ids, {id_of(container)})


def test_deleted_and_overwritten_things_return(world: World, registrator: Registrator) -> None:
    """A session destroyed, a key overwritten and a service removed by hand are mended."""
    container = world.run(felix_labels())
    eventually(lambda: len(world.tree()), 8)
    keys = world.tree()
    [session] = world.get("/v1/session/list")
    world.put(f"/v1/session/destroy/{session['ID']}")
    eventually(world.tree, keys, within_s=4)
    registrator.stop()
    world.start_registrator("--resync", "1")
    world.put("/v1/kv/demi/sr1_lls/felix/api/url", "http://elsewhere")
    eventually(world.tree, keys, within_s=4)
    world.put(f"/v1/agent/service/deregister/{id_of(container)}")
    eventually(world.service_ids, {id_of(container)}, within_s=4)


def test_a_renamed_host_takes_over_what_its_former_self_left(world: World) -> None:
    """Under a new owner the same services and keys stay, and what is stale goes."""
    registrator = world.start_registrator(DEMI_OWNER="old-name")
    staying, dying = world.run(felix_labels("staying")), world.run(felix_labels("dying"))
    eventually(world.service_ids, {id_of(staying, "staying"), id_of(dying, "dying")})
    registrator.kill()
    dying.remove(force=True)
    world.start_registrator(DEMI_OWNER="new-name")
    eventually(world.service_ids, {id_of(staying, "staying")})
    eventually(lambda: world.tree().get("demi/sr1_lls/felix/staying/owner"), "new-name")
    eventually(
        lambda: [s["Name"] for s in world.get("/v1/session/list")], ["demi-registrator/new-name"]
    )
    eventually(lambda: set(world.tree("demi-registrator/")), {"demi-registrator/new-name"})
    assert {k.split("/")[3] for k in world.tree()} == {"staying"}
    meta = world.services()[id_of(staying, "staying")]["Meta"]
    assert meta["demi_owner"] == "new-name"


def _others(world: World) -> dict[str, Any]:
    """Make a service, two keys, a session with a key, and a query, as others would."""
    world.put(
        "/v1/agent/service/register",
        {
            "ID": "sr1-lls-felix-api-feedc0ffee00",
            "Name": "sr1-lls-felix-api",
            "Meta": {"demi_site": "sr1_lls", "demi_owner": "somebody"},
        },
    )
    world.put("/v1/kv/demi/notes", "a person's")
    session = world.put("/v1/session/create", {"Name": "theirs"})["ID"]
    world.put(f"/v1/kv/demi/sr1_lls/felix/api/note?acquire={session}", "theirs")
    return _others_now(world)


def _others_now(world: World) -> dict[str, Any]:
    sessions = world.get("/v1/session/list")
    return {
        "service": world.services()["sr1-lls-felix-api-feedc0ffee00"],
        "sessions": [s for s in sessions if s["Name"] == "theirs"],
        "keys": [
            world.get("/v1/kv/demi/notes"),
            world.get("/v1/kv/demi/sr1_lls/felix/api/note"),
        ],
    }


def test_two_registrators_of_one_engine_leave_each_other_alone(world: World) -> None:
    """A registrator of the same engine that still runs is no former self."""
    first = world.start_registrator(DEMI_OWNER="first")
    container = world.run(felix_labels())
    eventually(lambda: len(world.tree()), 8)
    before = world.indices("demi/")
    second = world.start_registrator(DEMI_OWNER="second")
    eventually(lambda: "id-taken" in second.log, expected=True)
    eventually(lambda: "kv-held" in second.log, expected=True)
    assert "taking over" not in second.log
    assert world.indices("demi/") == before
    assert world.services()[id_of(container)]["Meta"]["demi_owner"] == "first"
    assert set(world.tree("demi-registrator/")) == {
        "demi-registrator/first",
        "demi-registrator/second",
    }
    assert first.stop() == second.stop() == 0


def test_a_second_registrator_of_the_same_name_says_so_and_ends(world: World) -> None:
    """The first one keeps everything, and nothing is written twice."""
    first = world.start_registrator()
    container = world.run(felix_labels())
    eventually(lambda: len(world.tree()), 8)
    before = world.indices("demi/")
    second = world.start_registrator(wait=False)
    assert second.process.wait(timeout=20) == 2
    assert "a registrator called pc7 runs already" in second.log
    assert "DEMI_OWNER" in second.log
    assert world.indices("demi/") == before
    container.kill()
    eventually(world.service_ids, set(), within_s=2)
    assert first.stop() == 0

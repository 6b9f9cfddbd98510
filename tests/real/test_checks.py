"""A service's checks: ours follows the labels, those of others stay."""

import urllib.error

import pytest

from real.world import World, eventually, felix_labels, id_of


def _checks(world: World) -> dict[str, tuple[str, str]]:
    """State and kind of each check of the agent, by its ID."""
    return {id_: (c["Status"], c["Type"]) for id_, c in world.get("/v1/agent/checks").items()}


def test_an_update_keeps_the_checks_of_others_and_maintenance(world: World) -> None:
    """The host's address has changed, so the service and its check are registered anew."""
    before = world.start_registrator()
    id_ = id_of(world.run(felix_labels(health="/health")))
    eventually(lambda: world.status(id_), "passing")
    world.put(
        "/v1/agent/check/register",
        {"ID": "theirs", "Name": "disk", "TTL": "24h", "ServiceID": id_, "Status": "passing"},
    )
    world.put(f"/v1/agent/service/maintenance/{id_}?enable=true")
    before.stop()
    world.start_registrator(DEMI_HOST="localhost")
    eventually(lambda: world.services()[id_]["Address"], "localhost")
    found = _checks(world)
    assert found.keys() == {"theirs", f"_service_maintenance:{id_}", f"service:{id_}"}
    assert found["theirs"] == ("passing", "ttl")
    notes = world.get("/v1/agent/checks")[f"service:{id_}"]["Notes"]
    assert notes.startswith("GET http://localhost:")


def test_a_check_of_another_kind_is_replaced_whole(world: World) -> None:
    """Consul's agent would go on running the old one and let it overwrite the new one's state."""
    world.start_registrator("--resync", "1")
    id_ = id_of(world.run(felix_labels(health="/health")))
    eventually(lambda: world.status(id_), "passing")
    service = world.services()[id_]
    world.put(
        "/v1/agent/service/register",
        {
            **{key: service[key] for key in ("ID", "Tags", "Meta", "Port", "Address")},
            "Name": service["Service"],
            "Check": {"CheckID": f"service:{id_}", "Name": "x", "TTL": "24h"},
        },
    )
    eventually(lambda: _checks(world)[f"service:{id_}"][1], "http")
    eventually(lambda: world.status(id_), "passing")
    with pytest.raises(urllib.error.HTTPError, match="500"):
        world.put(f"/v1/agent/check/pass/service:{id_}")  # as to a TTL check

"""What happens to containers happens to their services."""

import json

import pytest

from real.world import HOST, Registrator, World, eventually, felix_labels, id_of

KEY = "demi/sr1_lls/felix/api/"


@pytest.mark.parametrize("how", ["stop", "kill", "remove"])
def test_a_container_that_ends_is_deregistered_with_its_keys(
    world: World, registrator: Registrator, how: str
) -> None:
    """Docker stop, kill and rm -f leave nothing behind."""
    container = world.run(felix_labels())
    eventually(world.service_ids, {id_of(container)})
    {
        "stop": container.stop,
        "kill": container.kill,
        "remove": lambda: container.remove(force=True),
    }[how]()
    eventually(world.service_ids, set(), within_s=2)
    eventually(world.tree, {}, within_s=2)


def test_a_restarted_container_is_registered_at_its_new_port(
    world: World, registrator: Registrator
) -> None:
    """Docker restart picks another port, and service, URL and keys follow."""
    container = world.run(felix_labels())
    eventually(world.service_ids, {id_of(container)})
    container.restart()
    container.reload()
    port = container.ports["8000/tcp"][0]["HostPort"]
    eventually(lambda: world.tree().get(f"{KEY}hostport"), port)
    eventually(lambda: world.services()[id_of(container)]["Port"], int(port))


def test_a_paused_container_stays_registered(world: World, registrator: Registrator) -> None:
    """Docker pause changes nothing but what Consul's own check finds."""
    container = world.run(felix_labels(health="/health", health_interval="1s"))
    eventually(lambda: world.status(id_of(container)), "passing")
    before = world.indices("demi/")
    container.pause()
    eventually(lambda: world.status(id_of(container)), "critical")
    assert world.indices("demi/") == before
    container.unpause()
    eventually(lambda: world.status(id_of(container)), "passing")


def test_scaled_instances_share_a_name_and_hand_the_keys_over(
    world: World, registrator: Registrator
) -> None:
    """Of three instances the first created holds the keys; when it dies the next one does."""
    first, second, third = (world.run(felix_labels()) for _ in range(3))
    eventually(world.service_ids, {id_of(c) for c in (first, second, third)})
    eventually(lambda: world.tree().get(f"{KEY}container"), first.id[:12])
    first.kill()
    eventually(lambda: world.tree().get(f"{KEY}container"), second.id[:12], within_s=2)
    second.kill()
    eventually(lambda: world.tree().get(f"{KEY}container"), third.id[:12], within_s=2)
    eventually(world.service_ids, {id_of(third)})


def test_one_bad_label_leaves_the_other_services_alone(
    world: World, registrator: Registrator
) -> None:
    """Two sound services register, the third's bad port is reported in the state record."""
    labels = felix_labels("api") | felix_labels("ui", port=3000) | felix_labels("bad", port="x")
    container = world.run(labels)
    eventually(world.service_ids, {id_of(container), id_of(container, "ui")})
    eventually(lambda: "demi/sr1_lls/felix/bad/container" in world.tree(), expected=True)
    assert "demi/sr1_lls/felix/bad/port" not in world.tree()

    def reported() -> list[tuple[str, str]]:
        record = json.loads(world.tree("demi-registrator/")["demi-registrator/pc7"])
        return [(problem["code"], problem["label"]) for problem in record["problems"]]

    eventually(reported, [("bad-port", "demi.sr1_lls.felix.bad.port")])
    assert "bad-port" in registrator.log


def test_host_networking_uses_the_port_label(world: World, registrator: Registrator) -> None:
    """With the host's network the internal port is the host's."""
    container = world.run(felix_labels(port=18123), network_mode="host")
    eventually(world.service_ids, {id_of(container)})
    service = world.services()[id_of(container)]
    assert (service["Address"], service["Port"]) == (HOST, 18123)


def test_a_container_of_a_compose_network_is_registered(
    world: World, registrator: Registrator
) -> None:
    """A user-defined network publishes ports like the default one."""
    network = world.docker.networks.create("felix_default")
    try:
        container = world.run(felix_labels(), network="felix_default")
        eventually(world.service_ids, {id_of(container)})
        world.docker.api.remove_container(container.id, force=True)
    finally:
        network.remove()


def test_containers_without_our_labels_are_not_touched(
    world: World, registrator: Registrator
) -> None:
    """Neither unlabelled containers nor those with others' labels leave a trace."""
    world.run({})
    world.run({"com.example.demi.x": "1", "demi": "2"})
    marker = world.run(felix_labels())
    eventually(lambda: {path.split("/")[1] for path in world.tree()}, {"sr1_lls"})
    assert world.service_ids() == {id_of(marker)}
    assert "problem" not in registrator.log


def test_a_docker_healthcheck_is_mirrored_within_a_second(
    world: World, registrator: Registrator
) -> None:
    """Starting is a warning; healthy and unhealthy reach Consul as soon as Docker says so."""
    check = {
        "test": ["CMD", "/bin/busybox", "test", "-e", "/tmp/well"],
        "interval": 500_000_000,
        "timeout": 2_000_000_000,
        "retries": 1,
    }
    container = world.run(felix_labels(), healthcheck=check, tmpfs={"/tmp": ""})
    service = id_of(container)
    eventually(world.service_ids, {service})
    for action, health, status in (
        ("touch", "healthy", "passing"),
        ("rm", "unhealthy", "critical"),
        ("touch", "healthy", "passing"),
    ):
        container.exec_run(["/bin/busybox", action, "/tmp/well"])
        eventually(lambda: _health(container), health)
        eventually(lambda: world.status(service), status, within_s=1)
    assert world.get("/v1/agent/checks")[f"service:{service}"]["Type"] == "ttl"
    container.pause()  # which Docker calls unhealthy, though its container list hides that
    eventually(lambda: world.status(service), "critical", within_s=1)
    assert world.demi("plan").returncode == 0
    container.unpause()
    eventually(lambda: world.status(service), "passing", within_s=3)


def _health(container: object) -> str:
    container.reload()  # type: ignore[attr-defined]
    return str(container.attrs["State"]["Health"]["Status"])  # type: ignore[attr-defined]

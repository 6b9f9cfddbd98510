"""Two engines, two registrators, one Consul: the same service runs on both hosts."""

import time
from collections.abc import Iterator

import docker
import pytest
from docker.models.containers import Container

from demi_local.engine import PrivateEngine, find_or_install_dockerd
from demi_local.example import build_felix_image
from real.world import World, eventually, felix_labels, id_of, run_container

OWNER_KEY = "demi/sr1_lls/felix/api/owner"


@pytest.fixture(scope="module")
def other_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateEngine]:
    """A second host's engine."""
    folder = tmp_path_factory.mktemp("other")
    engine = PrivateEngine(find_or_install_dockerd(print), folder, folder / "dockerd.log")
    try:
        engine.start()
        build_felix_image(engine.docker_host, print)
        yield engine
    finally:
        engine.stop()


@pytest.fixture
def there(other_engine: PrivateEngine) -> Iterator[Container]:
    """The service's container on the other host."""
    client = docker.DockerClient(base_url=other_engine.docker_host)
    container = run_container(client, ports={"8000/tcp": None}, labels=felix_labels())
    yield container
    container.remove(force=True)
    client.close()


def test_both_are_registered_one_holds_the_keys_and_the_other_takes_over(
    world: World, other_engine: PrivateEngine, there: Container
) -> None:
    """When the holder's container goes, the keys are back within two seconds."""
    world.start_registrator(DEMI_OWNER="host-a")
    here = world.run(felix_labels())
    eventually(lambda: world.tree().get(OWNER_KEY), "host-a")
    other = world.start_registrator(DEMI_OWNER="host-b", DOCKER_HOST=other_engine.docker_host)
    eventually(world.service_ids, {id_of(here), id_of(there)})
    eventually(lambda: "kv-held" in other.log, expected=True)
    assert world.tree()[OWNER_KEY] == "host-a"
    here.kill()
    eventually(lambda: world.tree().get(OWNER_KEY), "host-b", within_s=2)
    assert world.tree()["demi/sr1_lls/felix/api/container"] == str(there.id)[:12]
    eventually(world.service_ids, {id_of(there)})
    here.start()
    eventually(world.service_ids, {id_of(here), id_of(there)})
    time.sleep(1)
    assert world.tree()[OWNER_KEY] == "host-b", "who holds the keys keeps them"


def test_a_namesake_on_another_engine_gives_way_before_it_does_harm(
    world: World, other_engine: PrivateEngine, there: Container
) -> None:
    """The second host was given the first one's name: it says so and ends."""
    first = world.start_registrator()
    here = world.run(felix_labels())
    eventually(lambda: OWNER_KEY in world.tree(), expected=True)
    before = world.indices("demi/")
    second = world.start_registrator(wait=False, DOCKER_HOST=other_engine.docker_host)
    assert second.process.wait(timeout=20) == 2
    assert "a registrator called pc7 runs already" in second.log
    eventually(world.service_ids, {id_of(here)})
    eventually(lambda: world.tree().get("demi/sr1_lls/felix/api/container"), here.id[:12])
    assert first.process.poll() is None
    assert world.indices("demi/").keys() == before.keys()

"""What the local runner decides from texts and settings: no root, no servers."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from demi_local import paths
from demi_local.apt import choose_mirror
from demi_local.bridge import choose_subnet
from demi_local.consul import merged
from demi_local.engine import runtime_folder
from demi_local.errors import LocalError
from demi_local.hints import registrator_settings
from demi_local.host import remote_host
from demi_local.leftovers import has_option, mounts_below
from demi_local.lock import refuse_addresses
from demi_local.settings import read_settings


def test_the_mirror_is_the_machines_own_debian_archive() -> None:
    """Third parties' archives and the security archive are passed over."""
    listing = (
        "Somebody|Tools|http://tools.example/apt/\n"
        "Debian|Debian-Security|http://mirror.example/debian-security/\n"
        "Debian|Debian|http://mirror.example/debian/\n"
    )
    assert choose_mirror(listing) == "http://mirror.example/debian/"


def test_the_mirror_is_found_before_any_package_list_was_fetched() -> None:
    """Without lists apt knows no origins, and the address has to do."""
    listing = "||http://mirror.example/debian-security/\n||http://mirror.example/debian/\n"
    assert choose_mirror(listing) == "http://mirror.example/debian/"


def test_a_machine_without_a_debian_archive_is_told_what_to_do() -> None:
    """An empty list of archives names the way out."""
    with pytest.raises(LocalError, match="put consul on PATH"):
        choose_mirror("")


def test_settings_of_an_empty_environment_are_the_defaults() -> None:
    """With nothing set, Consul is on its own ports and the rest is chosen later."""
    settings = read_settings({"DEMI_HOST": ""})
    assert settings.consul_url == "http://127.0.0.1:8500"
    assert settings.consul_is_default
    assert (settings.dns_port, settings.own_consul_port) == (8600, 8500)
    assert (settings.docker_host, settings.host, settings.ui_port) == (None, None, None)


@pytest.mark.parametrize(
    ("address", "url", "own_port"),
    [
        ("127.0.0.1:9500", "http://127.0.0.1:9500", 9500),
        ("http://localhost:9500", "http://localhost:9500", 9500),
        ("consul.example:8500", "http://consul.example:8500", None),
        ("https://127.0.0.1:8501", "https://127.0.0.1:8501", None),
    ],
)
def test_a_server_is_started_only_on_this_machine(
    address: str, url: str, own_port: int | None
) -> None:
    """A Consul elsewhere, or one with TLS, is not ours to replace."""
    settings = read_settings({"CONSUL_HTTP_ADDR": address})
    assert (settings.consul_url, settings.own_consul_port) == (url, own_port)


@pytest.mark.parametrize("value", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused_by_its_variables_name(value: str) -> None:
    """The message says which variable to change."""
    with pytest.raises(LocalError, match=f"DEMI_UI_PORT={value}"):
        read_settings({"DEMI_UI_PORT": value})


def test_the_subnet_overlaps_nothing_in_use() -> None:
    """All but one of the candidates are taken, the default route counts for nothing."""
    routes = "default via 10.0.0.1 dev eth0 10.213.0.0/17 dev a 10.213.128.0/18 dev b "
    routes += "10.213.192.0/19 dev c 10.213.224.0/20 dev d 10.213.240.0/21 dev e "
    routes += "10.213.248.0/22 dev f 10.213.252.0/23 dev g local 10.213.254.7 dev h"
    assert choose_subnet(routes.split(), "demi-1") == IPv4Network("10.213.255.0/24")


def test_no_free_subnet_is_an_error_in_words() -> None:
    """A machine that uses the whole range is told so."""
    with pytest.raises(LocalError, match="no free subnet"):
        choose_subnet(["10.0.0.0/8"], "demi-1")


def test_only_mounts_below_the_folder_are_ours() -> None:
    """A folder whose name merely begins the same is another's."""
    line = "36 35 0:5 / {} rw - overlay overlay rw\n"
    table = "".join(line.format(point) for point in ("/a/b/c", "/a/bc", "/", "/a/b/d\\040e"))
    assert mounts_below(Path("/a/b"), table) == ["/a/b/c", "/a/b/d e"]


def test_a_process_is_ours_by_an_option_and_its_value_together() -> None:
    """The value alone, in an editor's arguments for example, is not enough."""
    assert has_option(["shim", "-namespace", "demi-1", "-id", "x"], "-namespace", "demi-1")
    assert not has_option(["vi", "demi-1"], "-namespace", "demi-1")


def test_a_long_folder_moves_the_sockets_elsewhere() -> None:
    """A unix socket's path has an upper limit."""
    assert runtime_folder(Path("/short"), "demi-1") == Path("/short/run")
    assert runtime_folder(Path("/" + "x" * 70), "demi-1") == Path("/run/demi-1")


def test_extra_configuration_is_merged_into_objects() -> None:
    """One port can be changed without losing the others."""
    ours = {"ports": {"http": 1, "dns": 2}, "server": True}
    assert merged(ours, {"ports": {"dns": 3}, "node_name": "x"}) == {
        "ports": {"http": 1, "dns": 3},
        "server": True,
        "node_name": "x",
    }


@pytest.mark.parametrize(
    ("docker_host", "host"),
    [
        ("unix:///var/run/docker.sock", None),
        ("tcp://127.0.0.1:2375", None),
        ("tcp://labpc.example:2375", "labpc.example"),
    ],
)
def test_containers_of_a_remote_engine_are_reached_at_its_host(
    docker_host: str, host: str | None
) -> None:
    """Ports are published where the engine is, not where the runner is."""
    assert remote_host(docker_host) == host


def test_hints_carry_what_the_registrator_was_given() -> None:
    """Or else a copied `demi plan` would answer for another registrator. No token is shown."""
    env = {"DOCKER_HOST": "unix:///a b", "DEMI_HOST": "192.0.2.7", "CONSUL_HTTP_TOKEN": "secret"}
    assert registrator_settings(env) == "DOCKER_HOST='unix:///a b' DEMI_HOST=192.0.2.7 "
    env["DOCKER_HOST"] = "unix:///var/run/docker.sock"
    assert registrator_settings(env | {"DEMI_OWNER": "me"}) == "DEMI_HOST=192.0.2.7 DEMI_OWNER=me "


@pytest.mark.parametrize("line", ["--index-url x", "a @ https://mirror.example/a.whl"])
def test_a_lock_that_names_a_server_is_refused(line: str) -> None:
    """Which server to ask is each machine's own setting."""
    with pytest.raises(LocalError, match=r"requirements\.lock would name a server"):
        refuse_addresses("requirements.lock", f"a==1\n{line}\n")


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_name_no_server_and_hash_everything(file: str) -> None:
    """The committed locks are as `./dev lock` would write them."""
    text = (paths.ROOT / file).read_text()
    refuse_addresses(file, text)
    pins = [block for block in text.split("\n") if "==" in block and not block.startswith(" ")]
    assert pins
    assert all(pin.endswith("\\") for pin in pins)

"""compose.yaml starts with and without .env, and gives away as little as it can."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKER_SOCKET = "/var/run/docker.sock"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services as they are written, anchors followed, variables not."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


@pytest.mark.parametrize("name", ["consul", "registrator", "ui"])
def test_every_service_is_shut_in(services: dict[str, Any], name: str) -> None:
    """Nothing to write to, no capability, and no way to get one."""
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(service)


@pytest.mark.parametrize("name", ["consul", "registrator", "ui"])
def test_every_service_is_looked_after(services: dict[str, Any], name: str) -> None:
    """It comes back, is checked, and does not fill the disk with its log."""
    service = services[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])


def test_nothing_runs_as_root(services: dict[str, Any]) -> None:
    """Consul by its image's user; our image by a number, which needs no look-up to be judged."""
    assert services["consul"]["user"] == "consul"
    user = re.findall(r"^USER (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user == ["10001:10001"]
    assert "user" not in services["registrator"] | services["ui"]


def test_only_the_registrator_gets_the_socket(services: dict[str, Any]) -> None:
    """Read-only, with its group; the page and Consul never see it."""
    mounts = {name: json.dumps(service.get("volumes", [])) for name, service in services.items()}
    assert [name for name, text in mounts.items() if "docker.sock" in text] == ["registrator"]
    (mount,) = services["registrator"]["volumes"]
    assert mount["target"] == DOCKER_SOCKET
    assert mount["read_only"] is True
    assert [name for name, service in services.items() if "group_add" in service] == ["registrator"]


def test_the_group_without_env_is_one_without_rights(services: dict[str, Any]) -> None:
    """The image's own group: a guess could name a group that may do more."""
    assert services["registrator"]["group_add"] == ["${DOCKER_GID:-10001}"]


def test_consul_is_for_this_pc_unless_told_otherwise(services: dict[str, Any]) -> None:
    """HTTP and DNS listen on loopback by default, and there is no other way in."""
    assert "-client=${CONSUL_CLIENT_ADDR:-127.0.0.1}" in services["consul"]["command"]
    assert "-hcl=ports { grpc_tls = -1 }" in services["consul"]["command"]


def test_the_image_is_built_from_what_is_there() -> None:
    """Every file that the image copies exists and passes .dockerignore; .env does not."""
    text = (ROOT / "Dockerfile").read_text()
    sources = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert [name for name in sorted(sources) if not (ROOT / name).exists()] == []
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in rules
    assert {rule[1:] for rule in rules if rule.startswith("!")} == sources


@pytest.fixture(scope="session")
def compose() -> Path:
    """Return a compose of version 2."""
    from demi_local.compose import find_or_install_compose  # noqa: PLC0415 - real tests only

    return find_or_install_compose(print)


def resolved(compose: Path, folder: Path) -> dict[str, Any]:
    """Return what compose makes of the file in a folder, whatever this shell has set."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    result = subprocess.run(
        [compose, "config", "--format", "json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    services: dict[str, Any] = json.loads(result.stdout)["services"]
    return services


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout's files for starting, without .env."""
    for name in ("compose.yaml", "config", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "deploy/consul", tmp_path / "deploy/consul")
    return tmp_path


@pytest.mark.real
def test_it_resolves_without_env(compose: Path, folder: Path) -> None:
    """Defaults for everything, and what is unset stays unset in the container."""
    services = resolved(compose, folder)
    assert services["registrator"]["environment"]["DEMI_HOST"] is None
    assert services["registrator"]["volumes"][0]["source"] == DOCKER_SOCKET
    assert services["ui"]["environment"]["DEMI_UI_PORT"] == "8080"
    assert {service["network_mode"] for service in services.values()} == {"host"}


@pytest.mark.real
def test_it_takes_what_config_wrote(compose: Path, folder: Path) -> None:
    """Every value reaches its place, a dollar sign and blanks included."""
    options = {
        "--site": "sr1_lls",
        "--host": "pc7.cern.ch",
        "--owner": "pc7",
        "--docker-socket": "/run/a $HOME/docker.sock",
        "--docker-gid": "990",
        "--consul-image": "hashicorp/consul:1.20",
        "--consul-port": "18500",
        "--dns-port": "18600",
        "--client-addr": "127.0.0.1 192.0.2.7",
        "--ui-port": "18080",
    }
    arguments = [word for option in options.items() for word in option]
    subprocess.run([folder / "config", *arguments], capture_output=True, check=True)
    services = resolved(compose, folder)
    registrator, consul = services["registrator"], services["consul"]
    environment = registrator["environment"]
    assert environment["DEMI_NAMESPACE"] == "demi.sr1_lls"
    assert environment["DEMI_HOST"] == "pc7.cern.ch"
    assert environment["DEMI_OWNER"] == "pc7"
    assert environment["CONSUL_HTTP_ADDR"] == "127.0.0.1:18500"
    assert registrator["group_add"] == ["990"]
    # compose prints a dollar sign so that it would read it back as one
    assert registrator["volumes"][0]["source"] == "/run/a $$HOME/docker.sock"
    assert consul["image"] == "hashicorp/consul:1.20"
    assert {
        "-http-port=18500",
        "-dns-port=18600",
        "-client=127.0.0.1 192.0.2.7",
    } <= set(consul["command"])
    assert services["ui"]["environment"]["DEMI_UI_PORT"] == "18080"

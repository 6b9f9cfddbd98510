"""The agent that compose.yaml describes starts, is checked truthfully, and lets others read only.

It runs here without a container, which is how it runs there: on the host's network.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "deploy/consul"

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def consul() -> Path:
    """Return the program."""
    from demi_local.consul import find_or_install_consul  # noqa: PLC0415 - real tests only

    return find_or_install_consul(print)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of compose.yaml."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


def is_healthy(service: dict[str, Any], environment: dict[str, str], program: Path) -> bool:
    """Run a service's health check as the engine would, with another program in its place."""
    kind, _, *arguments = service["healthcheck"]["test"]
    assert kind == "CMD"
    result = subprocess.run(
        [program, *arguments], env=environment, capture_output=True, check=False, timeout=10
    )
    return result.returncode == 0


def other_address() -> str | None:
    """Return an address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") else address


@pytest.fixture(scope="module")
def agent(
    consul: Path, services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """An agent with compose's flags and files, on free ports; yields the checks' environment."""
    from demi_local.ports import free_port  # noqa: PLC0415 - real tests only

    folder = tmp_path_factory.mktemp("consul")
    http = str(free_port())
    given = {
        "${CONSUL_HTTP_PORT:-8500}": http,
        "${CONSUL_DNS_PORT:-8600}": str(free_port()),
        "${CONSUL_CLIENT_ADDR:-127.0.0.1}": " ".join(filter(None, ["127.0.0.1", other_address()])),
    }
    command = list(services["consul"]["command"])
    for variable, value in given.items():
        command = [word.replace(variable, value) for word in command]
    # The program here may be older than the image's, and does not know this port.
    command = [word for word in command if "grpc_tls" not in word]
    command += [f"-{port}-port={free_port()}" for port in ("server", "serf-lan", "serf-wan")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [consul, *command, f"-data-dir={folder}/data", f"-config-dir={CONFIGURATION}"],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    environment = {"PATH": os.environ["PATH"], "CONSUL_HTTP_ADDR": f"127.0.0.1:{http}"}
    try:
        deadline = time.monotonic() + 30
        while not is_healthy(services["consul"], environment, consul):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        yield environment
    finally:
        process.terminate()
        process.wait(timeout=20)


def put(url: str, body: bytes) -> int:
    """Return the status of a PUT."""
    request = urllib.request.Request(url, body, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            status: int = answer.status
    except urllib.error.HTTPError as error:
        with error:
            status = error.code
    return status


def test_consul_accepts_the_configuration(consul: Path, tmp_path: Path) -> None:
    """`consul validate` finds nothing, beside a lab's own file too."""
    shutil.copytree(CONFIGURATION, tmp_path / "consul")
    local = 'http_config { allow_write_http_from = ["10.0.0.0/8"] }\n'
    (tmp_path / "consul/zz-local.hcl").write_text(local)
    result = subprocess.run(
        [consul, "validate", tmp_path / "consul"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_consul_is_healthy_only_where_it_answers(
    consul: Path, services: dict[str, Any], agent: dict[str, str]
) -> None:
    """At its own port, and not at one where nothing listens."""
    nobody = {**agent, "CONSUL_HTTP_ADDR": "127.0.0.1:1"}
    assert is_healthy(services["consul"], agent, consul)
    assert not is_healthy(services["consul"], nobody, consul)


@pytest.mark.parametrize("owner", [{}, {"DEMI_OWNER": "pc 7/ä"}])
def test_the_registrator_is_healthy_once_its_record_is_there(
    services: dict[str, Any], agent: dict[str, str], owner: dict[str, str]
) -> None:
    """Not before, and not by a neighbour's record where it knows its own name."""
    environment = {**agent, **owner}
    url = f"http://{agent['CONSUL_HTTP_ADDR']}/v1/kv/demi-registrator/"
    python = Path(sys.executable)
    registrator = services["registrator"]
    assert not is_healthy(registrator, environment, python)
    assert put(url + "pc%207/%C3%A4", b"{}") == 200
    assert is_healthy(registrator, environment, python)
    if owner:
        assert not is_healthy(registrator, {**environment, "DEMI_OWNER": "pc"}, python)
    request = urllib.request.Request(url + "?recurse", method="DELETE")
    urllib.request.urlopen(request, timeout=5).close()


def test_other_hosts_may_read_but_not_write(agent: dict[str, str]) -> None:
    """Reading needs no right; registering and writing are for programs on this PC."""
    address = other_address()
    if address is None:
        pytest.skip("this machine has no address but loopback")
    _, port = agent["CONSUL_HTTP_ADDR"].split(":")
    outside, inside = f"http://{address}:{port}/v1", f"http://127.0.0.1:{port}/v1"
    assert put(f"{inside}/kv/mine", b"x") == 200
    with urllib.request.urlopen(f"{outside}/kv/mine?raw", timeout=5) as answer:
        assert answer.read() == b"x"
    assert put(f"{outside}/kv/mine", b"y") == 403
    assert put(f"{outside}/agent/service/register", b'{"Name": "x"}') == 403
    assert put(f"{outside}/txn", b"[]") == 403

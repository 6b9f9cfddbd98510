"""The local runner with a real Docker Engine and a real Consul."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demi_local import example, paths, wire
from demi_local.consul import ConsulServer, find_or_install_consul
from demi_local.docker_api import DockerApi
from demi_local.engine import PrivateEngine, find_or_install_dockerd, ping
from demi_local.errors import LocalError
from demi_local.ports import free_port

pytestmark = pytest.mark.real

_RUN_UP = """
import sys
from pathlib import Path
from demi_local import parts, paths, up
from demi_local.progress import Progress

state = Path(sys.argv[1])
paths.STATE, paths.LOGS = state, state / "logs"
paths.ENGINE_FOLDER, paths.CONSUL_FOLDER = state / "engine", state / "consul"
parts._SYSTEM_ENGINE = "unix:///nobody/here.sock"
up.up(Progress())
"""


@contextmanager
def engine_in(folder: Path, *, live_restore: bool = False) -> Iterator[PrivateEngine]:
    """Run a private engine, and leave nothing of it."""
    engine = PrivateEngine(
        find_or_install_dockerd(print),
        folder,
        folder.with_suffix(".log"),
        live_restore=live_restore,
    )
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


def answer_of(engine: PrivateEngine, port: int, path: str) -> wire.Answer:
    """Ask the example through the port that Docker picked."""
    [container] = DockerApi(engine.docker_host).containers()
    # IPv6 may have another port: each is picked by itself.
    [public] = [
        published["PublicPort"]
        for published in container["Ports"]
        if published["PrivatePort"] == port and published["IP"] == "0.0.0.0"
    ]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        answer = wire.request(f"http://127.0.0.1:{public}", "GET", path)
        if answer.status:
            return answer
        time.sleep(0.05)
    return wire.NO_ANSWER


def traces(*folders: Path) -> list[str]:
    """List the live processes and mounts that name one of the folders."""
    commands = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                commands.append((entry / "cmdline").read_text())
            except OSError:
                continue
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return [
        line for line in (*commands, *mounts) if any(f"{folder}/" in line for folder in folders)
    ]


def folders_of(engine: PrivateEngine, folder: Path) -> tuple[Path, Path]:
    """Return where an engine keeps its data, and where its sockets and shims are."""
    return folder, Path(engine.docker_host.removeprefix("unix://")).parent


def test_consul_keeps_what_it_knows_until_it_is_wiped(tmp_path: Path) -> None:
    """A key survives a stop and a crash, on the same ports, and no wipe."""
    binary = find_or_install_consul(print)
    extra = {"node_name": "lab"}
    with ConsulServer(binary, tmp_path / "consul", extra=extra, log=tmp_path / "log") as consul:
        url = f"http://{consul.http_address}"
        assert wire.request(url, "PUT", "/v1/kv/a", body=b"b").ok
        [node] = wire.request(url, "GET", "/v1/catalog/nodes").json()
        assert node["Node"] == "lab"
        for end in (consul.stop, consul.kill):
            end()
            assert wire.request(url, "GET", "/v1/status/leader") == wire.NO_ANSWER
            consul.start()
            assert wire.request(url, "GET", "/v1/kv/a?raw").body == b"b"
        with pytest.raises(LocalError, match="stop Consul"):
            consul.wipe()
        consul.stop()
        consul.wipe()
        consul.start()
        assert wire.request(url, "GET", "/v1/kv/a?raw").status == 404


def test_the_example_serves_both_its_parts_and_stops_at_once(tmp_path: Path) -> None:
    """Pages and health answer, and process 1 in the container heeds SIGTERM."""
    with engine_in(tmp_path / "e") as engine:
        example.build_felix_image(engine.docker_host, print)
        example.start_felix(engine.docker_host, "127.0.0.1")
        assert answer_of(engine, 8000, "/health").body == b"ok\n"
        assert b"FELIX API" in answer_of(engine, 8000, "/").body
        assert answer_of(engine, 8000, "/docs/").ok
        assert b"FELIX UI" in answer_of(engine, 3000, "/").body
        began = time.monotonic()
        example.remove_felix(engine.docker_host)
        assert time.monotonic() - began < 1.0
        assert DockerApi(engine.docker_host).containers() == []
    assert traces(*folders_of(engine, tmp_path / "e")) == []


def test_two_engines_run_side_by_side(tmp_path: Path) -> None:
    """Each has containers, a bridge and a subnet of its own."""
    with engine_in(tmp_path / "a") as first, engine_in(tmp_path / "b") as second:
        for engine in (first, second):
            example.build_felix_image(engine.docker_host, print)
            example.start_felix(engine.docker_host, "127.0.0.1")
        first.stop()
        assert not ping(first.docker_host)
        assert answer_of(second, 8000, "/health").body == b"ok\n"


def test_containers_outlive_an_engine_with_live_restore(tmp_path: Path) -> None:
    """They run on while the engine is stopped, and after it crashed."""
    with engine_in(tmp_path / "e", live_restore=True) as engine:
        example.build_felix_image(engine.docker_host, print)
        container = example.start_felix(engine.docker_host, "127.0.0.1")
        for crash in (False, True):
            if crash:
                engine.kill()
            else:
                engine.stop(keep_containers=True)
            assert not ping(engine.docker_host)
            engine.start()
            [found] = DockerApi(engine.docker_host).containers(status=["running"])
            assert found["Id"] == container
            assert answer_of(engine, 8000, "/health").ok
    assert traces(*folders_of(engine, tmp_path / "e")) == []


def test_a_crashed_engine_leaves_nothing_once_stopped(tmp_path: Path) -> None:
    """Shims, mounts and the bridge of a killed engine are cleared by `stop`."""
    with engine_in(tmp_path / "e") as engine:
        example.build_felix_image(engine.docker_host, print)
        example.start_felix(engine.docker_host, "127.0.0.1")
        engine.kill()
    assert traces(*folders_of(engine, tmp_path / "e")) == []


def test_the_example_does_not_remove_somebody_elses_container(tmp_path: Path) -> None:
    """A container that only has the same name is left alone, and said so."""
    with engine_in(tmp_path / "e") as engine:
        image = example.build_felix_image(engine.docker_host, print)
        DockerApi(engine.docker_host).run(example.CONTAINER, {"Image": image})
        with pytest.raises(LocalError, match="is not this example"):
            example.start_felix(engine.docker_host, "127.0.0.1")


def test_up_starts_everything_and_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    """From nothing to both services healthy in Consul and back to nothing."""
    consul, dns, page = (str(free_port()) for _ in range(3))
    env = {
        "PATH": paths.system_path(),
        "HOME": str(Path.home()),
        "PYTHONPATH": str(paths.ROOT / "deploy" / "local"),
        "CONSUL_HTTP_ADDR": f"127.0.0.1:{consul}",
        "DEMI_DNS_PORT": dns,
        "DEMI_UI_PORT": page,
    }
    with subprocess.Popen(
        [sys.executable, "-c", _RUN_UP, str(tmp_path / "s")],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        try:
            assert run.stdout is not None
            lines = []
            for line in run.stdout:
                lines.append(line)
                if "Ready." in line:
                    break
            shown = "".join(lines)
            assert "Ready." in shown, shown
            url = f"http://127.0.0.1:{consul}"
            for name in example.SERVICES:
                [entry] = wire.request(url, "GET", f"/v1/health/service/{name}?passing").json()
                assert entry["Service"]["Service"] == name
            assert wire.request(f"http://127.0.0.1:{page}", "GET", "/").ok
            run.send_signal(signal.SIGINT)
            rest = run.stdout.read()
            assert run.wait(30) == 0, rest
            assert "example: removed\n" in rest, rest
        finally:
            # Interrupted tests do not wait for it by themselves.
            if run.poll() is None:
                run.send_signal(signal.SIGINT)
                run.communicate(timeout=60)
    assert wire.request(url, "GET", "/v1/status/leader") == wire.NO_ANSWER
    assert traces(tmp_path / "s") == []

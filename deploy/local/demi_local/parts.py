"""The parts of a run, each found or started; what was started is stopped by the ExitStack."""

import os
from contextlib import ExitStack
from pathlib import Path

from demi_local import paths, wire
from demi_local.consul import ConsulServer, find_or_install_consul
from demi_local.engine import PrivateEngine, find_or_install_dockerd, ping
from demi_local.errors import LocalError
from demi_local.ports import free_port, is_free
from demi_local.processes import Process, indent, wait_until
from demi_local.progress import Say
from demi_local.settings import Settings

_SYSTEM_ENGINE = "unix:///var/run/docker.sock"
_SYSTEMD = Path("/run/systemd/system")
_UI_PORT = 8080
_PAGE_TIMEOUT_S = 60.0


def private_engine(dockerd: Path = Path("dockerd")) -> PrivateEngine:
    """Return this clone's engine, not started."""
    return PrivateEngine(dockerd, paths.ENGINE_FOLDER, paths.LOGS / "dockerd.log")


def child(name: str, width: int = 0) -> Process:
    """Return one of our own programs, not started; its lines are shown with its name."""
    return Process(
        name, paths.STATE / f"{name}.pid", on_line=lambda line: show(f"{name:{width}} | {line}")
    )


def show(line: str) -> None:
    """Print a line; a terminal that is gone must not end the thread that reads it."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        return


def end_leftovers(say: Say) -> None:
    """End what an earlier run that was killed left of itself."""
    for name in ("ui", "registrator", "consul"):
        if Process(name, paths.STATE / f"{name}.pid").end_leftover():
            say(f"ended the {name} that an earlier run left")
    engine = private_engine()
    if engine.was_left():
        engine.stop()
        say("ended the Docker Engine that an earlier run left")


def start_engine(settings: Settings, stack: ExitStack, watched: list[Process], say: Say) -> str:
    """Return the address of the user's engine, the machine's, or a private one just started."""
    if settings.docker_host:
        if ping(settings.docker_host):
            say(f"Docker Engine: {settings.docker_host}")
            return settings.docker_host
        raise LocalError(
            f"no Docker Engine answers at DOCKER_HOST={settings.docker_host}; start it, or unset "
            "DOCKER_HOST to let this run start its own"
        )
    if ping(_SYSTEM_ENGINE):
        say(f"Docker Engine: {_SYSTEM_ENGINE}")
        return _SYSTEM_ENGINE
    had_none = paths.find_program("dockerd") is None
    dockerd = find_or_install_dockerd(say)
    # Debian's package starts the machine's engine where systemd runs, and then that is it.
    if had_none and _SYSTEMD.is_dir() and wait_until(_system_engine, 10.0, lambda: True):
        say(f"Docker Engine: {_SYSTEM_ENGINE}")
        return _SYSTEM_ENGINE
    (paths.LOGS / "dockerd.log").unlink(missing_ok=True)
    engine = private_engine(dockerd)
    stack.callback(engine.stop)
    engine.start()
    watched.append(engine.process)
    say(f"Docker Engine: started a private one, {engine.docker_host}")
    return engine.docker_host


def start_consul(settings: Settings, stack: ExitStack, watched: list[Process], say: Say) -> int:
    """Use the Consul that answers, else start one; return its DNS port (0: not known)."""
    answer = wire.request(
        settings.consul_url, "GET", "/v1/status/leader", headers=settings.consul_headers
    )
    if answer.ok and answer.body.strip().startswith(b'"'):
        say(f"Consul: {settings.consul_url}")
        return _dns_port_of(settings)
    port = settings.own_consul_port
    if port is None:
        raise LocalError(
            f"no Consul answers at CONSUL_HTTP_ADDR={settings.consul_address}; start it, or unset "
            "CONSUL_HTTP_ADDR to let this run start its own"
        )
    for number, variable in ((port, "CONSUL_HTTP_ADDR"), (settings.dns_port, "DEMI_DNS_PORT")):
        if not is_free(number):
            example = f"127.0.0.1:{free_port()}" if number == port else str(free_port())
            raise LocalError(
                f"port {number} is taken by something that is no Consul; set {variable} to "
                f"another one, for example {variable}={example} ./dev up"
            )
    binary = find_or_install_consul(say)
    log = paths.LOGS / "consul.log"
    log.unlink(missing_ok=True)
    server = ConsulServer(
        binary, paths.CONSUL_FOLDER, http_port=port, dns_port=settings.dns_port, log=log
    )
    stack.callback(server.stop)
    server.start()
    watched.append(server.process)
    say(f"Consul: started, {settings.consul_url}, DNS on port {server.dns_port}")
    return server.dns_port


def start_page(
    settings: Settings, process: Process, command: list[str | Path], env: dict[str, str]
) -> str:
    """Start the page and wait until it answers; return its address."""
    port = settings.ui_port or _UI_PORT
    if not is_free(port, "0.0.0.0"):  # noqa: S104 - asks for the port on any address
        if settings.ui_port:
            raise LocalError(f"port {port} is taken; set DEMI_UI_PORT to another one")
        port = free_port()
    process.start(command, {**env, "DEMI_UI_PORT": str(port)})
    host = settings.ui_host or ""
    shown = "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host  # noqa: S104
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    if not wait_until(lambda: _page_answers(url), _PAGE_TIMEOUT_S, lambda: process.running):
        raise LocalError(f"the page did not answer at {url}:{indent(process.last_lines())}")
    return url


def children_env(settings: Settings, docker_host: str, host: str) -> dict[str, str]:
    """Return the environment of our own programs."""
    return {
        **os.environ,
        "CONSUL_HTTP_ADDR": settings.consul_address,
        "DOCKER_HOST": docker_host,
        "DEMI_HOST": host,
        "PYTHONUNBUFFERED": "1",
    }


def _page_answers(url: str) -> bool:
    return wire.request(url, "GET", "/").status not in {0, 502, 503}


def _system_engine() -> bool:
    return ping(_SYSTEM_ENGINE)


def _dns_port_of(settings: Settings) -> int:
    """Ask an agent for its DNS port. Source: Consul API, Agent: Read Configuration."""
    answer = wire.request(
        settings.consul_url, "GET", "/v1/agent/self", headers=settings.consul_headers
    )
    try:
        return int(answer.json()["DebugConfig"]["DNSPort"])
    except (ValueError, KeyError, TypeError):
        return 0

"""`./dev up`: the whole product in the foreground."""

import fcntl
import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from demi_local import example, interrupts, parts, paths, wire
from demi_local.engine import ping
from demi_local.errors import LocalError
from demi_local.hints import hints
from demi_local.host import host_address, host_name
from demi_local.processes import Process, ending, indent
from demi_local.progress import Say
from demi_local.settings import Settings, read_settings

_DEMI = paths.VENV / "bin" / "demi"
_REGISTERED_TIMEOUT_S = 60.0
_GONE_TIMEOUT_S = 5.0
_WATCH_S = 0.2
_WIDTH = len("registrator")


def up(say: Say) -> None:
    """Start everything, stay until somebody asks to stop, stop what was started."""
    settings = read_settings(os.environ)
    with only_run(), ExitStack() as stack:
        interrupts.catch()
        stack.callback(say, "Stopped.")
        try:
            watched = _start(settings, stack, say)
            _watch(watched)
        except interrupts.Interrupted:
            print(flush=True)
        finally:
            interrupts.ignore()
            say("stopping")


@contextmanager
def only_run() -> Iterator[None]:
    """Hold the lock of this clone's run; LocalError while another one holds it."""
    try:
        paths.STATE.mkdir(parents=True, exist_ok=True)
        opened = (paths.STATE / "up.lock").open("a")
    except PermissionError as error:
        raise LocalError(_not_ours(Path(error.filename))) from error
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalError(
                f"`./dev up` already runs in {paths.ROOT}; stop it there with Ctrl-C first"
            ) from error
        yield


def _not_ours(path: Path) -> str:
    """Say whose the folder is that this user may not write into, and what to do."""
    folder = next(parent for parent in path.parents if os.access(parent, os.X_OK))
    owner, user = (_user_name(number) for number in (folder.stat().st_uid, os.geteuid()))
    return (
        f"{folder} belongs to {owner}, and this is {user}: make a clone of your own "
        f"(git clone {paths.ROOT}), or run this as {owner} (sudo -u {owner} ./dev ...)"
    )


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _start(settings: Settings, stack: ExitStack, say: Say) -> list[Process]:
    if not _DEMI.is_file():
        raise LocalError(f"{_DEMI} is missing; ./dev clean, then run again")
    watched: list[Process] = []
    parts.end_leftovers(say)
    docker_host = parts.start_engine(settings, stack, watched, say)
    dns_port = parts.start_consul(settings, stack, watched, say)
    host = settings.host or host_name(docker_host)
    env = parts.children_env(settings, docker_host, host)

    registrator = parts.child("registrator", _WIDTH)
    stack.callback(registrator.stop)
    registrator.start([_DEMI, "registrator"], env)
    watched.append(registrator)
    say(f"registrator: started, DEMI_HOST={host}")

    page = parts.child("ui", _WIDTH)
    stack.callback(page.stop)
    page_url = parts.start_page(settings, page, [_DEMI, "ui"], env)
    watched.append(page)
    say(f"page: {page_url}")

    _start_example(settings, docker_host, watched, stack, say)
    print(flush=True)
    subprocess.run([_DEMI, "ls"], env=env, stdin=subprocess.DEVNULL, check=False)
    print(f"\n{hints(settings, env, dns_port, page_url)}\n", flush=True)
    say("Ready. Ctrl-C stops everything that this run started.")
    return watched


def _start_example(
    settings: Settings, docker_host: str, watched: list[Process], stack: ExitStack, say: Say
) -> None:
    example.build_felix_image(docker_host, say)
    # First in, so that a container whose start was interrupted is removed too.
    stack.callback(_remove_example, settings, docker_host, watched, say)
    container = example.start_felix(docker_host, settings.host or host_address(docker_host))
    say(f"example: container {example.CONTAINER} started, waiting for its services in Consul")
    began = time.monotonic()
    while missing := [name for name in example.SERVICES if not _ids(settings, name, container)]:
        _fail_if_one_ended(watched)
        if time.monotonic() - began > _REGISTERED_TIMEOUT_S:
            raise LocalError(
                f"{' and '.join(missing)} did not become healthy in Consul within "
                f"{_REGISTERED_TIMEOUT_S:.0f} s; the registrator's last lines:"
                + indent(watched[-2].last_lines())
            )
        time.sleep(_WATCH_S)
    say("example: both services are registered and healthy")


def _remove_example(settings: Settings, docker_host: str, watched: list[Process], say: Say) -> None:
    """Remove the container, and give the registrator the time to see it go."""
    if not ping(docker_host):
        say("example: its Docker Engine is gone")
        return
    removed = example.remove_felix(docker_host)
    deadline = time.monotonic() + _GONE_TIMEOUT_S
    while all(process.running for process in watched) and time.monotonic() < deadline:
        if not any(
            _ids(settings, name, container, passing=False)
            for name in example.SERVICES
            for container in removed
        ):
            say("example: removed")
            return
        time.sleep(_WATCH_S)
    say("example: removed, but Consul still lists its services")


def _ids(settings: Settings, name: str, container: str, *, passing: bool = True) -> list[str]:
    """List the service IDs of a name that belong to a container."""
    path = f"/v1/health/service/{name}{'?passing=true' if passing else ''}"
    answer = wire.request(settings.consul_url, "GET", path, headers=settings.consul_headers)
    found = [str(entry["Service"]["ID"]) for entry in answer.json()] if answer.ok else []
    return [service_id for service_id in found if service_id.endswith(container[:12])]


def _watch(watched: list[Process]) -> None:
    while True:
        _fail_if_one_ended(watched)
        time.sleep(_WATCH_S)


def _fail_if_one_ended(watched: list[Process]) -> None:
    for process in watched:
        if process.exit_code is not None:
            raise LocalError(
                f"{process.name} ended by itself ({ending(process.exit_code)}); its last lines:"
                + indent(process.last_lines())
            )

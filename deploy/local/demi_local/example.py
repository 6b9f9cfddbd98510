"""The FELIX example: one image, one container, two services."""

import io
import tarfile
from pathlib import Path

from demi_local import apt, paths
from demi_local.docker_api import DockerApi
from demi_local.errors import LocalError
from demi_local.progress import Say

IMAGE = "demi-example-felix"
CONTAINER = "demi-example-felix"
SERVICES = ("sr1-lls-felix-api", "sr1-lls-felix-ui")
FOLDER = paths.ROOT / "examples" / "felix"
# Tells our container from one of somebody else's with the same name.
_MARK = "demi-registry.example"
_SUITE = "bookworm"


def build_felix_image(docker_host: str, say: Say) -> str:
    """Build the example's image on an engine; return its name. Needs no registry."""
    say(f"building the image {IMAGE}")
    DockerApi(docker_host).build(build_context(find_busybox(say)), IMAGE)
    return IMAGE


def start_felix(docker_host: str, host: str) -> str:
    """Start the example's container in place of an earlier one; return its id."""
    remove_felix(docker_host)
    ports: dict[str, dict[str, str]] = {"8000/tcp": {}, "3000/tcp": {}}
    spec = {
        "Image": IMAGE,
        "Labels": {_MARK: "true", **felix_labels(host)},
        "ExposedPorts": ports,
        "HostConfig": {"PortBindings": {port: [{"HostPort": ""}] for port in ports}},
    }
    return DockerApi(docker_host).run(CONTAINER, spec)


def remove_felix(docker_host: str) -> list[str]:
    """Stop and remove the example's container; return the ids of what was removed."""
    api = DockerApi(docker_host)
    removed = []
    for container in api.containers(name=[f"^/?{CONTAINER}$"]):
        if _MARK not in container["Labels"]:
            raise LocalError(
                f"the Docker Engine has a container {CONTAINER} that is not this example; "
                f"please rename or remove it (docker rm {CONTAINER})"
            )
        api.remove(container["Id"])
        removed.append(container["Id"])
    return removed


def felix_labels(host: str) -> dict[str, str]:
    """Return the labels of both services, as `examples/felix/compose.yaml` has them."""
    api = {
        "host": host,
        "port": "8000",
        "url_prefix": "",
        "url_postfix": "/docs",
        "health": "/health",
        "description": "Interface to FELIX hardware",
        "protocol": "http",
        "category": "Microservice",
    }
    ui = {
        "host": host,
        "port": "3000",
        "category": "Microservice-UI",
        "description": "FELIX UI",
        "protocol": "http",
    }
    return {
        f"demi.sr1_lls.felix.{service}.{key}": value
        for service, labels in (("api", api), ("ui", ui))
        for key, value in labels.items()
    }


def build_context(busybox: Path) -> bytes:
    """Return the tar file that the engine builds from: the example's folder and busybox."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in ("Dockerfile", "serve", "www"):
            tar.add(FOLDER / name, name, filter=_readable)
        tar.add(busybox.resolve(), "busybox", filter=_executable)
    return buffer.getvalue()


def is_static(program: Path) -> bool:
    """Tell whether a program runs without any library: no dynamic loader is named in it."""
    try:
        with program.open("rb") as file:
            # The loader's path lies in the first page, right behind the ELF headers.
            head = file.read(4096)
    except OSError:
        return False
    return head.startswith(b"\x7fELF") and b"/ld-" not in head and b"/ld6" not in head


def find_busybox(say: Say) -> Path:
    """Return a static busybox: the machine's, else a downloaded one."""
    installed = paths.find_program("busybox")
    if installed is not None and is_static(installed):
        return installed
    return apt.fetch("busybox-static", _SUITE, "bin/busybox", say)


def _readable(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Let the container's user read the files, whatever the umask of the clone was."""
    entry.mode = 0o755 if entry.isdir() else 0o644
    entry.uid = entry.gid = 0
    return entry


def _executable(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry = _readable(entry)
    entry.mode = 0o755
    return entry

"""The FELIX example's files agree with each other."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from demi_local import example, paths


def test_compose_file_and_runner_give_the_same_labels() -> None:
    """A user of compose sees in Consul what a user of `./dev up` sees."""
    compose = yaml.safe_load((example.FOLDER / "compose.yaml").read_text())
    service = compose["services"]["felix"]
    labels = {
        key: "labpc" if key.endswith(".host") else value for key, value in service["labels"].items()
    }
    assert labels == example.felix_labels("labpc")
    assert service["image"] == example.IMAGE


def test_the_build_context_is_complete_and_readable_by_all(tmp_path: Path) -> None:
    """The image's user is nobody, so the clone's umask must not matter."""
    busybox = tmp_path / "busybox"
    busybox.write_bytes(b"program")
    busybox.chmod(0o700)
    with tarfile.open(fileobj=io.BytesIO(example.build_context(busybox))) as tar:
        modes = {entry.name: entry.mode for entry in tar}
    assert {"Dockerfile", "serve", "busybox", "www/api/health", "www/ui/index.html"} <= set(modes)
    assert modes["busybox"] == 0o755
    assert all(mode & 0o044 == 0o044 for mode in modes.values())


@pytest.mark.parametrize(
    ("head", "static"),
    [
        (b"\x7fELF" + b"\0" * 100, True),
        (b"\x7fELF" + b"\0" * 60 + b"/lib64/ld-linux-x86-64.so.2\0", False),
        (b"#!/bin/sh\n", False),
    ],
)
def test_a_static_program_names_no_loader(tmp_path: Path, head: bytes, static: bool) -> None:
    """In an image made from scratch a dynamic busybox would not start."""
    program = tmp_path / "busybox"
    program.write_bytes(head)
    assert example.is_static(program) is static


def test_the_door_explains_itself_and_refuses_what_it_does_not_know() -> None:
    """`./dev` without a command helps; a wrong one is an error."""
    dev = str(paths.ROOT / "dev")
    helped = subprocess.run([dev], capture_output=True, text=True, check=True)
    assert "./dev COMMAND" in helped.stdout
    refused = subprocess.run([dev, "nonsense"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "no such command: nonsense" in refused.stderr


def test_the_settings_are_explained_without_starting_anything() -> None:
    """`./dev up --help` names every variable."""
    shown = subprocess.run(
        [sys.executable, "-m", "demi_local", "up", "--help"],
        cwd=paths.ROOT / "deploy" / "local",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for variable in ("DOCKER_HOST", "CONSUL_HTTP_ADDR", "DEMI_HOST", "DEMI_UI_PORT"):
        assert variable in shown

"""The compose plugin, which also runs on its own."""

from pathlib import Path

from demi_local import apt, paths
from demi_local.progress import Say

# The oldest Debian suite whose docker-compose is the Go program (version 2).
_SUITE = "trixie"
_PLUGIN = "usr/libexec/docker/cli-plugins/docker-compose"


def find_or_install_compose(say: Say) -> Path:
    """Return a `docker-compose` of version 2: the machine's plugin, else a downloaded one."""
    installed = Path("/") / _PLUGIN
    if installed.is_file():
        return installed
    found = paths.find_program("docker-compose")
    # Version 1 is a Python script, not a program.
    if found is not None and found.read_bytes()[:4] == b"\x7fELF":
        return found
    return apt.fetch("docker-compose", _SUITE, _PLUGIN, say)

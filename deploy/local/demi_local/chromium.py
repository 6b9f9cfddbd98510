"""The browser that the tests of the page drive."""

from pathlib import Path

from demi_local import apt, paths
from demi_local.errors import LocalError
from demi_local.progress import Say

_PACKAGE = "chromium"


def find_or_install_chromium(say: Say) -> Path:
    """Return the machine's Chromium; where it is missing, install Debian's."""
    found = paths.find_program("chromium")
    if found is None:
        apt.install([_PACKAGE], say)
        found = paths.find_program("chromium")
    if found is None:
        raise LocalError("Debian's chromium was installed, but there is still none on PATH")
    return found

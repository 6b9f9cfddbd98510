"""What is installed: a typo in the build's settings makes a wheel without a package, and no error.

The build's backend is called directly, so nothing is downloaded.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "demi_adapters": ROOT / "adapters",
    "demi_registrator": ROOT / "registrator",
    "demi_cli": ROOT / "cli",
    "demi_ui": ROOT / "ui",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_it_holds_every_module_of_every_package(wheel: zipfile.ZipFile) -> None:
    """As many as there are in the folders, each package marked as typed."""
    expected = {
        str(path.relative_to(folder))
        for package, folder in PACKAGES.items()
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {f"{package}/py.typed" for package in PACKAGES} <= expected
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert found == expected


def test_it_puts_nothing_else_into_site_packages(wheel: zipfile.ZipFile) -> None:
    """No `tests`, no `deploy`, and above all no module called `cli` or `ui`."""
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES.keys()


def test_it_installs_the_command(wheel: zipfile.ZipFile) -> None:
    """`demi`, and no other."""
    (path,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    assert wheel.read(path).decode().split() == [
        "[console_scripts]",
        "demi",
        "=",
        "demi_cli.__main__:main",
    ]


def test_the_base_needs_one_package_and_the_parts_say_theirs(wheel: zipfile.ZipFile) -> None:
    """A microservice that imports the library installs no web server."""
    (path,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    needs = [
        line.removeprefix("Requires-Dist: ")
        for line in wheel.read(path).decode().splitlines()
        if line.startswith("Requires-Dist: ")
    ]
    base = [need for need in needs if "extra ==" not in need]
    assert [need.partition(">")[0] for need in base] == ["python-consul2"]
    for extra in ("registrator", "cli", "ui", "all"):
        assert any(f"extra == '{extra}'" in need for need in needs)

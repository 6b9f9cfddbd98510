"""Programs from Debian: installed on the machine, or only unpacked into a folder of ours."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from demi_local import paths
from demi_local.errors import LocalError
from demi_local.processes import indent, tail
from demi_local.progress import Say

_KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
)


def install(packages: list[str], say: Say) -> None:
    """Install Debian packages; refresh the package lists only where they turn out too old."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    shown = " ".join(command)
    if paths.find_program("apt-get") is None:
        raise LocalError(f"please install what Debian calls {' '.join(packages)}, then run again")
    if os.geteuid() != 0:
        raise LocalError(f"please run this as root, then run again: {shown}")
    say(f"installing {' '.join(packages)}")
    log = paths.LOGS / "apt.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    if _logged(command, log):
        return
    if _logged(["apt-get", "update"], log) and _logged(command, log):
        return
    raise LocalError(f"this failed: {shown}; its output is in {log}:{indent(tail(log))}")


def fetch(package: str, suite: str, member: str, say: Say) -> Path:
    """Return one file of a Debian package of any suite, unpacked in the downloads folder.

    Nothing is installed and the machine's own package lists stay as they are. Needs no root.
    apt checks the signatures.
    """
    kept = paths.downloads() / suite / package
    if (kept / member).is_file():
        return kept / member
    if paths.find_program("apt-get") is None or paths.find_program("dpkg") is None:
        raise LocalError(f"please install {package} so that it is on PATH, then run again")
    say(f"downloading {package} from Debian {suite}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=kept.parent) as name:
        work = Path(name)
        unpacked = _download(package, suite, work)
        if not (unpacked / member).is_file():
            raise LocalError(f"Debian's {package} of suite {suite} has no /{member}")
        shutil.rmtree(kept, ignore_errors=True)
        try:
            unpacked.rename(kept)
        except OSError:
            # Another run was quicker, and left the same thing.
            if not (kept / member).is_file():
                raise
    return kept / member


def _download(package: str, suite: str, work: Path) -> Path:
    (work / "lists" / "partial").mkdir(parents=True)
    sources = work / "sources.list"
    sources.write_text(f"deb [signed-by={_keyring()}] {_mirror()} {suite} main\n")
    log = work / "log"
    options = [
        f"Dir::Etc::SourceList={sources}",
        "Dir::Etc::SourceParts=/dev/null",
        f"Dir::State::Lists={work / 'lists'}",
        "Dir::Cache::pkgcache=",
        "Dir::Cache::srcpkgcache=",
        "Acquire::Languages=none",
        # The sandbox user could not write into a folder that is root's alone.
        f"APT::Sandbox::User={'root' if os.geteuid() == 0 else ''}",
    ]
    apt = ["apt-get", "-q", *(word for option in options for word in ("-o", option))]
    if not _logged([*apt, "update"], log, work) or not _logged(
        [*apt, "download", package], log, work
    ):
        raise LocalError(
            f"{package} could not be downloaded from Debian {suite}; check the network, or put "
            f"{package} on PATH yourself:{indent(tail(log))}"
        )
    unpacked = work / "unpacked"
    for archive in work.glob("*.deb"):
        if not _logged(["dpkg", "-x", str(archive), str(unpacked)], log, work):
            raise LocalError(f"{archive.name} could not be unpacked:{indent(tail(log))}")
    return unpacked


def _mirror() -> str:
    """Return the address of the Debian archive that this machine is set up to use."""
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)"],
        capture_output=True,
        text=True,
        check=False,
    )
    return choose_mirror(listing.stdout)


def choose_mirror(listing: str) -> str:
    """Choose the Debian archive in lines of `origin|label|address`.

    The origin is empty where the package lists were never fetched.
    """
    rows = [row for row in (line.split("|", 2) for line in listing.splitlines()) if len(row) == 3]
    for origins in ({"Debian"}, {""}):
        for origin, label, address in rows:
            if origin in origins and "security" not in (label + address).lower():
                return address
    raise LocalError(
        "apt on this machine has no Debian archive to download from: put consul on PATH yourself"
    )


def _keyring() -> str:
    for keyring in _KEYRINGS:
        if Path(keyring).is_file():
            return keyring
    raise LocalError("Debian's archive keys are missing: apt-get install debian-archive-keyring")


def _logged(command: list[str], log: Path, folder: Path | None = None) -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    with log.open("ab") as sink:
        return (
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=folder,
                check=False,
            ).returncode
            == 0
        )

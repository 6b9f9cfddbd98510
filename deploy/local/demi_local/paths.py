"""Where things lie: the clone, its state, and the downloads that clones share."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
STATE = ROOT / ".cache" / "local"
ENGINE_FOLDER = STATE / "engine"
CONSUL_FOLDER = STATE / "consul"
LOGS = STATE / "logs"


def downloads() -> Path:
    """Return the folder for downloaded programs, which a second clone finds again."""
    cache = os.environ.get("XDG_CACHE_HOME")
    if cache:
        return Path(cache) / "demi-registry"
    home = os.environ.get("HOME")
    return Path(home) / ".cache" / "demi-registry" if home else Path("/var/cache/demi-registry")


def find_program(name: str) -> Path | None:
    """Find a program on PATH or in the system folders that a plain `su` leaves out."""
    for folder in system_path().split(os.pathsep):
        candidate = Path(folder) / name
        if folder and candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None


def system_path() -> str:
    """Return PATH with the folders of the system's administration programs at its end."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])

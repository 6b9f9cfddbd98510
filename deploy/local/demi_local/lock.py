"""`./dev lock`: writes the two lock files, with hashes and without any address."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from demi_local import paths
from demi_local.errors import LocalError
from demi_local.progress import Say

_LOCKS = (
    ("requirements.lock", ["--extra", "all"]),
    ("requirements-dev.lock", ["--extra", "all", "--extra", "dev"]),
)
_OPTIONS = [
    "--universal",
    "--generate-hashes",
    "--python-version=3.11",
    "--no-header",
    "--quiet",
]


def lock(arguments: list[str], say: Say) -> None:
    """Write both lock files. Pins stay where they still fit; `--upgrade` renews them."""
    with tempfile.TemporaryDirectory(prefix="demi-lock-") as name:
        folder = Path(name)
        say("getting uv")
        _run([sys.executable, "-m", "venv", str(folder / "venv")])
        _run([str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv"])
        for file, extras in _LOCKS:
            written = folder / file
            kept = paths.ROOT / file
            if kept.is_file():
                written.write_bytes(kept.read_bytes())
            uv = str(folder / "venv" / "bin" / "uv")
            command = [uv, "pip", "compile", "pyproject.toml", *extras, *_OPTIONS, *arguments]
            _run([*command, "--output-file", str(written)])
            text = written.read_text()
            refuse_addresses(file, text)
            kept.write_text(text)
            say(f"{file}: {sum('==' in line for line in text.splitlines())} packages")


def refuse_addresses(file: str, text: str) -> None:
    """LocalError where a lock names a server: which one to ask is each machine's own setting."""
    for line in text.splitlines():
        if "://" in line or line.startswith("-"):
            raise LocalError(f"{file} would name a server, so it was not written: {line.strip()}")


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, cwd=paths.ROOT, env=os.environ, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shown = " ".join(command)
        raise LocalError(f"this failed: {shown}\n{done.stdout}{done.stderr}".rstrip())

"""Compose files and env files from the disk: the only part here that does I/O."""

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from demi_adapters.errors import ConfigurationError
from demi_cli.compose.dotenv import parse_env
from demi_cli.compose.nodes import Place, fault
from demi_cli.compose.project import Project, read_project

# A guess: the largest compose files that people write have some 100 KB.
_LARGEST_BYTES = 2 * 1024 * 1024
STANDARD_INPUT = "-"

# What `docker compose` looks for, in its order, and what it then merges with it.
_DEFAULT_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDE_NAMES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)


def load_project(
    files: Sequence[str], env_files: Sequence[str], environ: Mapping[str, str]
) -> Project:
    """The services of compose files, merged in this order.

    The variables are those of `environ`, then of the env files; without any of these, of `.env`
    beside the first file.

    Raises:
        ConfigurationError: a file can't be read, or compose would refuse it.
    """
    texts = {file: _read(file) for file in files}
    folder = Path(files[0]).parent
    default = folder / ".env"
    chosen = list(env_files) or ([str(default)] if default.is_file() else [])
    variables: dict[str, str] = {}
    for file in chosen:
        variables = parse_env(_read(file), file, environ, variables)
    return read_project(texts, {**variables, **environ}, _load_extended)


def default_files() -> list[str]:
    """The files that `docker compose` takes in this folder.

    Raises:
        ConfigurationError: there is none.
    """
    found = [name for name in _DEFAULT_NAMES if Path(name).is_file()][:1]
    if not found:
        raise ConfigurationError(
            "there is no compose.yaml in this folder. Name the file: demi lint FILE."
        )
    return found + [name for name in _OVERRIDE_NAMES if Path(name).is_file()][:1]


def _load_extended(file: str, place: Place) -> str:
    try:
        return _read(file, only_regular=True)
    except ConfigurationError as error:
        raise fault(place, f"extends: {error}") from None


def _read(file: str, *, only_regular: bool = False) -> str:
    """A file's text.

    A file that is named in another one may be anything; a pipe or a device would never end.
    """
    try:
        if file == STANDARD_INPUT and not only_regular:
            data = sys.stdin.read(_LARGEST_BYTES + 1).encode(errors="surrogateescape")
        else:
            descriptor = os.open(file, os.O_RDONLY | (os.O_NONBLOCK if only_regular else 0))
            with os.fdopen(descriptor, "rb") as opened:
                if only_regular and not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                    raise ConfigurationError(f"{file} is no file.")
                data = opened.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            raise ConfigurationError(f"{file} is larger than 2 MiB. Name a compose file.")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{file} can't be read: {error.strerror}.") from None
    except ValueError:  # no UTF-8, or a name with a null character
        raise ConfigurationError(f"{file} is no text in UTF-8.") from None

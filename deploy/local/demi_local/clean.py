"""`./dev clean`: removes what this clone made on the machine."""

import shutil

from demi_local import parts, paths
from demi_local.progress import Say
from demi_local.up import only_run

_CACHES = (".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache")


def clean(say: Say) -> None:
    """Remove the environment, the engine, Consul's data and the caches of this clone."""
    with only_run():
        parts.end_leftovers(say)
        for folder in (paths.VENV, paths.STATE, *(paths.ROOT / name for name in _CACHES)):
            if folder.exists():
                shutil.rmtree(folder)
                say(f"removed {folder}")
    cache = paths.STATE.parent
    if cache.is_dir() and not any(cache.iterdir()):
        cache.rmdir()
    if paths.downloads().exists():
        say(f"kept {paths.downloads()}, which other clones use too")

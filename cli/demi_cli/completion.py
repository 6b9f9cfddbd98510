"""What the Tab key offers: names out of Consul's key tree, or nothing at all.

Every service has keys below `demi/SITE/STACK/SERVICE/`, so one question gives the exact names,
which the catalog's names are not. Only sound names are offered: shells evaluate what they are
given, and anybody may write keys.
"""

import re
import threading
import warnings
from collections.abc import Callable, MutableMapping
from contextlib import suppress

import typer

from demi_adapters.names import KV_ROOT, is_key, is_segment, is_site
from demi_cli.options import environment

# Together with the start of the program it is still felt as at once; a guess.
TIMEOUT_S = 0.2

_BREAKS = re.compile(r"[:=]+")
_BEGUN = re.compile(r"[A-Za-z0-9._/-]*")


def service_names(context: typer.Context, incomplete: str) -> list[str]:
    """SITE/STACK/SERVICE of the services whose name begins like this."""
    return _cut(_paths(context, incomplete), 3)


def service_tails(context: typer.Context, incomplete: str) -> list[str]:
    """The same; where there is none, the ends STACK/SERVICE or SERVICE that begin like this."""
    if names := service_names(context, incomplete):
        return names
    names = _cut(_paths(context), 3)
    tails = {"/".join(name.split("/")[first:]) for name in names for first in (1, 2)}
    return sorted(tail for tail in tails if tail.startswith(incomplete))


def sites(context: typer.Context, incomplete: str) -> list[str]:
    """The sites whose name begins like this."""
    return [] if "/" in incomplete else _cut(_paths(context, incomplete, separator="/"), 1)


def stacks(context: typer.Context, incomplete: str) -> list[str]:
    """The stacks whose name begins like this, of any site."""
    names = {name.rpartition("/")[2] for name in _cut(_paths(context), 2)}
    return sorted(name for name in names if name.startswith(incomplete))


def keys(context: typer.Context, incomplete: str) -> list[str]:
    """Whole paths of keys, part by part: a folder with its slash, for all that is in it."""
    if not incomplete.startswith(KV_ROOT):
        return [KV_ROOT] if KV_ROOT.startswith(incomplete) else []
    found = _paths(context, incomplete.removeprefix(KV_ROOT), separator="/")
    return sorted(path for path in found if _BEGUN.fullmatch(path))


def rejoin(environ: MutableMapping[str, str]) -> None:
    """Put together what bash took apart at `:` and `=`, e.g. in `--consul-addr=pc1:8500`.

    Bash manual, "Programmable Completion": COMP_WORDS is split at COMP_WORDBREAKS. Words behind
    the cursor are dropped.
    """
    words = environ.get("COMP_WORDS", "").split("\n")[: int(environ.get("COMP_CWORD") or 0) + 1]
    whole: list[str] = []
    for before, word in zip(["", *words], words, strict=False):
        if whole and word and (_BREAKS.fullmatch(word) or _BREAKS.fullmatch(before)):
            whole[-1] += word
        elif not _BREAKS.fullmatch(before):
            whole.append(word)
    environ["COMP_WORDS"] = "\n".join(whole)
    environ["COMP_CWORD"] = str(len(whole) - 1)


def _cut(paths: list[str], depth: int) -> list[str]:
    """The sound names in paths of keys, of so many segments; each once, sorted."""
    found = {tuple(path.removeprefix(KV_ROOT).split("/")[:depth]) for path in paths}
    return sorted("/".join(name) for name in found if len(name) == depth and _is_sound(*name))


def _is_sound(site: str, stack: str = "s", service: str = "s", key: str = "k") -> bool:
    return is_site(site) and is_segment(stack) and is_segment(service) and is_key(key)


def _paths(context: typer.Context, begun: str = "", separator: str = "") -> list[str]:
    """The paths of keys below `demi/` that begin like this; none where anything is in the way."""
    if not _BEGUN.fullmatch(begun):
        return []
    warnings.simplefilter("ignore")  # of TLS that is not verified: the line is being typed
    from demi_adapters.consul_client import ConsulClient
    from demi_adapters.consul_settings import consul_settings

    def ask() -> list[str]:
        with ConsulClient(consul_settings(environment(context.params))) as consul:
            return consul.paths(f"{KV_ROOT}{begun}", separator=separator)

    return _in_time(ask)


def _in_time(ask: Callable[[], list[str]]) -> list[str]:
    """An answer that comes soon enough, else none; neither a slow resolver nor a bug is heard."""
    answer: list[str] = []

    def run() -> None:
        with suppress(Exception):  # a traceback would end up in the line that is being typed
            answer.extend(ask())

    # A daemon, so that the process ends without it.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(TIMEOUT_S)
    return list(answer)

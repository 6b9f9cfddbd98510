"""From what a person types to services: full names, tails, patterns, and near misses; pure."""

import difflib
import re
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from functools import lru_cache

from demi_adapters.errors import ConfigurationError, NotFound
from demi_adapters.names import ServiceName, is_segment, is_site
from demi_adapters.problems import shown

_WILD = frozenset("*?[")
_MOST_NAMED = 5
_PART = r"[A-Za-z0-9_.*?\[\]!-]+"
_WORDS = re.compile(rf"{_PART}(/{_PART}){{0,2}}")


@lru_cache(maxsize=4096)  # the slowest part of a look-up otherwise
def parse_name(text: str, default_site: str | None = None) -> ServiceName:
    """The exact name that a text means: `site/stack/service`, or `stack/service` at a default site.

    Dots do as well as slashes, where no part holds any.

    Raises:
        ConfigurationError: it is no such name; the message says what to write.
    """
    parts = text.split("/") if "/" in text else text.rsplit(".", 2)
    if len(parts) == 2 and default_site:
        parts = [default_site, *parts]
    if len(parts) == 2 and all(map(is_segment, parts)):
        raise ConfigurationError(
            f"{shown(text)} names no site, and DEMI_SITE is not set. Write SITE/{text}."
        )
    if len(parts) != 3 or not (is_site(parts[0]) and all(map(is_segment, parts[1:]))):
        raise ConfigurationError(
            f"{shown(text)} is no service name. Write SITE/STACK/SERVICE, e.g. sr1_lls/felix/api."
        )
    return ServiceName(*parts)


def check_words(text: str) -> str:
    """A text that may be a name, an end of one, or a pattern of either, as it is.

    Raises:
        ConfigurationError: nothing that is registered could ever match it.
    """
    if not _WORDS.fullmatch(text):
        raise ConfigurationError(
            f"{shown(text)} is no name of a service. Write SITE/STACK/SERVICE or an end of it, "
            "such as felix/api."
        )
    return text


def matching(text: str, names: Iterable[ServiceName]) -> list[ServiceName]:
    """The names that a text may mean: itself, or those that end in it, part by part.

    `*`, `?` and `[…]` stand for characters of one part, as in a shell. An exact name is alone,
    even where others end in it.
    """
    known = sorted(set(names))
    exact = [name for name in known if text in (name.slashed, str(name))]
    return exact[:1] or [name for name in known if _is_tail(text, name)]


def is_pattern(text: str) -> bool:
    """Whether a text may stand for several names."""
    return not _WILD.isdisjoint(text)


def the_one(text: str, names: Collection[ServiceName], default_site: str | None) -> ServiceName:
    """The only name that a text may mean; at the default site if there is one there.

    Raises:
        NotFound: none or several match; the message names the nearest, or the candidates.
    """
    found = matching(text, names)
    at_home = [name for name in found if name.site == default_site]
    if len(found) > 1 and len(at_home) == 1:
        found = at_home
    if not found:
        raise no_such_service(text, names)
    if len(found) > 1:
        candidates = "".join(f"\n  {name.slashed}" for name in found)
        raise NotFound(f"{shown(text)} may be any of:{candidates}\nWrite more of the name.")
    return found[0]


def no_such_service(text: str, names: Iterable[ServiceName]) -> NotFound:
    """The error for a name that nothing has, with the nearest ones."""
    every = sorted(set(names))
    known = [name.slashed for name in every]
    if not known:
        return NotFound(
            f"no service {shown(text)}: nothing at all is registered. Does a registrator run "
            "(demi problems)?"
        )
    if below := [name.slashed for name in every if _is_above(text, name)]:
        several = ", ".join(below[:_MOST_NAMED])
        more = f" and {len(below) - _MOST_NAMED} more" if len(below) > _MOST_NAMED else ""
        dot = "." if "." in text and "/" not in text else "/"
        return NotFound(
            f"{shown(text)} is no service, but holds {several}{more}. Write one of them, or "
            f"'{text}{dot}*' where several will do."
        )
    if near := nearest(text.replace(".", "/"), known):
        return NotFound(f"no service {shown(text)} is registered. Did you mean {', '.join(near)}?")
    return NotFound(f"no service {shown(text)} is registered. demi ls shows all {len(known)}.")


def _is_above(text: str, name: ServiceName) -> bool:
    """Whether a text is the name's stack, with its site or without."""
    return text in (name.stack, f"{name.site}/{name.stack}", f"{name.site}.{name.stack}")


def nearest(text: str, known: Iterable[str]) -> list[str]:
    """Up to three names like a text, by the whole name or its tail of as many parts."""
    parts = text.count("/") + 1
    by_tail: dict[str, list[str]] = {}
    for name in known:
        tail = "/".join(name.split("/")[-parts:]).lower()
        by_tail.setdefault(tail, []).append(name)
    close = difflib.get_close_matches(text.lower(), by_tail, n=3, cutoff=0.6)
    return [name for tail in close for name in by_tail[tail]][:3]


def _is_tail(text: str, name: ServiceName) -> bool:
    for whole, separator in ((name.slashed, "/"), (str(name), ".")):
        tail = separator.join(whole.split(separator)[-(text.count(separator) + 1) :])
        if fnmatchcase(tail, text) and tail.count(separator) == text.count(separator):
            return True
    return False

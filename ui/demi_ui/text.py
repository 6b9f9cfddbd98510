"""Hostile text made fit for a page, long reasons made short, and links that may be clicked; pure.

Everything here comes out of labels and health checks, which anybody may have written.
"""

import re
from urllib.parse import quote

from demi_adapters.problems import LabelError
from demi_adapters.urls import HTTP_SCHEMES, parse_location

ROW_CHARACTERS = 160
DETAIL_CHARACTERS = 20_000

# How Consul's own checks and Go's network library say it, and what a shifter calls it.
_PHRASES = (
    ("connection refused", "connection refused"),
    ("no such host", "no such host"),
    ("no route to host", "no route to host"),
    ("network is unreachable", "network is unreachable"),
    ("connection reset by peer", "connection reset"),
    ("certificate", "certificate not trusted"),
    ("i/o timeout", "timed out"),
    ("context deadline exceeded", "timed out"),
    ("client.timeout exceeded", "timed out"),
    ("timed out", "timed out"),
    ("did not answer in time", "timed out"),
    ("agent not live or unreachable", "its host does not answer"),
    ("ttl expired", "not confirmed in time"),
    ("server gave http response to https client", "speaks http, not https"),
)
_HTTP = re.compile(r"HTTP [A-Z]+ \S+: (\d{3})([^:]*)")
_MESSAGE = re.compile(
    r'"(?:detail|message|error|reason|status|title)"\s*:\s*"((?:[^"\\]|\\.){1,400})"'
)
_TAG = re.compile(r"<[^<>]{0,200}>")
_KEPT = frozenset("\n\t")


def plain(text: str, limit: int = DETAIL_CHARACTERS) -> str:
    r"""Text with what can't be seen made visible, cut to `limit` characters.

    Control characters, marks that turn the direction of writing and lone surrogates become
    escapes such as `\u202e`. Line breaks and tabs stay.
    """
    short = text if len(text) <= limit else text[: max(0, limit - 1)] + "…"
    if short.isprintable():
        return short
    return "".join(
        c if c in _KEPT or c.isprintable() else c.encode("unicode_escape").decode() for c in short
    )


def one_line(text: str, limit: int = ROW_CHARACTERS) -> str:
    """The same on one line."""
    return plain(" ".join(text[: 4 * limit].split()), limit)


def path_of(*parts: str) -> str:
    """Parts as one path, another one for other parts, whatever stands in them.

    Those that follow the rules for names stay as they are. JavaScript's `encodeURIComponent`
    writes a part in the same way.
    """
    return "/".join(quote(part, safe="!*'()", errors="surrogatepass") for part in parts)


def short_reason(raw: str) -> str:
    """Why a check fails, in a few words: `connection refused`, `503: HV channel 3 tripped`.

    Args:
        raw: what the checker said.
    """
    head, _, output = raw.partition("Output:")
    if found := _HTTP.fullmatch(head.strip()):
        code, phrase = found.groups()
        said = _said(output) or phrase.strip()
        return one_line(f"{code}: {said}" if said else code)
    lowered = raw.lower()
    for sign, words in _PHRASES:
        if sign in lowered:
            return words
    return one_line(raw)


def _said(output: str) -> str:
    """What the body of an answer says, if it says it in words."""
    if found := _MESSAGE.search(output[:4000]):
        return found.group(1).replace('\\"', '"')
    return " ".join(_TAG.sub(" ", output[:400]).split())


def safe_link(url: str | None) -> str | None:
    """A URL that may become a link: http or https, of a host that is one, without a user name."""
    if not url:
        return None
    try:
        location = parse_location(url)
    except LabelError:
        return None
    has_user = "@" in re.split(r"[/?#]", location.url.partition("://")[2], maxsplit=1)[0]
    return None if has_user or location.scheme not in HTTP_SCHEMES else location.url

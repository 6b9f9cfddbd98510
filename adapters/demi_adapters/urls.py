"""Hosts and URLs made from labels, which are hostile input.

A URL from here has a scheme that no browser executes, an authority of known characters, and
nothing but ASCII without white space, quotes of attributes, angle brackets, back-ticks, pipes and
backslashes. A shell still needs it quoted: `$`, `;` and `&` may stand in a URL.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote

from demi_adapters.problems import Code, LabelError, shown

# A link with one of these runs code or opens local files where a person clicks it.
REFUSED_SCHEMES = frozenset({"javascript", "data", "vbscript", "file"})
HTTP_SCHEMES = frozenset({"http", "https"})
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Consul refuses a registration with a longer meta value (Consul API, agent service: "Meta").
MAX_URL_BYTES = 512

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")  # RFC 3986, section 3.1
_HOST_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
# The resolver reads a name whose last part is a number (also a hexadecimal one) as IPv4.
_NUMERIC_END = re.compile(r"(0[xX][0-9A-Fa-f]*|[0-9]+)")
_AUTHORITY = re.compile(
    r"(?:[A-Za-z0-9._~%!$&'()*+,;=:-]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]*))?"
)
_RESERVED = "/:@!$&'()*+,;=?#~%-._"  # RFC 3986, section 2.2, without the brackets, and `%`
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Location:
    """An absolute URL with its parts; `host` without brackets; `port` None where unknown."""

    url: str
    scheme: str
    host: str
    port: int | None


def parse_scheme(text: str) -> str:
    """A `protocol` label, lower-cased.

    Raises:
        LabelError: no RFC 3986 scheme, or one that a browser would execute.
    """
    scheme = text.lower()
    if not _SCHEME.fullmatch(text):
        raise LabelError(Code.BAD_PROTOCOL, f"{shown(text)} is no URL scheme, such as http.")
    if scheme in REFUSED_SCHEMES:
        raise LabelError(
            Code.BAD_PROTOCOL, f"{shown(text)} is refused: a link with it could run code."
        )
    return scheme


def parse_host(text: str) -> str:
    """A host name or IP address, IPv6 without its brackets.

    Raises:
        LabelError: it is neither, or the address 0.0.0.0 or ::, which names no host.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    error = LabelError(Code.BAD_HOST, f"{shown(text)} is no host name, IPv4 or IPv6 address.")
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        if bare != text or not _is_host_name(text):
            raise error from None
        return text
    if "%" in bare or (bare != text and address.version == 4):
        raise error
    if address.is_unspecified:
        raise LabelError(
            Code.BAD_HOST, f"{shown(text)} means every address; name the PC that others can reach."
        )
    return bare


def base_url(scheme: str, host: str, port: int, prefix: str) -> str:
    """`protocol://host:port/prefix`, an empty prefix adding nothing."""
    return join_url(f"{scheme}://{bracketed(host)}:{port}", prefix)


def join_url(base: str, path: str) -> str:
    """Append a path to a URL with one slash between; an empty path adds nothing.

    A query and a fragment of the base are dropped: they belong to the page it names.
    """
    if not path:
        return base
    stem = re.split(r"[?#]", base, maxsplit=1)[0]
    return f"{stem.rstrip('/')}/{encode_path(path.lstrip('/'))}"


def parse_location(text: str) -> Location:
    """A `url` label: an absolute URL with a host, percent-encoded where it must be.

    Raises:
        LabelError: it is none, or has a refused scheme.
    """
    scheme, found, rest = text.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    parts = _AUTHORITY.fullmatch(authority)
    if not found or not _SCHEME.fullmatch(scheme) or parts is None or not text.isprintable():
        raise LabelError(
            Code.BAD_URL, f"{shown(text)} is no absolute URL. Write e.g. https://host:3000/path."
        )
    if scheme.lower() in REFUSED_SCHEMES:
        raise LabelError(Code.BAD_URL, f"{shown(text)}: scheme {shown(scheme)} is refused.")
    try:
        host = parse_host(parts.group(1))
    except LabelError as error:
        raise LabelError(Code.BAD_URL, f"{shown(text)}: {error}") from None
    digits = parts.group(2)
    # Python refuses to convert very long texts.
    if digits and (len(digits) > 5 or not 0 < int(digits) < 65536):
        raise LabelError(Code.BAD_URL, f"{shown(text)}: {shown(digits)} is no port (1..65535).")
    port = int(digits) if digits else _DEFAULT_PORTS.get(scheme.lower())
    url = f"{scheme}://{authority}{encode_path(rest[len(authority) :])}"
    return Location(url, scheme.lower(), host, port)


def health_url(label: str, service_url: str, host: str) -> str:
    """The URL of a `health` label: a path below the service's URL, or a URL on its own host.

    Raises:
        LabelError: it aims elsewhere, or is neither.
    """
    if not re.match(rf"{_SCHEME.pattern}:", label):
        return join_url(service_url, label)
    try:
        location = parse_location(label)
    except LabelError as error:
        raise LabelError(Code.BAD_HEALTH, f"neither a path nor a URL: {error}") from None
    if location.scheme not in HTTP_SCHEMES:
        raise LabelError(Code.BAD_HEALTH, f"{shown(label)}: only http and https can be checked.")
    if not same_host(location.host, host):
        raise LabelError(
            Code.BAD_HEALTH,
            f"{shown(label)} names another host than the service's own ({host}). Write a path, "
            "or a URL on that host.",
        )
    return location.url


def same_host(one: str, other: str) -> bool:
    """Whether two host names or addresses are written for the same host."""
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return one.lower().rstrip(".") == other.lower().rstrip(".")


def bracketed(host: str) -> str:
    """An IPv6 address in brackets, any other host as it is."""
    return f"[{host}]" if ":" in host else host


def encode_path(path: str) -> str:
    """Percent-encode what may not stand in a path, query or fragment; keep what is encoded."""
    return quote(_LONE_PERCENT.sub("%25", path), safe=_RESERVED)


def _is_host_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    return (
        len(text) <= 253
        and all(_HOST_LABEL.fullmatch(label) for label in labels)
        and not _NUMERIC_END.fullmatch(labels[-1])
    )

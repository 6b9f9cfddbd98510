"""Host, port, URLs: the contract's sections 2 and 3, read a second time."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*"
_REFUSED = frozenset({"javascript", "data", "vbscript", "file"})
_USUAL_PORTS = {"http": 80, "https": 443}
_DURATION = re.compile(r"([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)){1,20}")
_URL = re.compile(rf"({_SCHEME})://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]*))?([/?#].*)?")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")
_LONGEST_URL = 512


class Wrong(Exception):
    """The service may not be registered: `keys` are its unsound labels, the rest is still known."""

    def __init__(self, keys: Iterable[str], scheme: str | None, host: str | None) -> None:
        super().__init__()
        self.keys = frozenset(keys)
        self.scheme = scheme
        self.host = host


@dataclass(frozen=True)
class Endpoint:
    """Where an instance answers; an URL that it does not have is empty."""

    scheme: str
    host: str
    port: int
    url: str
    swagger_url: str
    health_url: str


def find_endpoint(
    labels: Mapping[str, str], container: Mapping[str, Any], default_host: str
) -> Endpoint:
    """Where the instance with these labels answers.

    Raises:
        Wrong: nowhere, as far as its labels say.
    """
    scheme, host = _scheme(labels.get("protocol", "http")), _host(labels.get("host", default_host))
    unsound = {
        key
        for key, value in labels.items()
        if (key == "protocol" and scheme is None)
        or (key == "host" and host is None)
        or (key in ("port", "hostport") and _port(value) is None)
        or (key in ("health_interval", "health_timeout") and not _is_duration(value))
    }
    place: tuple[str, str, int, str] | None = None
    if "url" in labels:
        place = _given(labels["url"])
        unsound |= set() if place else {"url"}
    elif scheme and host and not unsound & {"port", "hostport"}:
        port = _host_port(labels, container, scheme)
        if port:
            around = f"[{host}]" if ":" in host else host
            url = _joined(f"{scheme}://{around}:{port}", labels.get("url_prefix", ""))
            place = (scheme, host, port, url) if len(url) <= _LONGEST_URL else None
            unsound |= set() if place else {"url_prefix"}
    health_url = ""
    if health := labels.get("health"):
        on = place[1] if place else host if "url" not in labels else None
        found = _health(health, place[3] if place else "", on) if on else ""
        if found is None:
            unsound.add("health")
        health_url = found or ""
    if place is None or unsound:
        raise Wrong(unsound, place[0] if place else scheme, place[1] if place else host)
    postfix = labels.get("url_postfix", "")
    return Endpoint(*place, _joined(place[3], postfix) if postfix else "", health_url)


def _host_port(labels: Mapping[str, str], container: Mapping[str, Any], scheme: str) -> int | None:
    if "hostport" in labels:
        return _port(labels["hostport"])
    inside = _port(labels["port"]) if "port" in labels else None
    if container["HostConfig"]["NetworkMode"] == "host":
        return inside
    transport = "udp" if scheme == "udp" else "tcp"
    published = {
        int(port.partition("/")[0]): bindings
        for port, bindings in (container["NetworkSettings"]["Ports"] or {}).items()
        if bindings and port.endswith(f"/{transport}")
    }
    if inside is None and len(published) == 1:
        [inside] = published
    bindings = published.get(inside or 0, [])
    by_preference = sorted((":" in b["HostIp"], int(b["HostPort"])) for b in bindings)
    return by_preference[0][1] if by_preference else None


def _given(url: str) -> tuple[str, str, int, str] | None:
    parts = _URL.fullmatch(url)
    if not parts or not url.isprintable() or parts[1].lower() in _REFUSED:
        return None
    scheme, host = parts[1].lower(), _host(parts[2])
    port = _port(parts[3]) if parts[3] else _USUAL_PORTS.get(scheme)
    if host is None or port is None or len(encoded := _encoded(url)) > _LONGEST_URL:
        return None
    # Only an IPv6 host needs its brackets unencoded.
    around = parts[2] + (f":{parts[3]}" if parts[3] is not None else "")
    encoded = f"{parts[1]}://{around}{_encoded(parts[4] or '')}"
    return scheme, host, port, encoded


def _health(label: str, url: str, host: str) -> str | None:
    """The health URL (empty where there is nothing to append to); None where it is refused."""
    if not re.match(rf"{_SCHEME}:", label):
        return _joined(url, label) if url else ""
    given = _given(label)
    return given[3] if given and given[0] in _USUAL_PORTS and _same(given[1], host) else None


def _same(one: str, other: str) -> bool:
    return one.lower().rstrip(".") == other.lower().rstrip(".")


def _joined(base: str, path: str) -> str:
    if not path:
        return base
    return f"{re.split('[?#]', base)[0].rstrip('/')}/{_encoded(path.lstrip('/'))}"


def _encoded(text: str) -> str:
    """What may not stand in a path or query, percent-encoded (RFC 3986, section 2)."""
    whole = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return re.sub(
        r"[^A-Za-z0-9._~:/?#@!$&'()*+,;=%-]",
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()),
        whole,
    )


def _scheme(text: str) -> str | None:
    return text.lower() if re.fullmatch(_SCHEME, text) and text.lower() not in _REFUSED else None


def _host(text: str) -> str | None:
    bare = text[1:-1] if re.fullmatch(r"\[.*:.*\]", text) else text
    try:
        return None if ipaddress.ip_address(bare).is_unspecified else bare
    except ValueError:
        is_name = _HOST_NAME.fullmatch(text) and len(text) <= 253
        return text if is_name and not text.rpartition(".")[2].isdigit() else None


def _port(text: str) -> int | None:
    digits = re.fullmatch("0*([1-9][0-9]{0,4})", text)
    return int(digits[1]) if digits and int(digits[1]) < 65536 else None


def _is_duration(text: str) -> bool:
    return len(text) <= 40 and bool(_DURATION.fullmatch(text)) and bool(re.search("[1-9]", text))

"""What Consul has to hold, from `docker inspect` alone: a second reading of the contract.

Nothing of the product is imported here, or the same mistake would be made twice.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.endpoint import Endpoint, Wrong, find_endpoint

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
_LABEL = re.compile(
    rf"demi\.({_NAME})\.({_NAME})\.({_NAME})\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)"
)
_DERIVED = frozenset({"swagger_url", "health_url", "container", "image", "owner"})
_MOST_BYTES = 256 * 1024
_STATES = {"starting": "warning", "healthy": "passing", "unhealthy": "critical"}

Name = tuple[str, str, str]


@dataclass(frozen=True)
class Instance:
    """One container's part in one service; `endpoint` is None where it may not be registered."""

    name: Name
    container: str
    created: str
    endpoint: Endpoint | None
    service: Mapping[str, object]
    check: Mapping[str, object] | None
    keys: Mapping[str, str]

    @property
    def slug(self) -> str:
        """The name of its Consul service."""
        return _slug(self.name)

    @property
    def path(self) -> str:
        """Where its keys are."""
        return "/".join(("demi", *self.name, ""))


def instances(inspected: Iterable[Mapping[str, Any]], owner: str, host: str) -> dict[str, Instance]:
    """Every instance of every service, by its service ID, registered or not."""
    found: dict[str, Instance] = {}
    for container in inspected:
        if not container["State"]["Running"] or container["State"].get("Restarting"):
            continue
        own = [
            _instance(name, labels, container, owner, host)
            for name, labels in sorted(_labels(container["Config"]["Labels"] or {}).items())
        ]
        for each in sorted(own, key=lambda i: i.endpoint is None):
            plain = f"{each.slug}-{each.container}"
            found[f"{plain}-{_digest(each.name)}" if plain in found else plain] = each
    return found


def expected(
    found: Mapping[str, Instance], others_services: Iterable[str], others_keys: Mapping[str, bool]
) -> dict[str, object]:
    """The same as facts, as `facts.observed` finds them in Consul.

    Args:
        found: the instances.
        others_services: IDs that are not ours to use.
        others_keys: paths that are not ours to write, and whether a session holds each.
    """
    facts: dict[str, object] = {}
    groups: dict[Name, list[Instance]] = defaultdict(list)
    for id_, each in found.items():
        groups[each.name].append(each)
        if each.endpoint and id_ not in others_services:
            facts[f"service {id_}"] = each.service
            if each.check:
                facts[f"check of {id_}"] = each.check
    for group in groups.values():
        shown = min(group, key=lambda i: (i.endpoint is None, i.created, i.container))
        if not others_keys.get(f"{shown.path}owner"):
            facts |= {
                f"key {shown.path}{key}": value
                for key, value in shown.keys.items()
                if f"{shown.path}{key}" not in others_keys
            }
    facts["counts in the record"] = {
        "services": len(found),
        "registered": sum(i.endpoint is not None for i in found.values()),
    }
    facts["sessions"] = 1
    facts["query templates"] = ["${match(3)}-${match(2)}-${match(1)}"]
    return facts


def _labels(labels: Mapping[str, str]) -> dict[Name, dict[str, str]]:
    """The labels that are formed well, by service and key."""
    services: dict[Name, dict[str, str]] = defaultdict(dict)
    sizes: dict[Name, int] = defaultdict(int)
    for label, value in sorted(labels.items()):
        if parts := _LABEL.fullmatch(label):
            site, stack, service, key = parts.groups()
            stripped = value.strip()
            size = len(label) + len(stripped.encode())
            if sizes[site, stack, service] + size <= _MOST_BYTES:
                sizes[site, stack, service] += size
                services[site, stack, service][key] = stripped
    return services


def _instance(
    name: Name, labels: Mapping[str, str], container: Mapping[str, Any], owner: str, host: str
) -> Instance:
    short, config = container["Id"][:12], container["Config"]
    endpoint, wrong, scheme, where = _try_endpoint(labels, container, host)
    keys = {key: value for key, value in labels.items() if key not in wrong | _DERIVED}
    derived = {
        "host": where,
        "protocol": scheme,
        "container": short,
        "image": config["Image"],
        "owner": owner,
    }
    if endpoint:
        derived |= {
            "hostport": str(endpoint.port),
            "url": endpoint.url,
            "swagger_url": endpoint.swagger_url,
            "health_url": endpoint.health_url,
        }
    keys |= {key: value for key, value in derived.items() if value}
    return Instance(
        name=name,
        container=short,
        created=container["Created"],
        endpoint=endpoint,
        service=_service(name, labels, endpoint, short, owner) if endpoint else {},
        check=_check(labels, endpoint, container) if endpoint else None,
        keys=keys,
    )


def _try_endpoint(
    labels: Mapping[str, str], container: Mapping[str, Any], host: str
) -> tuple[Endpoint | None, set[str], str | None, str | None]:
    """The endpoint, the keys of unsound labels, and scheme and host as far as they are known."""
    try:
        endpoint = find_endpoint(labels, container, host)
    except Wrong as wrong:
        return None, set(wrong.keys), wrong.scheme, wrong.host
    return endpoint, set(), endpoint.scheme, endpoint.host


def _service(
    name: Name, labels: Mapping[str, str], endpoint: Endpoint, short: str, owner: str
) -> dict[str, object]:
    category = labels.get("category", "")
    tag = re.sub(r"[^a-z0-9-]+", "-", category.lower().replace("_", "-").replace(".", "-"))
    meta = {
        "demi_site": name[0],
        "demi_stack": name[1],
        "demi_service": name[2],
        "demi_owner": owner,
        "demi_container": short,
        "demi_url": endpoint.url,
        "demi_swagger_url": endpoint.swagger_url,
        "demi_category": category,
        "demi_description": _cut(labels.get("description", "")),
    }
    return {
        "name": _slug(name),
        "address": endpoint.host,
        "port": endpoint.port,
        "tags": sorted({"demi", tag.strip("-")[:63]} - {""}),
        "meta": {key: value for key, value in meta.items() if value},
    }


def _check(
    labels: Mapping[str, str], endpoint: Endpoint, container: Mapping[str, Any]
) -> dict[str, object] | None:
    timing = {
        "interval": labels.get("health_interval", "10s"),
        "timeout": labels.get("health_timeout", "3s"),
    }
    if endpoint.health_url.lower().startswith(("http://", "https://")):
        return {"type": "http", "target": endpoint.health_url, **timing}
    test = (container["Config"].get("Healthcheck") or {}).get("Test") or []
    if not labels.get("health") and test and test[0] != "NONE":
        return {"type": "ttl", "status": _STATES[container["State"]["Health"]["Status"]]}
    if endpoint.scheme == "udp":
        return None
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return {"type": "tcp", "target": f"{host}:{endpoint.port}", **timing}


def _slug(name: Name) -> str:
    slug = "-".join(name).lower().replace("_", "-").replace(".", "-")
    return slug if len(slug) <= 63 else f"{slug[:54]}-{_digest(name)}"


def _digest(name: Name) -> str:
    return hashlib.sha256(".".join(name).encode()).hexdigest()[:8]


def _cut(text: str) -> str:
    return text.encode()[:512].decode(errors="ignore")

"""What Consul holds, reduced to what we wrote ourselves.

Consul adds fields of its own to what is registered; comparing those would cause a new
registration for ever, so they never get here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from demi_adapters.consul_types import Key
from demi_adapters.names import KV_ROOT, ServiceName
from demi_adapters.registration import Registration, check_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedService:
    """A service as an agent has it.

    `name` is the exact one of its meta; `check` is the summary in its check's notes, `check_kind`
    what Consul calls the check's type.

    Checks that others have added to it, such as Consul's own for maintenance, are theirs.
    """

    id: str
    name: ServiceName
    consul_name: str
    address: str
    port: int
    tags: tuple[str, ...]
    meta: Mapping[str, str]
    check: str | None
    check_kind: str | None

    @property
    def owner(self) -> str | None:
        """Which registrator it belongs to; None for services of others."""
        return self.meta.get("demi_owner")


@dataclass(slots=True)
class Observed:
    """A mirror of Consul, kept up to date by what is applied.

    `check_states` are the TTL checks' states by service ID; `keys` are all keys below `demi/`, by
    DeMi service and path, whoever holds them.
    """

    services: dict[str, ObservedService] = field(default_factory=dict)
    check_states: dict[str, str] = field(default_factory=dict)
    keys: dict[ServiceName, dict[str, Key]] = field(default_factory=dict)

    def record(self, name: ServiceName, written: Iterable[Key], removed: Iterable[str]) -> None:
        """Note a transaction that succeeded."""
        tree = self.keys.setdefault(name, {})
        tree.update((key.path, key) for key in written)
        for path in removed:
            tree.pop(path, None)


def observed_state(
    services: Mapping[str, Mapping[str, Any]],
    checks: Mapping[str, Mapping[str, Any]],
    keys: Iterable[Key],
) -> Observed:
    """Read the answers of `/v1/agent/services`, `/v1/agent/checks` and `/v1/kv/demi/?recurse`."""
    by_service: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for check in checks.values():
        by_service[check.get("ServiceID") or ""].append(check)
    states = {
        service: check.get("Status", "")
        for service, found in by_service.items()
        for check in found
        if check.get("CheckID") == check_id(service)
    }
    return Observed(
        services={id_: _service(raw, by_service[id_]) for id_, raw in services.items()},
        check_states=states,
        keys=group_keys(keys),
    )


def group_keys(keys: Iterable[Key]) -> dict[ServiceName, dict[str, Key]]:
    """Keys by the DeMi service that they are below; others are nobody's business here."""
    folders: dict[str, dict[str, Key]] = defaultdict(dict)
    for key in keys:
        folder, _, leaf = key.path.rpartition("/")
        if leaf:
            folders[folder][key.path] = key
    grouped: dict[ServiceName, dict[str, Key]] = {}
    for folder, found in folders.items():  # a name for each folder, not for each key
        parts = folder.removeprefix(KV_ROOT).split("/")
        if len(parts) == 3 and all(parts):
            grouped[ServiceName(*parts)] = found
    return grouped


def expected_service(registration: Registration) -> ObservedService:
    """How a registration will be seen once Consul has it."""
    return ObservedService(
        id=registration.id,
        name=registration.name,
        consul_name=registration.name.consul_name,
        address=registration.host or "",
        port=registration.hostport or 0,
        tags=registration.tags,
        meta=registration.meta,
        check=registration.check.summary if registration.check else None,
        check_kind=registration.check.kind if registration.check else None,
    )


def _service(raw: Mapping[str, Any], checks: Iterable[Mapping[str, Any]]) -> ObservedService:
    id_ = str(raw.get("ID"))
    own = next((c for c in checks if c.get("CheckID") == check_id(id_)), None)
    meta = dict(raw.get("Meta") or {})
    name = (str(meta.get(f"demi_{part}", "")) for part in ("site", "stack", "service"))
    return ObservedService(
        id=id_,
        name=ServiceName(*name),
        consul_name=str(raw.get("Service")),
        address=str(raw.get("Address") or ""),
        port=int(raw.get("Port") or 0),
        tags=tuple(raw.get("Tags") or ()),
        meta=meta,
        check=str(own.get("Notes") or "") if own else None,
        check_kind=str(own.get("Type") or "") if own else None,
    )

"""What Consul holds as plain facts, and which of them follow from the running containers.

A second reading of the rules: nothing of `desired`, `observed` or the plan is used.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from demi_adapters.container import Container
from demi_adapters.names import ServiceName
from demi_adapters.registration import Registration, register
from demi_registrator.steps import Identity
from models.consul import ConsulModel
from models.containers import ORIGIN

Facts = Mapping[str, object]


def facts(consul: ConsulModel) -> Facts:
    """Services with their checks, and keys with their holders, whoever they belong to."""
    found: dict[str, object] = {f"service {id_}": dict(s) for id_, s in consul.services.items()}
    for id_, check in consul.checks.items():
        status = check["Status"] if check["Type"] == "ttl" else ""
        found[f"check {id_}"] = (check["ServiceID"], check["Type"], check["Notes"], status)
    for path, key in consul.held.items():
        found[f"key {path}"] = (key.value.decode(), key.session)
    return found


def facts_of_others(consul: ConsulModel, identity: Identity) -> Facts:
    """Those that are not ours to change: other owners' services, keys that we do not hold."""
    owners = {identity.owner, *identity.former_owners}
    sessions = {identity.session, *identity.former_sessions} - {None}
    ours = {
        f"service {i}" for i, s in consul.services.items() if s["Meta"].get("demi_owner") in owners
    }
    ours |= {f"key {path}" for path, key in consul.held.items() if key.session in sessions}
    ours |= {
        f"check {id_}"
        for id_, check in consul.checks.items()
        if f"service {check['ServiceID']}" in ours
    }
    return {name: fact for name, fact in facts(consul).items() if name not in ours}


def expected(running: Iterable[Container], others: Facts, owner: str, session: str | None) -> Facts:
    """Everything that Consul has to hold: what is others', and what these containers become."""
    found = dict(others)
    groups: dict[ServiceName, list[Registration]] = defaultdict(list)
    for container in running:
        for each in register(container, replace(ORIGIN, owner=owner)).services:
            groups[each.name].append(each)
            if each.registered and f"service {each.id}" not in others:
                found |= _service(each)
    for name, group in groups.items():
        path = f"demi/{name.site}/{name.stack}/{name.service}"
        holder = others.get(f"key {path}/owner")
        if isinstance(holder, tuple) and holder[1]:
            continue
        sound = [each for each in group if each.registered] or group
        [first, *_] = sorted(sound, key=lambda each: (each.created_ns, each.container))
        for key, value in first.kv.items():
            found.setdefault(f"key {key}", (value, session))
    return found


def _service(registration: Registration) -> Facts:
    id_, check = registration.id, registration.check
    service = {
        "ID": id_,
        "Service": registration.name.consul_name,
        "Tags": list(registration.tags),
        "Meta": dict(registration.meta),
        "Port": registration.hostport,
        "Address": registration.host,
        "Weights": {"Passing": 1, "Warning": 1},
        "EnableTagOverride": False,
    }
    if check is None:
        return {f"service {id_}": service}
    return {
        f"service {id_}": service,
        f"check service:{id_}": (id_, check.kind, check.summary, check.status or ""),
    }

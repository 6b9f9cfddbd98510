"""What Consul should hold, as far as it is ours."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from demi_adapters.names import ServiceName
from demi_adapters.registration import Registration, Registrations


@dataclass(frozen=True, slots=True)
class Desired:
    """Services to be registered, by ID, and the key tree of each DeMi service, path to value."""

    services: Mapping[str, Registration]
    trees: Mapping[ServiceName, Mapping[str, str]]


def desired_state(registrations: Registrations) -> Desired:
    """The state that follows from the running containers alone."""
    instances: dict[ServiceName, list[Registration]] = defaultdict(list)
    for registration in registrations.services:
        instances[registration.name].append(registration)
    return Desired(
        services={r.id: r for r in registrations.services if r.registered},
        trees={name: min(group, key=_precedence).kv for name, group in instances.items()},
    )


def _precedence(instance: Registration) -> tuple[bool, int, str]:
    """Whose keys the tree shows: an instance that works, then the one that was created first."""
    return not instance.registered, instance.created_ns, instance.container

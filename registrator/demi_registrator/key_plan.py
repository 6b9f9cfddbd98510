"""What has to change in one service's keys, and who stands in the way."""

from collections.abc import Mapping

from demi_adapters.consul_types import Key
from demi_adapters.names import ServiceName
from demi_adapters.problems import Code, Problem, shown
from demi_registrator.steps import Identity, KeyChange

OWNER_KEY = "owner"


def plan_keys(
    name: ServiceName, desired: Mapping[str, str], existing: Mapping[str, Key], identity: Identity
) -> tuple[list[KeyChange], list[Problem]]:
    """Changes to one service's keys, sorted; nothing of somebody else's is among them.

    Args:
        name: the service.
        desired: path to value; empty where it has no running container.
        existing: what stands below its path, whoever holds it.
        identity: what of it is ours.
    """
    problems: list[Problem] = []
    holder = foreign_holder(name, existing, identity)
    if desired and holder:
        problems.append(_held(name, f"are held by {shown(holder.value.decode(errors='replace'))}"))
        desired = {}
    changes = [
        KeyChange(path, key, None)
        for path, key in existing.items()
        if identity.holds(key) and path not in desired
    ]
    for path, value in desired.items():
        old = existing.get(path)
        if old is None:
            changes.append(KeyChange(path, None, value))
        elif not identity.holds(old):
            problems.append(_held(name, f"lack {path}: somebody else wrote it first", path))
        elif old.session != identity.session or old.value != value.encode():
            changes.append(KeyChange(path, old, value))
    return sorted(changes, key=lambda c: c.path), problems


def foreign_holder(
    name: ServiceName, existing: Mapping[str, Key], identity: Identity
) -> Key | None:
    """The key by which another registrator shows that it holds the tree; None where none does."""
    holder = existing.get(f"{name.path}{OWNER_KEY}")
    return holder if holder and holder.session and not identity.holds(holder) else None


def _held(name: ServiceName, what: str, path: str | None = None) -> Problem:
    remedy = f"Delete it (consul kv delete {path})" if path else "Stop the instance there"
    return Problem(
        code=Code.KV_HELD,
        message=f"the keys of {name} {what}. {remedy} if this one should be shown.",
        service=str(name),
    )

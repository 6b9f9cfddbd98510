"""The plan: what has to change in Consul, as a value.

Invariants, whatever the input: a plan touches only services whose meta names us as their owner
and keys that our session holds (or those of our former selves); once it is applied, the next one
is empty; it does not depend on the order of anything.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields

from demi_adapters.consul_types import Key
from demi_adapters.names import ServiceName
from demi_adapters.problems import Code, Problem, shown
from demi_adapters.registration import Registration
from demi_registrator.desired import Desired
from demi_registrator.observed import Observed, ObservedService, expected_service

OWNER_KEY = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who plans: the owner's name, its session, and what its former selves were called and held.

    Without a session (`demi plan` before the first start) no observed key is ours.
    """

    owner: str
    session: str | None = None
    former_owners: frozenset[str] = frozenset()
    former_sessions: frozenset[str] = frozenset()

    def owns_service(self, service: ObservedService) -> bool:
        """Whether we may change or remove it."""
        return service.owner == self.owner or service.owner in self.former_owners

    def holds(self, key: Key) -> bool:
        """Whether we may change or remove it."""
        return key.session is not None and (
            key.session == self.session or key.session in self.former_sessions
        )


@dataclass(frozen=True, slots=True)
class Register:
    """Create or update a service; `why` names the first field that differs."""

    registration: Registration
    why: str

    @property
    def is_new(self) -> bool:
        """Whether the service was not there at all."""
        return self.why == "new"


@dataclass(frozen=True, slots=True)
class Deregister:
    """Remove a service that is ours and that no container stands for."""

    id: str


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Feed a TTL check."""

    id: str
    status: str


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One key: from what was observed to a new value; None for not there."""

    path: str
    old: Key | None
    new: str | None


@dataclass(frozen=True, slots=True)
class WriteKeys:
    """The changes to one service's keys, to be made in one transaction."""

    changes: tuple[KeyChange, ...]


Step = Register | Deregister | SetStatus | WriteKeys


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps by DeMi service, in the order in which to do them, and what stands in the way.

    `contested` are the services whose keys we would write if another registrator did not hold them.
    """

    steps: Mapping[ServiceName, tuple[Step, ...]]
    problems: tuple[Problem, ...] = ()
    contested: frozenset[ServiceName] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.steps)


def make_plan(
    desired: Desired,
    observed: Observed,
    identity: Identity,
    *,
    only: Collection[ServiceName] | None = None,
    may_delete: bool = True,
) -> Plan:
    """What leads from observed to desired.

    Args:
        desired: what should be.
        observed: what is, foreign things included.
        identity: what of it is ours.
        only: look at these services alone.
        may_delete: False where the containers' list is old: then nothing is removed.
    """
    services = _services_by_name(desired, observed, identity)
    names = services.keys() | desired.trees.keys() | observed.keys.keys()
    steps: dict[ServiceName, tuple[Step, ...]] = {}
    problems: list[Problem] = []
    contested: set[ServiceName] = set()
    for name in sorted(names if only is None else names & set(only)):
        changes, held = _plan_keys(
            name, desired.trees.get(name, {}), observed.keys.get(name, {}), identity
        )
        problems += held
        if name in desired.trees and _foreign_holder(name, observed.keys.get(name, {}), identity):
            contested.add(name)
        wanted = {id_: r for id_, r in services.get(name, {}).items() if r is not None}
        found: list[Step] = []
        for id_ in sorted(wanted):
            step, taken = _plan_service(wanted[id_], observed, identity)
            found += step
            problems += taken
        if not may_delete:
            changes = [c for c in changes if c.new is not None]
        if changes:
            found.append(WriteKeys(tuple(changes)))
        if may_delete:
            gone = services.get(name, {}).keys() - wanted.keys()
            found += [Deregister(id_) for id_ in sorted(gone)]
        if found:
            steps[name] = tuple(found)
    return Plan(steps, tuple(problems), frozenset(contested))


def _services_by_name(
    desired: Desired, observed: Observed, identity: Identity
) -> dict[ServiceName, dict[str, Registration | None]]:
    """The wanted registration of every service ID, None for one of ours that has to go."""
    found: dict[ServiceName, dict[str, Registration | None]] = {}
    for service in observed.services.values():
        if identity.owns_service(service) and service.id not in desired.services:
            found.setdefault(service.name, {})[service.id] = None
    for registration in desired.services.values():
        found.setdefault(registration.name, {})[registration.id] = registration
    return found


def _plan_service(
    registration: Registration, observed: Observed, identity: Identity
) -> tuple[list[Step], list[Problem]]:
    existing = observed.services.get(registration.id)
    if existing is None:
        return [Register(registration, "new")], []
    if not identity.owns_service(existing):
        return [], [_taken(registration, existing)]
    difference = _difference(existing, expected_service(registration))
    if difference:
        return [Register(registration, difference)], []
    check = registration.check
    if check and check.status and observed.check_states.get(registration.id) != check.status:
        return [SetStatus(registration.id, check.status)], []
    return [], []


def _difference(existing: ObservedService, expected: ObservedService) -> str:
    """The first field that differs and how; empty where none does."""
    for each in fields(ObservedService):
        was, is_now = getattr(existing, each.name), getattr(expected, each.name)
        if was != is_now and isinstance(was, Mapping):
            key = min(k for k in was.keys() | is_now.keys() if was.get(k) != is_now.get(k))
            return f"{key} {was.get(key)!r} -> {is_now.get(key)!r}"
        if was != is_now:
            return f"{each.name} {was!r} -> {is_now!r}"
    return ""


def _taken(registration: Registration, existing: ObservedService) -> Problem:
    return Problem(
        code=Code.ID_TAKEN,
        message=(
            f"{registration.name} in container {registration.container}: the service ID "
            f"{registration.id} belongs to {_owner_of(existing)}, so it is left alone. Deregister "
            "that service, or stop the registrator that owns it."
        ),
        container=registration.container,
        service=str(registration.name),
    )


def _owner_of(service: ObservedService) -> str:
    return shown(service.owner) if service.owner else "somebody else"


def _plan_keys(
    name: ServiceName, desired: Mapping[str, str], existing: Mapping[str, Key], identity: Identity
) -> tuple[list[KeyChange], list[Problem]]:
    problems: list[Problem] = []
    holder = _foreign_holder(name, existing, identity)
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


def _foreign_holder(
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

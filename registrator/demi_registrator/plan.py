"""The plan: what has to change in Consul, as a value.

Invariants, whatever the input: a plan touches only services whose meta names us as their owner
and keys that our session holds (or those of our former selves); once it is applied, the next one
is empty; it does not depend on the order of anything.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields

from demi_adapters.names import ServiceName
from demi_adapters.problems import Code, Problem, shown
from demi_adapters.registration import Registration
from demi_registrator.desired import Desired
from demi_registrator.key_plan import foreign_holder, plan_keys
from demi_registrator.observed import Observed, ObservedService, expected_service
from demi_registrator.steps import (
    Deregister,
    Identity,
    Plan,
    Register,
    SetStatus,
    Step,
    WriteKeys,
)


def make_plan(
    desired: Desired,
    observed: Observed,
    identity: Identity,
    *,
    only: Collection[ServiceName] | None = None,
    may_delete: bool = True,
    may_update: bool = True,
) -> Plan:
    """What leads from observed to desired.

    Args:
        desired: what should be.
        observed: what is, foreign things included.
        identity: what of it is ours.
        only: look at these services alone.
        may_delete: False where the containers' list is old: then nothing is removed.
        may_update: False where what is there may be somebody else's: then things are only added.
    """
    services = _services_by_name(desired, observed, identity, only)
    names = (
        only if only is not None else services.keys() | desired.trees.keys() | observed.keys.keys()
    )
    steps: dict[ServiceName, tuple[Step, ...]] = {}
    problems: list[Problem] = []
    contested: set[ServiceName] = set()
    for name in sorted(names):
        existing = observed.keys.get(name, {})
        changes, held = plan_keys(name, desired.trees.get(name, {}), existing, identity)
        problems += held
        if name in desired.trees and foreign_holder(name, existing, identity):
            contested.add(name)
        wanted = {id_: r for id_, r in services.get(name, {}).items() if r is not None}
        found: list[Step] = []
        for id_ in sorted(wanted):
            step, taken = _plan_service(wanted[id_], observed, identity)
            found += step
            problems += taken
        if may_delete:
            gone = services.get(name, {}).keys() - wanted.keys()
            found += [Deregister(id_) for id_ in sorted(gone)]
        # After the services: who finds one of these gone looks no further.
        allowed = [c for c in changes if may_delete or c.new is not None]
        if allowed:
            found.append(WriteKeys(tuple(allowed)))
        if not may_update:
            found = _additions(found)
        if found:
            steps[name] = tuple(found)
    return Plan(steps, tuple(problems), frozenset(contested))


def _additions(steps: Collection[Step]) -> list[Step]:
    """What of some steps changes nothing that is there."""
    found: list[Step] = []
    for step in steps:
        match step:
            case Register() if step.is_new:
                found.append(step)
            case WriteKeys(changes) if new := tuple(c for c in changes if c.old is None):
                found.append(WriteKeys(new))
    return found


def _services_by_name(
    desired: Desired,
    observed: Observed,
    identity: Identity,
    only: Collection[ServiceName] | None,
) -> dict[ServiceName, dict[str, Registration | None]]:
    """The wanted registration of every service ID, None for one of ours that has to go."""
    found: dict[ServiceName, dict[str, Registration | None]] = {}
    for service in observed.services.values():
        if only is not None and service.name not in only:
            continue
        if identity.owns_service(service) and service.id not in desired.services:
            found.setdefault(service.name, {})[service.id] = None
    for registration in desired.services.values():
        if only is not None and registration.name not in only:
            continue
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
    expected = expected_service(registration)
    if difference := _difference(existing, expected):
        drops_check = existing.check_kind not in (None, expected.check_kind)
        return [Register(registration, difference, drops_check)], []
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

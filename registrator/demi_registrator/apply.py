"""Carry out a plan: a few connections at once, each service by itself."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import repeat
from threading import Event

from demi_adapters.consul_client import ConsulClient
from demi_adapters.consul_types import MAX_TRANSACTION_OPERATIONS, CheckStatus, Key, Operation
from demi_adapters.errors import (
    ConflictError,
    ConsulUnavailable,
    DemiError,
    NotFound,
    RefusedError,
    TransientError,
)
from demi_adapters.names import ServiceName
from demi_adapters.problems import Code, Problem
from demi_adapters.registration import Registration, check_id
from demi_registrator.observed import Observed, expected_service
from demi_registrator.steps import Deregister, KeyChange, Plan, Register, SetStatus, Step, WriteKeys

# Consul refuses a transaction whose JSON is larger than 512 KiB (`txn_max_req_len`).
_MAX_TRANSACTION_BYTES = 480 * 1024


@dataclass(slots=True)
class Outcome:
    """What came of a plan.

    `done` counts the steps that succeeded; `retry` holds the errors that may pass by themselves,
    `problems` those that will not; `outdated` says that Consul had changed since it was observed.
    """

    done: list[tuple[ServiceName, Step]] = field(default_factory=list)
    retry: list[TransientError] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    outdated: bool = False


def apply_plan(
    plan: Plan, consul: ConsulClient, observed: Observed, session: str, workers: Executor
) -> Outcome:
    """Do every step of the plan that can be done, and keep `observed` in step.

    One service's failure does not stop the others, but once Consul is away nothing more is tried.
    """
    outcome = Outcome()
    for name, results in zip(
        plan.steps,
        _run(plan.steps, consul, session, workers),
        strict=True,
    ):
        for step, result in zip(plan.steps[name], results, strict=False):
            if isinstance(result, DemiError):
                _note_failure(outcome, name, result)
            else:
                outcome.done.append((name, step))
                _note_success(observed, name, step, result)
    return outcome


def _run(
    steps: Mapping[ServiceName, Sequence[Step]],
    consul: ConsulClient,
    session: str,
    workers: Executor,
) -> Iterator[list["list[Key] | DemiError"]]:
    groups = list(steps.values())
    outage = Event()
    if len(groups) == 1:  # the usual event: no need to wake another thread
        return iter([_do_all(groups[0], consul, session, outage)])
    return workers.map(_do_all, groups, repeat(consul), repeat(session), repeat(outage))


def _do_all(
    steps: Sequence[Step], consul: ConsulClient, session: str, outage: Event
) -> list["list[Key] | DemiError"]:
    """The keys written by each step, or why it failed; steps after an outage are left out.

    `outage` is shared by all services: each would wait for its own time-out otherwise.
    """
    results: list[list[Key] | DemiError] = []
    for step in steps:
        if outage.is_set():
            break
        try:
            results.append(_do(step, consul, session))
        except DemiError as error:
            results.append(error)
            if isinstance(error, ConsulUnavailable):
                outage.set()
    return results


def _do(step: Step, consul: ConsulClient, session: str) -> list[Key]:
    match step:
        case Register(registration):
            if step.drops_check:
                with suppress(NotFound):
                    consul.deregister_check(check_id(registration.id))
            consul.register_service(service_definition(registration))
            check = registration.check
            if check and check.status and not step.is_new:
                # An existing check keeps its old status through a registration.
                _feed(consul, registration.id, check.status)
        case SetStatus(id_, status):
            _feed(consul, id_, status)
        case Deregister(id_):
            with suppress(NotFound):  # which is what was wanted
                consul.deregister_service(id_)
        case WriteKeys(changes):
            return [
                key
                for operations in transactions(changes, session)
                for key in consul.transact(operations)
            ]
    return []


def _feed(consul: ConsulClient, service_id: str, status: str) -> None:
    state: dict[str, CheckStatus] = {
        "passing": "passing",
        "warning": "warning",
        "critical": "critical",
    }
    words = {"passing": "healthy", "warning": "starting", "critical": "unhealthy"}
    consul.update_ttl_check(check_id(service_id), state[status], f"Docker says {words[status]}")


def service_definition(registration: Registration) -> dict[str, object]:
    """A registration as `/v1/agent/service/register` takes it."""
    definition, check = registration.service_body, registration.check_body
    if registration.check and check:
        status = registration.check.status
        definition["Check"] = check | ({"Status": status} if status else {})
    return definition


def transactions(changes: Sequence[KeyChange], session: str) -> Iterator[list[Operation]]:
    """The changes as few transactions as Consul's limits allow: one, but for giant services.

    Each change is conditional on what was observed, so a key that somebody else has written
    meanwhile fails the transaction instead of being lost.
    """
    batch: list[Operation] = []
    size = 0
    for change in changes:
        operations = _operations(change, session)
        cost = sum(
            len(operation.raw_value) * 4 // 3 + len(operation.path) + 200
            for operation in operations
        )
        full = len(batch) + len(operations) > MAX_TRANSACTION_OPERATIONS
        if batch and (full or size + cost > _MAX_TRANSACTION_BYTES):
            yield batch
            batch, size = [], 0
        batch += operations
        size += cost
    if batch:
        yield batch


def _operations(change: KeyChange, session: str) -> list[Operation]:
    path, old, new = change.path, change.old, change.new
    if new is None:
        return [Operation("delete-cas", path, index=old.modify_index)] if old else []
    if old is None:
        return [
            Operation("check-not-exists", path),
            Operation("lock", path, value=new, session=session),
        ]
    if old.session == session:
        return [Operation("cas", path, value=new, index=old.modify_index)]
    # A former self of ours holds it: hand it over without a moment in which it is not there.
    # The first step's value is never seen, so it is not sent twice.
    return [
        Operation("unlock", path, session=old.session or ""),
        Operation("lock", path, value=new, session=session),
    ]


def _note_success(observed: Observed, name: ServiceName, step: Step, written: list[Key]) -> None:
    match step:
        case Register(registration):
            observed.services[registration.id] = expected_service(registration)
            if registration.check and registration.check.status:
                observed.check_states[registration.id] = registration.check.status
        case SetStatus(id_, status):
            observed.check_states[id_] = status
        case Deregister(id_):
            observed.services.pop(id_, None)
            observed.check_states.pop(id_, None)
        case WriteKeys(changes):
            values = {c.path: c.new for c in changes if c.new is not None}
            keys = (
                Key(k.path, values[k.path].encode(), k.modify_index, k.session) for k in written
            )
            observed.record(name, keys, [c.path for c in changes if c.new is None])


def _note_failure(outcome: Outcome, name: ServiceName, error: DemiError) -> None:
    match error:
        case TransientError():
            outcome.retry.append(error)
        case ConflictError() | NotFound():
            outcome.outdated = True
        case RefusedError():
            outcome.problems.append(
                Problem(code=Code.CONSUL_REFUSED, message=f"{name}: {error}", service=str(name))
            )
        case _:
            raise error

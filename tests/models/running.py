"""Plans made and applied without threads and without a daemon."""

from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from demi_adapters.names import ServiceName
from demi_adapters.registration import Registrations
from demi_registrator.apply import Outcome, apply_plan
from demi_registrator.desired import desired_state
from demi_registrator.observed import Observed, observed_state
from demi_registrator.plan import make_plan
from demi_registrator.reconcile import Reconciler
from demi_registrator.steps import Identity, Plan
from models.consul import ConsulModel
from models.containers import container, registered

P = ParamSpec("P")
T = TypeVar("T")


class Inline(Executor):
    """An executor that does at once what it is given."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call it now; an error is raised where the result is asked for."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as executors do
            future.set_exception(error)
        return future


def observe(consul: ConsulModel) -> Observed:
    """What a fresh look shows."""
    return observed_state(consul.services, consul.checks, consul.keys("demi/")[1])


def plan_for(
    consul: ConsulModel,
    registrations: Registrations,
    identity: Identity,
    *,
    only: Collection[ServiceName] | None = None,
    may_delete: bool = True,
    may_update: bool = True,
) -> Plan:
    """The plan on a fresh look."""
    return make_plan(
        desired_state(registrations),
        observe(consul),
        identity,
        only=only,
        may_delete=may_delete,
        may_update=may_update,
    )


def apply(consul: ConsulModel, plan: Plan, identity: Identity, observed: Any = None) -> Outcome:
    """Carry out a plan, keeping `observed` in step where it is given."""
    mirror = observe(consul) if observed is None else observed
    return apply_plan(plan, consul.client, mirror, identity.session or "", Inline())


def full_run(reconciler: Reconciler, *numbers: int) -> None:
    """A full run with these containers."""
    reconciler.look()
    outcome = reconciler.converge(registered(*map(container, numbers)))
    assert (outcome.retry, outcome.outdated) == ([], False)

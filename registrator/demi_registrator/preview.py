"""The plan as it would be now, for a person to look at: nothing is applied."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from demi_adapters.consul_client import ConsulClient
from demi_adapters.engine import Engine
from demi_adapters.names import ServiceName
from demi_adapters.problems import Problem
from demi_adapters.registration import Origin
from demi_registrator.desired import desired_state
from demi_registrator.inventory import Inventory
from demi_registrator.plan import make_plan
from demi_registrator.settings import RegistratorSettings, check_owner, host_of
from demi_registrator.steps import Deregister, Register, SetStatus, Step, WriteKeys
from demi_registrator.view import look_at


@dataclass(frozen=True, slots=True)
class Row:
    """One change: `what` is a service ID or a key, `why` the first difference."""

    action: str
    service: str
    what: str
    why: str

    def as_dict(self) -> dict[str, str]:
        """The form that `demi plan -o json` prints."""
        return asdict(self)


def preview(
    settings: RegistratorSettings, consul: ConsulClient
) -> tuple[list[Row], tuple[Problem, ...]]:
    """The changes that a registrator with these settings would make, and all problems.

    Raises:
        DemiError: the engine or Consul does not answer.
    """
    with Engine(settings.docker) as engine:
        info = engine.info()
        owner = settings.owner or check_owner(info.host)
        host = settings.host or host_of(info.host)
        inventory = Inventory(Origin(owner=owner, host=host, sites=settings.sites))
        inventory.replace_all(engine.containers(), engine.container)
    registrations = inventory.registrations()
    view = look_at(consul, owner=owner, engine_id=info.id, sites=settings.sites)
    plan = make_plan(desired_state(registrations), view.observed, view.identity(owner))
    rows = [
        row for name, steps in plan.steps.items() for step in steps for row in _rows(name, step)
    ]
    return rows, (*registrations.problems, *plan.problems)


def _rows(name: ServiceName, step: Step) -> Iterator[Row]:
    match step:
        case Register(registration, why):
            action = "register" if step.is_new else "update"
            yield Row(action, str(name), registration.id, why)
        case Deregister(id_):
            yield Row("deregister", str(name), id_, "no running container")
        case SetStatus(id_, status):
            yield Row("set status", str(name), id_, status)
        case WriteKeys(changes):
            for change in changes:
                action = "delete key" if change.new is None else "write key"
                why = (
                    "new"
                    if change.old is None
                    else "no longer said"
                    if change.new is None
                    else "changed"
                )
                yield Row(action, str(name), change.path, why)

"""A plan's parts: who plans, and the steps that lead from observed to desired."""

from collections.abc import Mapping
from dataclasses import dataclass

from demi_adapters.consul_types import Key
from demi_adapters.names import ServiceName
from demi_adapters.problems import Problem
from demi_adapters.registration import Registration
from demi_registrator.observed import ObservedService


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
    """Create or update a service; `why` names the first field that differs.

    `drops_check`: the check that is there is of another kind. Consul's agent would go on with it
    beside the new one, so it has to go first.
    """

    registration: Registration
    why: str
    drops_check: bool = False

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

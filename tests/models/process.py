"""A registrator's process, reduced to its pure core: no threads, no clock, no retries."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random

from demi_adapters.errors import NotFound
from demi_adapters.names import ServiceName
from demi_registrator.apply import Outcome
from demi_registrator.desired import desired_state
from demi_registrator.inventory import Inventory
from demi_registrator.observed import Observed
from demi_registrator.plan import make_plan
from demi_registrator.steps import Identity, Plan
from models.consul import NODE, ConsulModel
from models.containers import ORIGIN
from models.docker import DockerModel
from models.running import apply, observe

OWNERS = ("pc1", "pc1-old")


class Process:
    """What runs on this engine under one of its names, from its start to its end.

    `mirror` is Consul as the process knows it; without one it can't judge events.
    """

    def __init__(self, docker: DockerModel, consul: ConsulModel, owner: str = OWNERS[0]) -> None:
        self._docker = docker
        self.consul = consul
        self.inventory = Inventory(replace(ORIGIN, owner=owner))
        self.identity = Identity(owner=owner)
        self.mirror: Observed | None = None

    @property
    def can_hear(self) -> bool:
        """Whether events may be judged by what is remembered."""
        return self.mirror is not None and self.inventory.is_complete

    def list_all(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Take over a listing; `meanwhile` happens before anything of it is inspected."""
        listed = self._docker.containers()
        meanwhile()
        self.inventory.replace_all(listed, self._docker.container)

    def look(self) -> None:
        """Read Consul afresh; a name of this engine that has a session is a former self's."""
        owner = self.identity.owner
        sessions = {s.name.rpartition("/")[2]: s.id for s in self.consul.sessions(NODE)}
        session = sessions.get(owner) or self.consul.create_session(f"demi-registrator/{owner}")
        former = {name: sessions[name] for name in OWNERS if name in sessions and name != owner}
        self.identity = Identity(
            owner=owner,
            session=session,
            former_owners=frozenset(former),
            former_sessions=frozenset(former.values()),
        )
        self.mirror = observe(self.consul)

    def hear(self, events: Collection[tuple[str, str]]) -> set[ServiceName]:
        """Take over what became of the containers; the services that this touches."""
        touched = dict(events)
        names: set[ServiceName] = set()
        while touched:
            container, action = touched.popitem()
            names |= self.inventory.services_of(container)
            if action in ("die", "remove"):
                self.inventory.forget(container)
            else:
                self._inspect(container)
            names |= self.inventory.services_of(container)
        return names

    def _inspect(self, container: str) -> None:
        try:
            self.inventory.update(self._docker.container(container), self._docker.container)
        except NotFound:
            self.inventory.forget(container)

    def plan(self, only: Collection[ServiceName] | None = None, *, timid: str = "") -> Plan:
        """The plan for all services or some.

        Args:
            only: these services.
            timid: `keep` where the listing is old, `add` where others may be at work.
        """
        assert self.mirror
        return make_plan(
            desired_state(self.inventory.registrations(only)),
            self.mirror,
            self.identity,
            only=only,
            may_delete=not timid,
            may_update=timid != "add",
        )

    def apply(self, plan: Plan, chance: Random) -> Outcome:
        """Carry it out, the services in any order."""
        names = chance.sample(list(plan.steps), len(plan.steps))
        shuffled = replace(plan, steps={name: plan.steps[name] for name in names})
        outcome = apply(self.consul, shuffled, self.identity, self.mirror)
        if outcome.outdated:
            self.mirror = None
        return outcome

    def forget_former_selves(self) -> None:
        """End their sessions, once everything was taken over."""
        for session in self.identity.former_sessions:
            self.consul.destroy_session(session)
        self.identity = Identity(owner=self.identity.owner, session=self.identity.session)


@contextmanager
def failing(consul: ConsulModel, writes: int, error: Exception, *, once: bool) -> Iterator[None]:
    """Let so many writes pass; the next one fails, and all that follow unless it is `once`."""
    left = writes

    def count(_: str) -> None:
        nonlocal left
        left -= 1
        if left == -1 or (left < 0 and not once):
            raise error

    consul.before_write = count
    try:
        yield
    finally:
        consul.before_write = lambda _: None

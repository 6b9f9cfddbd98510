"""The containers known to run, and what each one's labels become.

The engine's container list is one cheap call but leaves things out: it knows the time of creation
to the second only, hides the health of a paused container, and names the image by its ID once the
name has moved on. Where one of these matters the container is looked at once and remembered.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace

from demi_adapters.container import Container
from demi_adapters.errors import EngineUnavailable, NotFound
from demi_adapters.labels import parse_labels
from demi_adapters.names import ServiceName
from demi_adapters.registration import Origin, Registration, Registrations, collisions, register

_NANOSECONDS = 1_000_000_000


class Inventory:
    """Running containers with labels of ours, by ID. Not shared between threads."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._running: dict[str, Container] = {}
        self._exact: set[str] = set()
        self._registrations: dict[str, Registrations] = {}
        self._instances: dict[ServiceName, dict[str, Registration]] = {}
        self._names: dict[str, set[ServiceName]] = {}  # by Consul name, of registered ones
        self._remembers_pauses = False
        self.is_complete = False

    def __len__(self) -> int:
        return len(self._running)

    def registrations(self, only: Collection[ServiceName] | None = None) -> Registrations:
        """What all of them become in Consul, or some services of them; with all problems."""
        names = self._instances.keys() if only is None else only
        services = [r for name in names for r in self._instances.get(name, {}).values()]
        problems = [p for known in self._registrations.values() for p in known.problems]
        problems += collisions(self._names)
        return Registrations(
            tuple(sorted(services, key=lambda r: r.sort_key)),
            tuple(sorted(problems, key=lambda p: p.sort_key)),
        )

    def count(self) -> tuple[int, int]:
        """How many instances there are, and how many of them are registered."""
        all_ = [r.registered for group in self._instances.values() for r in group.values()]
        return len(all_), sum(all_)

    def services_of(self, container: str) -> frozenset[ServiceName]:
        """The services that a known container is an instance of."""
        known = self._registrations.get(container)
        return frozenset(r.name for r in known.services) if known else frozenset()

    def has_missed_events(self) -> None:
        """A container may have been unpaused, changed its health and been paused again."""
        self._remembers_pauses = False

    def replace_all(self, listed: Iterable[Container], look: Callable[[str], Container]) -> None:
        """Take over a whole listing.

        Args:
            listed: every running container with labels of ours, as the list shows them.
            look: inspects one container by ID; may raise NotFound, or EngineUnavailable for what is
                the matter with that one container: it is taken as listed then.
        """
        merged = [self._merge(container) for container in listed]
        unclear = self._unclear(merged)
        current: dict[str, Container] = {}
        for container in merged:
            if container.id not in unclear:
                current[container.id] = container
                continue
            try:
                current[container.id] = look(container.id)
            except NotFound:  # gone since the listing
                continue
            except EngineUnavailable:
                current[container.id] = container
                continue
            self._exact.add(container.id)
        for gone in self._running.keys() - current.keys():
            self.forget(gone)
        for container in current.values():
            self._put(container)
        self._remembers_pauses = True
        self.is_complete = True

    def update(self, container: Container, look: Callable[[str], Container]) -> None:
        """Take over one container that was just inspected.

        Args:
            container: as it is now.
            look: inspects another one, which it has to be told from; may raise NotFound.
        """
        if not (container.running and container.labels):
            self.forget(container.id)
            return
        self._exact.add(container.id)
        self._put(container)
        for rival in self._vague_rivals(container):
            with suppress(NotFound):
                seen = look(rival)
                if seen.running:  # or else the event of its end will say what goes
                    self._exact.add(rival)
                    self._put(seen)

    def forget(self, container: str) -> None:
        """Drop a container that no longer runs."""
        self._running.pop(container, None)
        self._exact.discard(container)
        known = self._registrations.pop(container, None)
        for registration in known.services if known else ():
            self._instances[registration.name].pop(container)
            self._note_name(registration.name)

    def _put(self, container: Container) -> None:
        if self._running.get(container.id) == container:
            return
        was_exact = container.id in self._exact
        self.forget(container.id)
        if was_exact:
            self._exact.add(container.id)
        self._running[container.id] = container
        made = self._registrations[container.id] = register(container, self._origin)
        for registration in made.services:
            self._instances.setdefault(registration.name, {})[container.id] = registration
            self._note_name(registration.name)

    def _note_name(self, name: ServiceName) -> None:
        """Keep track of which names have instances, and which of these share a Consul name."""
        instances = self._instances[name]
        sharing = self._names.setdefault(name.consul_name, set())
        if any(instance.registered for instance in instances.values()):
            sharing.add(name)
        else:
            sharing.discard(name)
        if not instances:
            del self._instances[name]
        if not sharing:
            del self._names[name.consul_name]

    def _merge(self, listed: Container) -> Container:
        """The listed container with what is remembered from looking at it."""
        known = self._running.get(listed.id)
        if known is None or listed.id not in self._exact:
            return listed
        health = known.health if listed.paused and known.paused else listed.health
        return replace(listed, created_ns=known.created_ns, image=known.image, health=health)

    def _unclear(self, containers: Iterable[Container]) -> set[str]:
        """The containers whose listing leaves out something that matters."""
        unknown: set[str] = set()
        just_paused: set[str] = set()
        same_second: dict[int, list[Container]] = defaultdict(list)
        for container in containers:
            same_second[container.created_ns // _NANOSECONDS].append(container)
            known = self._running.get(container.id) if container.id in self._exact else None
            if container.paused and not (self._remembers_pauses and known and known.paused):
                just_paused.add(container.id)  # Docker calls it unhealthy from here on
            if container.image.startswith("sha256:"):
                unknown.add(container.id)
        for group in same_second.values():
            if not self._exact.issuperset(container.id for container in group):
                unknown |= self._rivals(group)
        return just_paused | (unknown - self._exact)

    def _vague_rivals(self, container: Container) -> set[str]:
        """Those that share a service and the second of creation, and were only listed."""
        sharing = {id_ for name in self.services_of(container.id) for id_ in self._instances[name]}
        second = container.created_ns // _NANOSECONDS
        return {
            id_
            for id_ in sharing - self._exact
            if self._running[id_].created_ns // _NANOSECONDS == second
        }

    def _rivals(self, group: Iterable[Container]) -> set[str]:
        """Those that share a service with another one, so that the order of creation decides."""
        sharing: dict[ServiceName, list[str]] = defaultdict(list)
        for container in group:
            if container.id in self._running:  # a container's labels never change
                names: Collection[ServiceName] = self.services_of(container.id)
            else:
                parsed = parse_labels(container.labels, sites=self._origin.sites)
                names = parsed.services.keys()
            for name in names:
                sharing[name].append(container.id)
        return {id_ for ids in sharing.values() if len(ids) > 1 for id_ in ids}

"""Services as people ask for them: all instances of a name, and what has changed; pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from demi_adapters.directory import STATUSES, Instance
from demi_adapters.errors import NotFound, Unhealthy
from demi_adapters.names import ServiceName

_WHY_NONE = {"url": "", "swagger_url": " A label url_postfix= would say where its page is."}


@dataclass(frozen=True, slots=True)
class Service:
    """A service and its instances, at least one; healthy ones first."""

    name: ServiceName
    instances: tuple[Instance, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether at least one instance is healthy."""
        return self.instances[0].is_healthy

    @property
    def status(self) -> str:
        """`passing` if all instances are, `critical` if no instance works, else `warning`."""
        found = {instance.status for instance in self.instances}
        if len(found) == 1:
            return found.pop()
        return "warning"

    @property
    def category(self) -> str | None:
        """What kind of service its instances say it is."""
        return next((i.category for i in self.instances if i.category), None)

    @property
    def healthy(self) -> tuple[Instance, ...]:
        """The healthy instances.

        Raises:
            Unhealthy: there is none; the message says what the first one suffers from.
        """
        found = tuple(i for i in self.instances if i.is_healthy)
        if not found:
            worst = self.instances[0]
            where = worst.url or f"{worst.host}:{worst.port}"
            raise Unhealthy(
                f"{self.name.slashed} is registered at {where}, but it is {worst.status}: "
                f"{worst.reason}. Look at its log, or take it all the same (any_status=True, "
                "demi url --any)."
            )
        return found

    def urls(
        self, what: Literal["url", "swagger_url"] = "url", *, any_status: bool = False
    ) -> tuple[str, ...]:
        """The URLs of its healthy instances; with `any_status`, of all where none is healthy.

        Raises:
            Unhealthy: none is healthy.
            NotFound: none has such a URL.
        """
        usable = self.instances if any_status and not self.is_healthy else self.healthy
        found = tuple(url for instance in usable if (url := getattr(instance, what)))
        if not found:
            raise NotFound(
                f"{self.name.slashed} is registered, but it has no {what}.{_WHY_NONE[what]}"
            )
        return found


class ChangeKind(StrEnum):
    """What has happened to an instance."""

    APPEARED = "appeared"
    CHANGED = "changed"
    BECAME_HEALTHY = "became-healthy"
    BECAME_UNHEALTHY = "became-unhealthy"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that has happened; `instance` is how it is now, or was at last if it is gone."""

    kind: ChangeKind
    instance: Instance


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All instances at one moment, sorted, and the services that they make up."""

    instances: tuple[Instance, ...]
    services: Mapping[ServiceName, Service]

    @classmethod
    def of(cls, instances: Iterable[Instance]) -> "Snapshot":
        """Put instances together; they come sorted."""
        groups: dict[ServiceName, list[Instance]] = defaultdict(list)
        kept = tuple(instances)
        for instance in kept:
            groups[instance.name].append(instance)
        return cls(
            kept,
            MappingProxyType({name: service_of(name, found) for name, found in groups.items()}),
        )


def service_of(name: ServiceName, instances: Iterable[Instance]) -> Service:
    """A service of at least one instance."""
    return Service(name, tuple(sorted(instances, key=lambda i: STATUSES.index(i.status))))


def changes_between(before: Snapshot | None, after: Snapshot) -> Iterator[Change]:
    """What has happened from one moment to a later one, by name.

    From None, everything has appeared. One instance may have changed and become healthy at once;
    a change between two unhealthy states is a plain change.
    """
    old = {(i.node, i.id): i for i in before.instances} if before else {}
    new = {(i.node, i.id): i for i in after.instances}
    gone = [Change(ChangeKind.GONE, old[key]) for key in old.keys() - new.keys()]
    found = [change for key, now in new.items() for change in _changes(old.get(key), now)]
    return iter(sorted([*gone, *found], key=lambda c: (c.instance.name, c.instance.id)))


def _changes(was: Instance | None, now: Instance) -> Iterator[Change]:
    if was is None:
        yield Change(ChangeKind.APPEARED, now)
        return
    turned = was.is_healthy != now.is_healthy
    if not now.says_the_same(was) or (was.status != now.status and not turned):
        yield Change(ChangeKind.CHANGED, now)
    if turned:
        healthy, unhealthy = ChangeKind.BECAME_HEALTHY, ChangeKind.BECAME_UNHEALTHY
        yield Change(healthy if now.is_healthy else unhealthy, now)

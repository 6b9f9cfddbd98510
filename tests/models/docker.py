"""An engine whose containers come and go, and which tells of it when somebody listens."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from demi_adapters.container import Binding, Container
from demi_adapters.errors import NotFound
from models.containers import container

_SECOND = 1_000_000_000

What = Literal["create", "start", "die", "remove", "pause", "unpause", "health", "rename", "retag"]


@dataclass(frozen=True)
class Spec:
    """What a container is created with; `health` is None where it has no HEALTHCHECK."""

    labels: Mapping[str, str]
    host_port: int
    created_ns: int
    health: str | None


@dataclass(frozen=True)
class Change:
    """What happens to which container, counted among those to which it can; `spec` is for new ones.

    Its port and its health are also those of a container that is started again.
    """

    what: What
    which: int
    spec: Spec


class DockerModel:
    """Containers, running or not, and the `events` (container, action) that nobody has heard yet.

    As Docker does, the list shows whole seconds, hides the health of a paused container and names
    an image by its ID once the name has moved on; and a paused container is called unhealthy.
    """

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self._containers: dict[str, Container] = {}
        self._retagged: set[str] = set()
        self._created = 0

    @property
    def running(self) -> list[Container]:
        """All that run, as they are."""
        return [c for c in self._containers.values() if c.running]

    def containers(self) -> list[Container]:
        """The list of those that run."""
        return [self._listed(c) for c in self.running]

    def container(self, id_: str) -> Container:
        """An inspection of one, running or not."""
        if id_ not in self._containers:
            raise NotFound(id_)
        return self._containers[id_]

    def happen(self, change: Change) -> None:
        """Let it happen, if there is a container to which it can."""
        if change.what == "create":
            self._create(change.spec)
            return
        able = [c for c in self._containers.values() if _can(c, change)]
        if not able:
            return
        old = able[change.which % len(able)]
        if change.what == "remove":
            del self._containers[old.id]
        elif change.what == "retag":
            self._retagged.add(old.id)
            return  # an image's event, not the container's
        else:
            self._containers[old.id] = _changed(old, change)
        self.events.append((old.id, change.what))

    def _create(self, spec: Spec) -> None:
        self._created += 1
        made = container(
            self._created,
            spec.labels,
            host_port=spec.host_port,
            created_ns=spec.created_ns,
            health=spec.health,
        )
        self._containers[made.id] = made
        self.events.append((made.id, "start"))

    def _listed(self, full: Container) -> Container:
        return replace(
            full,
            created_ns=full.created_ns // _SECOND * _SECOND,
            health=None if full.paused else full.health,
            image="sha256:00ff" if full.id in self._retagged else full.image,
        )


def _can(container: Container, change: Change) -> bool:
    match change.what:
        case "start" | "remove":
            return not container.running
        case "pause":
            return container.running and not container.paused
        case "unpause":
            return container.paused
        case "health":
            return container.running and not container.paused and container.health is not None
        case _:
            return container.running


def _changed(old: Container, change: Change) -> Container:
    match change.what:
        case "start":
            bindings = (Binding(8000, "tcp", "", change.spec.host_port),)
            health = old.health and "starting"
            return replace(old, running=True, bindings=bindings, health=health)
        case "die":
            return replace(old, running=False, paused=False, bindings=())
        case "pause":
            return replace(old, paused=True, health=old.health and "unhealthy")
        case "unpause":
            return replace(old, paused=False)
        case "rename":
            return replace(old, name=f"{old.name}-renamed")
        case _:
            return replace(old, health=change.spec.health or old.health)

"""What compose files say of one service, as far as its registration depends on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from demi_cli.compose.nodes import Place
from demi_cli.compose.published import Published


@dataclass(frozen=True, slots=True)
class Label:
    """A label's value, where it is written, and whether as a key of a map."""

    value: str
    place: Place
    is_in_map: bool


@dataclass(frozen=True, slots=True)
class Extends:
    """The service that another one builds on; `file` is None for the same file."""

    service: str
    file: str | None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The `healthcheck:`; what is None was not said. `is_none` is a test of `[NONE]`."""

    is_given: bool = False
    is_disabled: bool | None = None
    is_none: bool | None = None

    @property
    def is_checked(self) -> bool:
        """Whether Docker checks the container, for all that the file says."""
        return self.is_given and not self.is_disabled and not self.is_none


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePart:
    """What one place says of a service; several merge into the whole.

    `replaced` names the keys that do not merge with what they stand on (`!reset`, `!override`),
    `dropped` the labels that are taken away.
    """

    labels: Mapping[str, Label] = field(default_factory=dict)
    ports: tuple[Published, ...] = ()
    network_mode: str | None = None
    health: Health = field(default_factory=Health)
    extends: Extends | None = None
    replaced: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ComposeService:
    """A service of a compose file, merged, and where it begins."""

    name: str
    part: ServicePart
    place: Place


def merge(base: ServicePart, own: ServicePart) -> ServicePart:
    """What compose makes of a service and one that extends or overrides it."""
    kept = ServicePart(
        labels={} if "labels" in own.replaced else base.labels,
        ports=() if "ports" in own.replaced else base.ports,
        network_mode=None if "network_mode" in own.replaced else base.network_mode,
        health=Health() if "healthcheck" in own.replaced else base.health,
    )
    # compose finds what to take away by its path: it finds nothing in what was a list somewhere.
    is_map = all(label.is_in_map for label in kept.labels.values())
    dropped = own.dropped if is_map else frozenset[str]()
    labels = {name: label for name, label in kept.labels.items() if name not in dropped}
    return replace(
        kept,
        labels=labels | dict(own.labels),
        ports=tuple(dict.fromkeys((*kept.ports, *own.ports))),
        network_mode=kept.network_mode if own.network_mode is None else own.network_mode,
        health=_merge_health(kept.health, own.health),
    )


def _merge_health(base: Health, own: Health) -> Health:
    return Health(
        is_given=base.is_given or own.is_given,
        is_disabled=base.is_disabled if own.is_disabled is None else own.is_disabled,
        is_none=base.is_none if own.is_none is None else own.is_none,
    )

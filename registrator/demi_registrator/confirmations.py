"""Which mirrored health states have to be confirmed before Consul stops believing them."""

from collections.abc import Iterable, Mapping

from demi_adapters.checks import TTL_S
from demi_adapters.names import ServiceName
from demi_adapters.registration import Registration
from demi_registrator.steps import SetStatus, Step

# So few that a resync costs the same however many services there are, yet in half a TTL all of
# tens of thousands get their turn.
_AT_ONCE = 20


class Confirmations:
    """When each TTL check was last fed, by service ID; times in seconds of any one clock."""

    def __init__(self) -> None:
        self._fed: dict[str, float] = {}

    def note(self, done: Iterable[tuple[ServiceName, Step]], now: float) -> None:
        """Take note of steps that fed a check."""
        self._fed |= {step.id: now for _, step in done if isinstance(step, SetStatus)}

    def due(
        self, services: Mapping[str, Registration], now: float
    ) -> dict[ServiceName, tuple[SetStatus, ...]]:
        """The checks not fed for half their TTL (or not by this process), the longest first."""
        self._fed = {id_: at for id_, at in self._fed.items() if id_ in services}
        waiting = [
            (self._fed.get(id_, float("-inf")), id_, service.name, service.check.status)
            for id_, service in services.items()
            if service.check and service.check.status
        ]
        waiting = sorted(w for w in waiting if now - w[0] > TTL_S / 2)[:_AT_ONCE]
        found: dict[ServiceName, tuple[SetStatus, ...]] = {}
        for _, id_, name, status in waiting:
            found[name] = (*found.get(name, ()), SetStatus(id_, status or ""))
        return found

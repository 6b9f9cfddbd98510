"""A compose service as the container that it will be.

Registration is the registrator's own code, so what is said before a start can't differ from what
happens after it. What only the engine knows then, a port that it chooses, has a number here that
nothing else says; `Unknown` takes it out of every answer.
"""

from dataclasses import dataclass

from demi_adapters.container import Binding, Container
from demi_adapters.labels import PREFIX
from demi_cli.compose.service import ComposeService

_ID = "0" * 64
# Above the ports that engines choose first, so a fixed port still comes before an unknown one; and
# without 65535, which messages name as the highest port.
_STAND_INS = range(65534, 49151, -1)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The number that stands for ports that the engine chooses."""

    port: int

    def is_port(self, number: int | None) -> bool:
        """Whether this is no real port."""
        return number == self.port

    def hidden(self, text: str) -> str:
        """A text with `?` for what is not known before the start."""
        shortened = text.replace(f" in container {_ID[:12]}", "")
        return shortened.replace(str(self.port), "?")


def stand_in(service: ComposeService, default_host: str) -> tuple[Container, Unknown]:
    """The container that a service will be, and what of it is not known yet."""
    part = service.part
    labels = {name: label.value for name, label in part.labels.items() if name.startswith(PREFIX)}
    fixed = {str(port.host_port) for port in part.ports} | {str(port.target) for port in part.ports}
    said = "\n".join((default_host, *labels, *labels.values()))
    free = (n for n in _STAND_INS if str(n) not in fixed and str(n) not in said)
    unknown = Unknown(next(free, _STAND_INS[0]))
    container = Container(
        id=_ID,
        name=service.name,
        image="",
        created_ns=0,
        labels=labels,
        running=True,
        paused=False,
        network_mode=part.network_mode or "",
        bindings=_bindings(service, unknown),
        health="starting" if part.health.is_checked else None,
    )
    return container, unknown


def _bindings(service: ComposeService, unknown: Unknown) -> tuple[Binding, ...]:
    mode = service.part.network_mode or ""
    # Docker publishes nothing of a container that has no network of its own.
    if mode in ("host", "none") or mode.startswith(("service:", "container:")):
        return ()
    found = {
        Binding(port.target, port.transport, port.host_ip, port.host_port or unknown.port)
        for port in service.part.ports
    }
    return tuple(sorted(found))

"""Containers and the registrations that they become, with defaults for what a test leaves open."""

from collections.abc import Mapping

from demi_adapters.container import Binding, Container
from demi_adapters.names import ServiceName
from demi_adapters.registration import Origin, Registrations, register_all

FELIX = ServiceName("sr1_lls", "felix", "api")
ORIGIN = Origin(owner="pc1", host="pc1.cern.ch")
API = {"demi.sr1_lls.felix.api.port": "8000"}


def container(
    number: int = 1,
    labels: Mapping[str, str] | None = None,
    *,
    host_port: int = 32768,
    created_ns: int | None = None,
    health: str | None = None,
    running: bool = True,
    paused: bool = False,
    image: str = "felix:1",
) -> Container:
    """A container that publishes its port 8000; `number` makes its ID and its time of creation."""
    return Container(
        id=f"{number:012x}" + "0" * 52,
        name=f"felix-{number}",
        image=image,
        created_ns=number * 1_000_000_000 if created_ns is None else created_ns,
        labels=API if labels is None else labels,
        running=running,
        paused=paused,
        network_mode="bridge",
        bindings=(Binding(8000, "tcp", "", host_port),),
        health=health,
    )


def registered(*containers: Container, origin: Origin = ORIGIN) -> Registrations:
    """What these containers become."""
    return register_all(containers, origin)


def labels(name: str = "sr1_lls.felix.api", **values: str) -> dict[str, str]:
    """Labels of one service; the port is 8000 unless it is said."""
    return {f"demi.{name}.{key}": value for key, value in {"port": "8000", **values}.items()}


ONE, TWO = container(1), container(2)

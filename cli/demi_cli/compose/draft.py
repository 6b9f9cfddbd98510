"""Labels that nobody has written yet, judged as if a compose file had them."""

from collections.abc import Mapping

from demi_adapters.labels import PREFIX
from demi_adapters.names import ServiceName
from demi_adapters.ports import UDP, parse_port
from demi_adapters.problems import LabelError
from demi_adapters.registration import Origin
from demi_cli.compose.findings import Linted, lint
from demi_cli.compose.nodes import Place
from demi_cli.compose.project import Project
from demi_cli.compose.published import Published
from demi_cli.compose.service import ComposeService, Label, ServicePart

DEFAULT_PORT = 8000
_NOWHERE = Place("", 0)


def judge(name: ServiceName, values: Mapping[str, str], default_host: str) -> Linted:
    """What a service of these values (by key) will become, its port published by the engine."""
    transport = UDP if values.get("protocol", "").lower() == UDP else "tcp"
    try:
        port = parse_port(values.get("port", "").strip())
    except LabelError:  # there is none, or a problem will say so
        port = DEFAULT_PORT
    part = ServicePart(
        labels={
            label: Label(value, _NOWHERE, True) for label, value in named(name, values).items()
        },
        ports=(Published(port, transport, "", None, _NOWHERE),),
    )
    # A site whose name holds dots is known by being configured.
    origin = Origin(owner="", host=default_host, sites=(name.site,))
    services = (ComposeService(name.service, part, _NOWHERE),)
    return lint(Project(services, ()), origin, is_host_assumed=True)


def named(name: ServiceName, values: Mapping[str, str]) -> dict[str, str]:
    """The values by their whole labels."""
    return {f"{PREFIX}{name}.{key}": value for key, value in values.items()}

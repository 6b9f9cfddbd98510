"""What a process that runs in no container says of itself."""

import os
import socket
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace

from demi_adapters.container import Container
from demi_adapters.errors import ConfigurationError
from demi_adapters.labels import PREFIX
from demi_adapters.names import ServiceName
from demi_adapters.problems import Severity
from demi_adapters.registration import Origin, Registration, register

# A process has none, and these would say that it has an empty one.
_OF_CONTAINERS = ("container", "image")


def process_registration(name: ServiceName, labels: Mapping[str, str]) -> Registration:
    """What labels become, by the same rules as those of a container on the host's network.

    Raises:
        ConfigurationError: one of them is wrong; the message says which and why.
    """
    container = Container(
        id=uuid.uuid4().hex,
        name="",
        image="",
        created_ns=time.time_ns(),
        labels={f"{PREFIX}{name}.{key}": value for key, value in labels.items()},
        running=True,
        paused=False,
        network_mode="host",
        bindings=(),
        health=None,
    )
    origin = Origin(
        owner=f"process/{socket.gethostname()}/{os.getpid()}",
        host=os.environ.get("DEMI_HOST") or socket.getfqdn(),
        sites=(name.site,),
    )
    found = register(container, origin)
    if errors := [p.message for p in found.problems if p.severity is Severity.ERROR]:
        why = errors[0].replace(f" in container {container.short_id}", "")
        raise ConfigurationError(f"{name.slashed} can't be registered: {why}")
    [registration] = found.services
    kv = {
        path: value
        for path, value in registration.kv.items()
        if path.removeprefix(name.path) not in _OF_CONTAINERS
    }
    meta = {key: value for key, value in registration.meta.items() if key != "demi_container"}
    return replace(registration, kv=kv, meta=meta)

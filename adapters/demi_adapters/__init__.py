"""The service registry of Detector Microservices: look services up, wait for them, watch them.

    from demi_adapters import Registry

    with Registry() as registry:
        print(registry.url("sr1_lls/felix/api"))

These names, and no others, are for programs outside of this project.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demi_adapters.async_registry import AsyncRegistry
    from demi_adapters.consul_settings import ConsulSettings
    from demi_adapters.directory import CheckState, Instance
    from demi_adapters.entries import Entry, KeyChange, KeyChangeKind
    from demi_adapters.errors import (
        ConfigurationError,
        ConflictError,
        ConsulFailure,
        ConsulUnavailable,
        DemiError,
        KeyHeld,
        NotFound,
        PermissionDenied,
        RefusedError,
        TransientError,
        Unhealthy,
        WaitTimedOut,
    )
    from demi_adapters.key_watch import KeyWatch
    from demi_adapters.keys import Keys
    from demi_adapters.mirror import Freshness
    from demi_adapters.names import ServiceName
    from demi_adapters.process import Process
    from demi_adapters.registry import Registry
    from demi_adapters.services import Change, ChangeKind, Service, Snapshot

_MODULES = {
    "async_registry": ("AsyncRegistry",),
    "consul_settings": ("ConsulSettings",),
    "directory": ("CheckState", "Instance"),
    "entries": ("Entry", "KeyChange", "KeyChangeKind"),
    "errors": (
        "ConfigurationError",
        "ConflictError",
        "ConsulFailure",
        "ConsulUnavailable",
        "DemiError",
        "KeyHeld",
        "NotFound",
        "PermissionDenied",
        "RefusedError",
        "TransientError",
        "Unhealthy",
        "WaitTimedOut",
    ),
    "key_watch": ("KeyWatch",),
    "keys": ("Keys",),
    "mirror": ("Freshness",),
    "names": ("ServiceName",),
    "process": ("Process",),
    "registry": ("Registry",),
    "services": ("Change", "ChangeKind", "Service", "Snapshot"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AsyncRegistry",
    "Change",
    "ChangeKind",
    "CheckState",
    "ConfigurationError",
    "ConflictError",
    "ConsulFailure",
    "ConsulSettings",
    "ConsulUnavailable",
    "DemiError",
    "Entry",
    "Freshness",
    "Instance",
    "KeyChange",
    "KeyChangeKind",
    "KeyHeld",
    "KeyWatch",
    "Keys",
    "NotFound",
    "PermissionDenied",
    "Process",
    "RefusedError",
    "Registry",
    "Service",
    "ServiceName",
    "Snapshot",
    "TransientError",
    "Unhealthy",
    "WaitTimedOut",
]


def __getattr__(name: str) -> object:
    """Load a name when it is asked for: the command needs few of them, and starts fast."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__

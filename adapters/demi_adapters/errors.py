"""The errors of the whole project, one tree.

    DemiError
    ├── ConfigurationError      a setting is wrong: nothing was tried
    ├── TransientError          may work in a moment: retried with back-off
    │   ├── ConsulUnavailable   no answer, or none in time: the next call will fail as well
    │   ├── ConsulFailure       it answered 5xx or 429: the next call may well succeed
    │   └── EngineUnavailable   no answer from the Docker Engine, or its 5xx
    ├── ConflictError           somebody changed it first: look again, then decide
    ├── Unhealthy               the service is registered, but no instance of it is healthy
    ├── WaitTimedOut            what was waited for did not come in time
    └── RefusedError            will fail again until a person changes something
        ├── PermissionDenied    Consul's ACLs say no
        ├── KeyHeld             a registrator holds that key, and only it may write it
        └── NotFound            the thing asked for is not there

Each message is a sentence for a person: what failed, where, and what to do.
"""


class DemiError(Exception):
    """Any error that this project expects."""


class ConfigurationError(DemiError):
    """A setting is missing or wrong."""


class TransientError(DemiError):
    """The other side is away or overloaded; the same call may work later."""


class ConsulUnavailable(TransientError):
    """Consul did not answer."""


class ConsulFailure(TransientError):
    """Consul answered that it could not do this one thing now."""


class EngineUnavailable(TransientError):
    """The Docker Engine did not answer, or answered that it can't serve now."""


class ConflictError(DemiError):
    """A transaction was refused because what it relied on has changed."""


class Unhealthy(DemiError):
    """A service is there, but none of its instances is healthy."""


class WaitTimedOut(DemiError):
    """What was waited for did not come in time."""


class RefusedError(DemiError):
    """The other side understood and said no."""


class PermissionDenied(RefusedError):
    """The ACL token lacks a right."""


class KeyHeld(RefusedError):
    """A registrator, or a process that registered itself, holds the key."""


class NotFound(RefusedError):
    """There is no such thing."""

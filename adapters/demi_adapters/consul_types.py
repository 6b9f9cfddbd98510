"""What is read from Consul and written to it, as values.

Sources: Consul API documentation, pages kv, session, txn.
"""

import base64
from dataclasses import dataclass
from typing import Literal

MAX_TRANSACTION_OPERATIONS = 64  # Consul's own limit up to 1.12; later ones allow 128

CheckStatus = Literal["passing", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key: `session` is the ID of the session that holds it, None where none does."""

    path: str
    value: bytes
    modify_index: int
    session: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """One session, as far as we need it."""

    id: str
    name: str
    node: str
    create_index: int


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """Who answers: the agent's node name, its datacenter and its version."""

    node: str
    datacenter: str
    version: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a transaction (Consul API, transactions: KV verbs)."""

    verb: Literal["lock", "unlock", "cas", "delete-cas", "check-not-exists"]
    path: str
    value: str | bytes = ""
    index: int = 0
    session: str = ""

    @property
    def raw_value(self) -> bytes:
        """The value as Consul stores it."""
        return self.value.encode() if isinstance(self.value, str) else self.value

    @property
    def body(self) -> dict[str, object]:
        """The step as Consul takes it."""
        return {
            "KV": {
                "Verb": self.verb,
                "Key": self.path,
                "Value": base64.b64encode(self.raw_value).decode(),
                "Index": self.index,
                "Session": self.session,
            }
        }


@dataclass(frozen=True, slots=True)
class Leader:
    """The leader's address, empty where there is none, and how far the agent's clock is ahead.

    `ahead_s` is None where the answer had no time; HTTP's times are whole seconds.
    """

    address: str
    ahead_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDetails:
    """An agent's settings; `dns_addresses` look like `udp://127.0.0.1:8600`."""

    node: str
    version: str
    dns_addresses: tuple[str, ...]
    dns_domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDetails:
    """A session with what it is bound to."""

    id: str
    name: str
    behavior: str
    ttl: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """An ACL right, e.g. `key`, `write`, `demi/`."""

    resource: str
    access: str
    segment: str

    def __str__(self) -> str:
        return f"{self.resource} {self.access}" + (f" on {self.segment}" if self.segment else "")

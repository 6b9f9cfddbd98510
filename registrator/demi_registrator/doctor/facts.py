"""What a diagnosis stands on. Each fact is there, or is `Missing` and says why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from demi_adapters.consul_types import AgentDetails, Key, Leader, Right, SessionDetails
from demi_adapters.names import ServiceName
from demi_registrator.doctor.finding import Finding, warned
from demi_registrator.roster import Registrator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that could not be had; `is_denied` where the other side understood and said no."""

    why: str
    is_denied: bool = False


Fact: TypeAlias = T | Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """The engine, and the DeMi services whose labels its containers carry."""

    id: str
    host: str
    version: str
    api_version: str
    wanted: tuple[ServiceName, ...]


@dataclass(frozen=True, slots=True)
class SocketFacts:
    """A unix socket: whether it is there, and whether this user may open it."""

    path: str
    exists: bool
    is_usable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """This machine and its engine.

    `extras` says which of the distribution's extras are installed; `docker` is None where the
    one that it needs is not; `socket` is None for an engine that is reached by TCP.
    `default_addresses` are those of the default host; `own_addresses` are those of them that this
    machine or the engine's host has.
    """

    extras: Mapping[str, bool]
    docker_address: str
    socket: SocketFacts | None
    docker: Fact[EngineFacts] | None
    owner: Fact[str]
    default_host: Fact[str]
    default_addresses: tuple[str, ...]
    own_addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """An instance in the catalog; `in_dns` unless it is critical."""

    name: ServiceName
    id: str
    owner: str | None
    node: str
    host: str
    in_dns: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFacts:
    """What a DNS server said to one question.

    `code` is its RCODE such as NOERROR, None where it did not answer: then `error` says why.
    """

    server: str
    question: str
    code: str | None
    answers: int
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsulFacts:
    """Consul as one token sees it.

    `rights` is None where ACLs are off; `writing` is None if writing was let through.
    """

    url: str
    leader: Fact[Leader]
    agent: Fact[AgentDetails]
    rights: Fact[Mapping[Right, bool] | None]
    writing: Missing | None
    sessions: Fact[tuple[SessionDetails, ...]]
    roster: Fact[tuple[Registrator, ...]]
    keys: Fact[tuple[Key, ...]]
    services: Fact[tuple[ServiceFacts, ...]]
    queries: Fact[tuple[Mapping[str, Any], ...]]
    dns: Fact[DnsFacts]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything; `unresolved` are hosts of services whose names led nowhere in time."""

    host: HostFacts
    consul: ConsulFacts
    unresolved: frozenset[str]


def not_checked(name: str, missing: Missing) -> Finding:
    """The line for a check whose facts are missing."""
    return warned(name, f"not checked: {missing.why}")

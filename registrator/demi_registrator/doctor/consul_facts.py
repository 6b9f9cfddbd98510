"""Everything that a diagnosis has to know of Consul; nothing is changed."""

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

from demi_adapters.consul_probe import ConsulProbe
from demi_adapters.consul_reader import read_all
from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.consul_types import AgentDetails, Right
from demi_adapters.errors import (
    ConfigurationError,
    ConflictError,
    ConsulUnavailable,
    DemiError,
    PermissionDenied,
)
from demi_adapters.names import KV_ROOT, ServiceName
from demi_adapters.problems import shown
from demi_registrator.doctor.facts import ConsulFacts, DnsFacts, Fact, Missing, ServiceFacts
from demi_registrator.doctor.network import ask_dns
from demi_registrator.doctor.rights import needed_rights
from demi_registrator.record import STATE_ROOT, record_path
from demi_registrator.roster import read_roster

T = TypeVar("T")

_UNKNOWN_OWNER = "doctor"  # stands in for a name in questions about rights
_DNS_PORT = 8600  # Consul's default
_CRITICAL = "critical"  # such services are left out of DNS


class _Questions:
    """Asks one after the other; once Consul is away, the rest is not asked."""

    def __init__(self) -> None:
        self._away: Missing | None = None

    def ask(self, question: Callable[[], T]) -> Fact[T]:
        if self._away:
            return self._away
        try:
            return question()
        except ConsulUnavailable as error:
            self._away = Missing("Consul is away")
            return Missing(str(error))
        except DemiError as error:
            return Missing(str(error), is_denied=isinstance(error, PermissionDenied))


def consul_facts(
    settings: ConsulSettings,
    *,
    owner: Fact[str],
    sites: Sequence[str],
    wanted: Iterable[ServiceName],
    dns: tuple[str, int] | None,
) -> ConsulFacts:
    """Ask Consul, with the token in the settings.

    Args:
        settings: where Consul is.
        owner: the registrator's name.
        sites: the configured ones.
        wanted: the services that its containers carry.
        dns: host and port of Consul's DNS; None to ask the agent for it.
    """
    ask = _Questions().ask
    name = _UNKNOWN_OWNER if isinstance(owner, Missing) else owner
    with ConsulProbe(settings) as consul:
        leader = ask(consul.leader)
        agent = ask(consul.details)
        roster = ask(lambda: tuple(read_roster(consul.keys(STATE_ROOT)[1], datetime.now(UTC))))
        services = ask(lambda: tuple(_services(consul)))
        known = () if isinstance(services, Missing) else services
        own = [s.name for s in known if s.owner == name]
        return ConsulFacts(
            url=settings.url,
            leader=leader,
            agent=agent,
            writing=ask(lambda: _try_writing(consul, name)),
            sessions=agent
            if isinstance(agent, Missing)
            else ask(lambda: tuple(consul.session_details(agent.node))),
            roster=roster,
            keys=ask(lambda: tuple(consul.keys(KV_ROOT)[1])),
            services=services,
            queries=ask(lambda: tuple(consul.queries())),
            dns=_dns(dns_server(dns, settings.host, agent), agent, known),
            # Last: no document promises this answer, and an odd one counts as Consul's absence.
            rights=ask(lambda: _rights(consul, agent, name, sites, [*wanted, *own])),
        )


def dns_address(text: str) -> tuple[str, int]:
    """Host and port of `host`, `host:port` or `[IPv6]:port`.

    Raises:
        ConfigurationError: it is none of these.
    """
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.netloc != text:
        raise ConfigurationError(f"--dns: {shown(text)} is no address. Write host:port.")
    return host, port or _DNS_PORT


def _services(consul: ConsulProbe) -> Iterable[ServiceFacts]:
    for each in read_all(consul):
        yield ServiceFacts(
            name=each.name,
            id=each.id,
            owner=each.owner,
            node=each.node,
            host=each.host,
            in_dns=each.status != _CRITICAL,
        )


def _rights(
    consul: ConsulProbe,
    agent: Fact[AgentDetails],
    owner: str,
    sites: Sequence[str],
    names: Iterable[ServiceName],
) -> Mapping[Right, bool] | None:
    node = None if isinstance(agent, Missing) else agent.node
    return consul.allowed(needed_rights(node=node, owner=owner, sites=sites, names=names))


def _try_writing(consul: ConsulProbe, owner: str) -> None:
    try:
        consul.try_writing(record_path(owner))
    except ConflictError:
        return  # the record is there: what counts is that we were let through


def dns_server(
    given: tuple[str, int] | None, consul_host: str, agent: Fact[AgentDetails]
) -> Fact[tuple[str, int]]:
    """Where to ask: as told, or as the agent says, seen from this machine."""
    if given:
        return given
    if isinstance(agent, Missing):
        return Missing("the agent did not say where its DNS is; use --dns")
    listening = [urlsplit(a) for a in agent.dns_addresses if a.startswith("udp://")]
    for place in listening:
        if not place.hostname or not place.port:
            continue
        if _is(place.hostname, "is_unspecified"):
            return consul_host, place.port
        if not _is(place.hostname, "is_loopback") or _is(consul_host, "is_loopback"):
            return place.hostname, place.port
    if listening:
        return Missing("Consul's DNS listens on its own PC's loopback only; use --dns")
    return Missing("Consul's DNS is switched off (ports.dns)")


def _is(host: str, what: str) -> bool:
    if host == "localhost":
        return what == "is_loopback"
    try:
        return bool(getattr(ipaddress.ip_address(host), what))
    except ValueError:
        return False


def _dns(
    server: Fact[tuple[str, int]], agent: Fact[AgentDetails], services: Sequence[ServiceFacts]
) -> Fact[DnsFacts]:
    if isinstance(server, Missing):
        return server
    domain = "consul" if isinstance(agent, Missing) else agent.dns_domain
    service = next((s for s in services if s.in_dns), None)
    # Consul's servers are a service of that name.
    name = f"{service.name.consul_name if service else 'consul'}.service.{domain}"
    kind = "SRV" if service else "A"
    host, port = server
    where = f"{host}:{port}"
    asked = f"{name} {kind}"
    try:
        answer = ask_dns(host, port, name, kind)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return DnsFacts(server=where, question=asked, code=None, answers=0, error=why)
    return DnsFacts(server=where, question=asked, code=answer.code, answers=len(answer.records))

"""Checks of what registrators left in Consul: ours, and those of others."""

from collections.abc import Iterable

from demi_adapters.consul_types import SessionDetails
from demi_adapters.names import KV_ROOT
from demi_adapters.service_labels import DERIVED_KEYS
from demi_registrator.doctor.facts import (
    ConsulFacts,
    EngineFacts,
    Facts,
    Missing,
    ServiceFacts,
    not_checked,
)
from demi_registrator.doctor.finding import Finding, failed, passed, some, warned
from demi_registrator.record import record_path
from demi_registrator.roster import Registrator, State, collisions_across

_RUN_IT = "start it (docker compose up -d, or demi registrator) and read its log"


def check_registry(facts: Facts) -> list[Finding]:
    """Our registrator, its session and owner, then what is stale, doubled or unreachable."""
    return [
        _registrator(facts),
        _session(facts),
        _owner(facts),
        _others(facts),
        _orphans(facts.consul),
        _loose_keys(facts.consul),
        _collisions(facts.consul),
        _hosts(facts),
    ]


def _own(facts: Facts) -> tuple[str, Registrator | None] | Missing:
    """Our owner's name, and its record."""
    owner, roster = facts.host.owner, facts.consul.roster
    if isinstance(owner, Missing):
        return owner
    if isinstance(roster, Missing):
        return roster
    return owner, next((r for r in roster if r.owner == owner), None)


def _registrator(facts: Facts) -> Finding:
    name = "registrator"
    own = _own(facts)
    if isinstance(own, Missing):
        return not_checked(name, own)
    owner, record = own
    if record is None:
        return warned(name, f"none called {owner} has published its state here", _RUN_IT)
    if record.state is State.FRESH:
        return passed(name, f"{owner} {record.version}: {record.says}")
    remedy = {
        State.AHEAD: "synchronise the clocks of its host and this PC",
        State.ENGINE_AWAY: "see docker",
        State.FOREIGN: f"somebody wrote it by hand: consul kv delete {record_path(owner)}",
    }.get(record.state, f"it does not run, or Consul refuses it: {_RUN_IT}")
    return failed(name, f"{owner}: {record.says}", remedy)


def _session(facts: Facts) -> Finding:
    name = "session"
    own, sessions = _own(facts), facts.consul.sessions
    if isinstance(own, Missing):
        return not_checked(name, own)
    if isinstance(sessions, Missing):
        return not_checked(name, sessions)
    owner, record = own
    found = [s for s in sessions if s.name == record_path(owner)]
    if record and record.session and record.session not in {s.id for s in found}:
        return failed(
            name,
            f"{record_path(owner)} is held by a session of another Consul node",
            f"a second registrator is called {owner}, or this CONSUL_HTTP_ADDR is not the "
            "registrator's: use its agent, and give each its own DEMI_OWNER",
        )
    if not found:
        return warned(name, f"there is none named {record_path(owner)} on this node", _RUN_IT)
    if len(found) > 1:
        return warned(
            name,
            f"{len(found)} sessions are named {record_path(owner)}",
            "a running registrator ends all but one at its next comparison",
        )
    return _settings_of(found[0], facts.consul.url)


def _settings_of(session: SessionDetails, url: str) -> Finding:
    name = "session"
    if session.behavior != "delete" or "serfHealth" not in session.checks or session.ttl:
        return failed(
            name,
            f"{session.name} has behaviour {session.behavior or 'none'}, checks "
            f"{some(session.checks) or 'none'}, TTL {session.ttl or 'none'}: keys of a dead host "
            "would stay, or those of a live one go",
            f"curl -X PUT {url}/v1/session/destroy/{session.id}; the registrator makes a new one",
        )
    return passed(name, f"{session.name} deletes its keys when its node fails")


def _owner(facts: Facts) -> Finding:
    name = "owner"
    own, engine, roster = _own(facts), facts.host.docker, facts.consul.roster
    if isinstance(own, Missing):
        return not_checked(name, own)
    if not isinstance(engine, EngineFacts) or isinstance(roster, Missing):
        return not_checked(name, Missing("the Docker Engine did not say its ID"))
    owner, record = own
    if record and record.engine_id and record.engine_id != engine.id:
        if record.state is State.FRESH:
            return failed(
                name,
                f"a registrator of another engine (of {record.engine_host}) runs as {owner}",
                "give each its own DEMI_OWNER",
            )
        return warned(
            name,
            f"{owner} was last used with another engine (of {record.engine_host})",
            "nothing, if Docker's data folder is new: the next start takes over",
        )
    return _namesakes(owner, engine, roster)


def _namesakes(owner: str, engine: EngineFacts, roster: Iterable[Registrator]) -> Finding:
    name = "owner"
    twins = [r for r in roster if engine.id and r.engine_id == engine.id and r.owner != owner]
    running = [r.owner for r in twins if r.state is State.FRESH]
    if running:
        return warned(
            name,
            f"{some(running)} serves the same engine",
            "fine if each has other namespaces; else stop one",
        )
    if twins:
        return warned(
            name,
            f"this engine was registered as {some(r.owner for r in twins)} before",
            f"the next start of {owner} takes over what that one left",
        )
    return passed(name, f"{owner} is the only name of this engine")


def _others(facts: Facts) -> Finding:
    name = "other registrators"
    roster, owner = facts.consul.roster, facts.host.owner
    if isinstance(roster, Missing):
        return not_checked(name, roster)
    others = [r for r in roster if r.owner != owner]
    ill = [f"{r.owner} ({r.says})" for r in others if r.state is not State.FRESH]
    if ill:
        return warned(name, some(ill), "start them, or compare their clocks; see demi problems")
    return passed(name, f"{len(others)} others, all fresh" if others else "there are none")


def _orphans(consul: ConsulFacts) -> Finding:
    name = "services"
    if isinstance(consul.services, Missing):
        return not_checked(name, consul.services)
    if isinstance(consul.roster, Missing):
        return not_checked(name, consul.roster)
    known = {r.owner for r in consul.roster}
    orphans = [s for s in consul.services if s.owner not in known]
    if not orphans:
        return passed(name, f"{len(consul.services)} instances, each with a registrator's record")
    owners = sorted({s.owner or "nobody" for s in orphans})
    return warned(
        name,
        f"{some(f'{s.id} on {s.node}' for s in orphans)}: no record of {some(owners)}",
        "start that registrator; or on that node: consul services deregister -id=ID",
    )


def _loose_keys(consul: ConsulFacts) -> Finding:
    name = "keys"
    if isinstance(consul.keys, Missing):
        return not_checked(name, consul.keys)
    loose = [key.path for key in consul.keys if key.session is None and _is_derived(key.path)]
    if not loose:
        return passed(name, "none that a registrator left behind")
    return warned(
        name,
        f"{some(loose)}: named as a registrator's, held by none",
        "nobody keeps them true: consul kv delete PATH",
    )


def _is_derived(path: str) -> bool:
    parts = path.removeprefix(KV_ROOT).split("/")
    return len(parts) == 4 and all(parts) and parts[3] in DERIVED_KEYS


def _collisions(consul: ConsulFacts) -> Finding:
    name = "names"
    if isinstance(consul.services, Missing):
        return not_checked(name, consul.services)
    found = collisions_across((s.name, s.owner) for s in consul.services)
    if found:
        return warned(name, " ".join(p.message for p in found[:5]), "rename all but one")
    return passed(name, "no two hosts share a Consul name for different services")


def _hosts(facts: Facts) -> Finding:
    name = "hosts"
    services = facts.consul.services
    if isinstance(services, Missing):
        return not_checked(name, services)
    lost = [s for s in services if s.host in facts.unresolved]
    hosts = sorted({s.host for s in lost})
    remedy = "write a name that every host resolves into the host label, or an address"
    if any(_is_ours(s, facts) for s in lost):
        return failed(name, f"{some(hosts)}: not resolved here, where Consul checks them", remedy)
    if lost:
        return warned(name, f"{some(hosts)} of other hosts' services: not resolved here", remedy)
    return passed(name, f"each host of a service ({len({s.host for s in services})}) resolves here")


def _is_ours(service: ServiceFacts, facts: Facts) -> bool:
    return service.owner == facts.host.owner

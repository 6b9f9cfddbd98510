"""Facts of a machine where all is well, to be spoilt by a test."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from demi_adapters.consul_types import AgentDetails, Key, Leader, SessionDetails
from demi_adapters.names import ServiceName
from demi_registrator.doctor.examine import examine
from demi_registrator.doctor.facts import (
    ConsulFacts,
    DnsFacts,
    EngineFacts,
    Facts,
    HostFacts,
    ServiceFacts,
    SocketFacts,
)
from demi_registrator.doctor.finding import Finding
from demi_registrator.record import timestamp
from demi_registrator.roster import Registrator, read_roster
from demi_registrator.template import DEFINITION

API = ServiceName("sr1_lls", "felix", "api")

ENGINE = EngineFacts(id="E1", host="pc1", version="24.0.7", api_version="1.43", wanted=(API,))

HOST = HostFacts(
    extras={"registrator": True, "ui": True},
    docker_address="unix:///var/run/docker.sock",
    socket=SocketFacts("/var/run/docker.sock", exists=True, is_usable=True),
    docker=ENGINE,
    owner="pc1",
    default_host="pc1.cern.ch",
    default_addresses=("192.0.2.1",),
    own_addresses=("192.0.2.1",),
)

SERVICE = ServiceFacts(
    name=API, id="api-1", owner="pc1", node="n1", host="pc1.cern.ch", in_dns=True
)

SESSION = SessionDetails(
    id="s1", name="demi-registrator/pc1", behavior="delete", ttl="", checks=("serfHealth",)
)


def registrator(owner: str = "pc1", *, ago_s: float = 0, **fields: Any) -> Registrator:
    """A registrator, in step so many seconds ago."""
    now = datetime.now(UTC)
    content = {
        "version": "0.1.0",
        "engine": {"id": "E1" if owner == "pc1" else f"E-{owner}", "host": owner},
        "last_sync": timestamp(datetime.fromtimestamp(now.timestamp() - ago_s, UTC)),
        **fields,
    }
    key = Key(f"demi-registrator/{owner}", json.dumps(content).encode(), 1, "s1")
    [found] = read_roster([key], now)
    return found


CONSUL = ConsulFacts(
    url="http://127.0.0.1:8500",
    leader=Leader("127.0.0.1:8300", 0.2),
    agent=AgentDetails(node="n1", version="1.8.7", dns_addresses=(), dns_domain="consul"),
    rights=None,
    writing=None,
    sessions=(SESSION,),
    roster=(registrator(),),
    keys=(Key("demi/sr1_lls/felix/api/owner", b"pc1", 1, "s1"),),
    services=(SERVICE,),
    queries=({**DEFINITION, "ID": "q1"},),
    dns=DnsFacts(
        server="127.0.0.1:8600", question="x.service.consul SRV", code="NOERROR", answers=1
    ),
)

WELL = Facts(HOST, CONSUL, frozenset())


def diagnose(facts: Facts = WELL, **changes: Any) -> dict[str, Finding]:
    """The findings by name, after changing facts of the host or of Consul."""
    host = {k: v for k, v in changes.items() if hasattr(HOST, k)}
    consul = {k: v for k, v in changes.items() if hasattr(CONSUL, k)}
    unresolved = changes.get("unresolved", facts.unresolved)
    assert {*host, *consul, "unresolved"} >= changes.keys()
    spoilt = Facts(replace(facts.host, **host), replace(facts.consul, **consul), unresolved)
    findings = examine(spoilt)
    assert len({f.name for f in findings}) == len(findings)
    return {finding.name: finding for finding in findings}

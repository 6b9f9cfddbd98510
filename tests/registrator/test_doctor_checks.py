"""The checks of `demi doctor`, fact by fact."""

from dataclasses import replace
from typing import Any

import pytest

from demi_adapters.consul_types import AgentDetails, Key, Leader, Right
from demi_adapters.names import ServiceName
from demi_registrator.doctor.facts import DnsFacts, Missing, SocketFacts
from demi_registrator.template import DEFINITION
from models.diagnosis import CONSUL, ENGINE, SERVICE, SESSION, diagnose, registrator

NO_SOCKET = SocketFacts("/run/docker.sock", exists=False, is_usable=False)
CLOSED_SOCKET = SocketFacts("/run/docker.sock", exists=True, is_usable=False)
AWAY = Missing("Consul is away")
OLD = AgentDetails(node="n1", version="1.7.3", dns_addresses=(), dns_domain="consul")
NEW = AgentDetails(node="n1", version="1.21.4+ent", dns_addresses=(), dns_domain="consul")
ALLOWED = {Right("agent", "read", "n1"): True, Right("service", "write", "x"): True}
LACKING = {**ALLOWED, Right("key", "write", "demi/"): False}
LACKING_QUERY = {**ALLOWED, Right("query", "write", ""): False}
NO_ANSWER = DnsFacts(server="s:8600", question="q", code=None, answers=0, error="refused")
NXDOMAIN = DnsFacts(server="s:8600", question="q", code="NXDOMAIN", answers=0)
TWO = DnsFacts(server="s:8600", question="q", code="NOERROR", answers=2)
NOT_OURS = {"Name": "", "Template": {"Type": "name_prefix_match"}, "Service": {"Tags": None}}
OUTDATED = {**DEFINITION, "Service": {**DEFINITION["Service"], "OnlyPassing": True}}
LOOSE = Key("demi/s/t/v/container", b"", 1, None)
PEOPLES = (Key("demi/s/t/v/note", b"", 1, None), Key("demi/owner", b"", 1, None))
ORPHAN = replace(SERVICE, owner="gone", id="v-1")
TWIN_NAME = replace(SERVICE, owner="pc2", name=ServiceName("sr1-lls", "felix", "api"))
SAME_ENGINE: dict[str, Any] = {"engine": {"id": "E1", "host": "pc1"}}
OTHER_ENGINE: dict[str, Any] = {"engine": {"id": "E9", "host": "pc9"}}

CASES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"extras": {"registrator": False, "ui": True}}, "installed", "fail", "demi-registry[regi"),
    ({"extras": {"registrator": True, "ui": False}}, "installed", "warn", "demi-registry[ui]"),
    ({"docker": None}, "docker", "warn", "extra registrator"),
    ({"docker": Missing("x"), "socket": NO_SOCKET}, "docker", "fail", "start Docker"),
    ({"docker": Missing("x"), "socket": CLOSED_SOCKET}, "docker", "fail", "-aG docker"),
    ({"docker": Missing("no route")}, "docker", "fail", "no route"),
    ({"docker": replace(ENGINE, version="19.3")}, "docker", "warn", "20.10"),
    ({"docker": replace(ENGINE, version="dev")}, "docker", "pass", "dev"),
    ({"docker": replace(ENGINE, id="")}, "docker", "warn", "no ID"),
    ({"default_host": Missing("unknown")}, "default host", "warn", "unknown"),
    ({"default_addresses": ()}, "default host", "fail", "does not resolve"),
    ({"default_addresses": ("127.0.1.1",)}, "default host", "warn", "127.0.1.1"),
    ({"default_addresses": ("::1", "fe80::1%eth0")}, "default host", "pass", "192.0.2.1"),
    ({"own_addresses": ()}, "default host", "warn", "no address of this machine"),
    ({"leader": Missing("refused")}, "consul", "fail", "refused"),
    ({"leader": Leader("", 0)}, "consul", "fail", "no leader"),
    ({"agent": Missing("denied", is_denied=True)}, "consul", "warn", "see token"),
    ({"agent": OLD}, "consul", "fail", "older than 1.8"),
    ({"agent": NEW}, "consul", "pass", "1.21.4"),
    ({"rights": None}, "token", "pass", "ACLs are off"),
    ({"rights": ALLOWED}, "token", "pass", "all rights"),
    ({"rights": {Right("agent", "read", "n1"): True}}, "token", "pass", "no service is known"),
    ({"rights": LACKING}, "token", "fail", "key write on demi/"),
    ({"rights": LACKING}, "token", "fail", 'key_prefix "demi/" { policy = "write" }'),
    ({"rights": LACKING_QUERY}, "token", "warn", "query write"),
    ({"rights": Missing("403 ACL not found", is_denied=True)}, "token", "fail", "a token that"),
    ({"rights": Missing("404")}, "token", "warn", "not checked"),
    ({"writing": Missing("restricted", is_denied=True)}, "writing", "fail", "allow_write_http"),
    ({"writing": AWAY}, "writing", "warn", "not checked"),
    ({"leader": Leader("x", 4.9)}, "clock", "pass", "within 5 s"),
    ({"leader": Leader("x", 60)}, "clock", "warn", "60 s behind"),
    ({"leader": Leader("x", -60)}, "clock", "warn", "60 s ahead of"),
    ({"leader": Leader("x", None)}, "clock", "warn", "not checked"),
    ({"queries": ()}, "query template", "warn", "query write"),
    ({"queries": (NOT_OURS,)}, "query template", "warn", "query-held"),
    ({"queries": (OUTDATED,)}, "query template", "warn", "another version"),
    ({"dns": NO_ANSWER}, "dns", "fail", "refused"),
    ({"dns": NXDOMAIN}, "dns", "fail", "NXDOMAIN"),
    ({"dns": replace(NXDOMAIN, code="NOERROR")}, "dns", "fail", "0 answers"),
    ({"dns": TWO}, "dns", "pass", "2 answers"),
    ({"roster": ()}, "registrator", "warn", "none called pc1"),
    ({"roster": (registrator(ago_s=600),)}, "registrator", "fail", "10 min ago"),
    ({"roster": (registrator(ago_s=-600),)}, "registrator", "fail", "clocks"),
    ({"roster": (registrator(engine={"is_up": False}),)}, "registrator", "fail", "see docker"),
    ({"owner": Missing("no name")}, "registrator", "warn", "no name"),
    ({"sessions": ()}, "session", "fail", "another Consul node"),
    ({"sessions": (), "roster": ()}, "session", "warn", "none named demi-registrator/pc1"),
    ({"sessions": (SESSION, replace(SESSION, id="s2"))}, "session", "warn", "2 sessions"),
    ({"sessions": (replace(SESSION, behavior="release"),)}, "session", "fail", "release"),
    ({"sessions": (replace(SESSION, checks=()),)}, "session", "fail", "session/destroy/s1"),
    ({"sessions": (replace(SESSION, ttl="30s"),)}, "session", "fail", "TTL 30s"),
    ({"roster": (registrator(**OTHER_ENGINE),)}, "owner", "fail", "own DEMI_OWNER"),
    ({"roster": (registrator(ago_s=600, **OTHER_ENGINE),)}, "owner", "warn", "takes over"),
    ({"roster": (registrator(), registrator("pc0", **SAME_ENGINE))}, "owner", "warn", "pc0"),
    (
        {"roster": (registrator(), registrator("pc0", ago_s=600, **SAME_ENGINE))},
        "owner",
        "warn",
        "was registered as pc0 before",
    ),
    ({"docker": Missing("x")}, "owner", "warn", "not checked"),
    ({"roster": (registrator(), registrator("pc2"))}, "other registrators", "pass", "1 others"),
    (
        {"roster": (registrator(), registrator("pc2", ago_s=7300))},
        "other registrators",
        "warn",
        "pc2 (last in step 2 h ago",
    ),
    ({"services": (SERVICE, ORPHAN)}, "services", "warn", "v-1 on n1: no record of gone"),
    ({"services": (replace(SERVICE, owner=None),)}, "services", "warn", "no record of nobody"),
    ({"keys": (LOOSE,)}, "keys", "warn", "demi/s/t/v/container"),
    ({"keys": PEOPLES}, "keys", "pass", "none"),
    ({"services": (SERVICE, TWIN_NAME)}, "names", "warn", "sr1-lls.felix.api (of pc2)"),
    ({"unresolved": frozenset({"pc1.cern.ch"})}, "hosts", "fail", "pc1.cern.ch"),
    (
        {"unresolved": frozenset({"far"}), "services": (replace(ORPHAN, host="far"),)},
        "hosts",
        "warn",
        "far",
    ),
]


def test_where_all_is_well_every_check_passes() -> None:
    """And nothing is to be done."""
    findings = diagnose()
    assert {(f.verdict, f.remedy) for f in findings.values()} == {("pass", None)}
    assert len(findings) == 17


@pytest.mark.parametrize(("changes", "name", "verdict", "words"), CASES)
def test_each_fact_has_its_verdict_and_its_words(
    changes: dict[str, Any], name: str, verdict: str, words: str
) -> None:
    """The message says what, the remedy what to do."""
    finding = diagnose(**changes)[name]
    assert finding.verdict == verdict
    assert words in f"{finding.message} {finding.remedy}"
    if verdict == "fail":
        assert finding.remedy


def test_without_consul_its_checks_are_passed_over_and_the_others_made() -> None:
    """One line fails; Docker, the extras and the default host are judged all the same."""
    facts = ("agent", "rights", "writing", "sessions", "roster", "keys", "services", "queries")
    away: dict[str, Any] = dict.fromkeys(facts, AWAY)
    findings = diagnose(leader=Missing("refused"), dns=AWAY, **away)
    by_verdict = {
        verdict: {f.name for f in findings.values() if f.verdict == verdict}
        for verdict in ("pass", "warn", "fail")
    }
    assert by_verdict["fail"] == {"consul"}
    assert by_verdict["pass"] == {"installed", "docker", "default host"}
    assert all("Consul is away" in findings[name].message for name in by_verdict["warn"])


def test_a_long_list_is_cut() -> None:
    """Five are enough to recognise what is wrong."""
    loose = tuple(replace(LOOSE, path=f"demi/s/t/v{n}/container") for n in range(9))
    message = diagnose(keys=loose)["keys"].message
    assert "demi/s/t/v4/container and 4 more" in message
    assert CONSUL.keys != loose

"""Consul's answers, reduced to what we wrote. The samples are answers of a real agent, 1.8.7."""

import json
from typing import Any

from demi_adapters.checks import Check
from demi_adapters.consul_types import Key
from demi_adapters.names import ServiceName
from demi_registrator.apply import service_definition
from demi_registrator.desired import desired_state
from demi_registrator.observed import ObservedService, expected_service, observed_state
from demi_registrator.plan import make_plan
from demi_registrator.steps import Identity
from models.containers import API, container, labels, registered

ID = "sr1-lls-felix-api-000000000001"

SERVICES = json.loads(
    """
    {"printer": {"ID": "printer", "Service": "printer", "Tags": [], "Meta": {}, "Port": 0,
      "Address": "", "Weights": {"Passing": 1, "Warning": 1}, "EnableTagOverride": false},
     "sr1-lls-felix-api-000000000001": {
      "ID": "sr1-lls-felix-api-000000000001", "Service": "sr1-lls-felix-api", "Tags": ["demi"],
      "Meta": {"demi_container": "000000000001", "demi_owner": "pc1", "demi_service": "api",
               "demi_site": "sr1_lls", "demi_stack": "felix",
               "demi_url": "http://pc1.cern.ch:32768"},
      "Port": 32768, "Address": "pc1.cern.ch", "Weights": {"Passing": 1, "Warning": 1},
      "EnableTagOverride": false}}
    """
)
CHECKS = json.loads(
    """
    {"_service_maintenance:sr1-lls-felix-api-000000000001": {
      "Node": "vm", "CheckID": "_service_maintenance:sr1-lls-felix-api-000000000001",
      "Name": "Service Maintenance Mode", "Status": "critical", "Notes": "cabling", "Output": "",
      "ServiceID": "sr1-lls-felix-api-000000000001", "ServiceName": "sr1-lls-felix-api",
      "ServiceTags": ["demi"], "Type": "maintenance", "Definition": {}, "CreateIndex": 0,
      "ModifyIndex": 0},
     "service:sr1-lls-felix-api-000000000001": {
      "Node": "vm", "CheckID": "service:sr1-lls-felix-api-000000000001", "Name": "Health of x",
      "Status": "critical",
      "Notes": "connect to pc1.cern.ch:32768 every 10s, timeout 3s",
      "Output": "dial tcp: connection refused", "ServiceID": "sr1-lls-felix-api-000000000001",
      "ServiceName": "sr1-lls-felix-api", "ServiceTags": ["demi"], "Type": "tcp",
      "Definition": {}, "CreateIndex": 0, "ModifyIndex": 0}}
    """
)


def test_what_consul_adds_makes_no_difference() -> None:
    """Weights, indices, outputs, states and a maintenance check cause no registration for ever."""
    (registration,) = registered(container()).services
    seen = observed_state(SERVICES, CHECKS, ()).services[ID]
    assert seen == expected_service(registration)


def test_new_fields_of_later_versions_make_no_difference() -> None:
    """Consul 1.20 adds a datacenter, a locality, a namespace, a time-out to the same answers."""
    later: dict[str, Any] = {
        id_: {**s, "Datacenter": "dc1", "PeerName": "", "TaggedAddresses": {}}
        for id_, s in SERVICES.items()
    }
    checks = {id_: {**c, "Interval": "10s", "ExposedPort": 0} for id_, c in CHECKS.items()}
    assert observed_state(later, checks, ()) == observed_state(SERVICES, CHECKS, ())


def test_null_in_place_of_nothing_is_nothing() -> None:
    """Some versions say null for no tags and no meta."""
    raw = {**SERVICES["printer"], "Tags": None, "Meta": None, "Address": None}
    assert observed_state({"printer": raw}, {}, ()).services["printer"] == ObservedService(
        id="printer",
        name=ServiceName("", "", ""),
        consul_name="printer",
        address="",
        port=0,
        tags=(),
        meta={},
        check=None,
        check_kind=None,
    )


def test_a_foreign_service_has_no_owner() -> None:
    """Who does not say whose he is, is not ours."""
    assert observed_state(SERVICES, {}, ()).services["printer"].owner is None


def test_the_state_of_the_own_check_counts_not_that_of_maintenance() -> None:
    """A person's maintenance mode must not be mistaken for Docker's word."""
    checks = {id_: dict(c) for id_, c in CHECKS.items()}
    checks[f"service:{ID}"]["Status"] = "passing"
    for order in (list(checks), list(checks)[::-1]):
        seen = observed_state(SERVICES, {id_: checks[id_] for id_ in order}, ())
        assert seen.check_states == {ID: "passing"}


def test_every_kind_of_check_is_seen_again_as_it_was_registered() -> None:
    """What is sent and what is expected come from one summary."""
    for own in (labels(), labels(health="/h"), labels(health="/h", health_tls_skip_verify="1")):
        (registration,) = registered(container(labels=own)).services
        definition: Any = service_definition(registration)
        check = definition["Check"]
        assert check["Notes"] == expected_service(registration).check
        assert check["CheckID"] == f"service:{registration.id}"


def test_summaries_differ_wherever_definitions_do() -> None:
    """A changed check is noticed by its summary alone."""
    one = Check(kind="http", target="http://h/", interval="10s", timeout="3s")
    others = [
        Check(kind="http", target="http://h/x", interval="10s", timeout="3s"),
        Check(kind="http", target="http://h/", interval="11s", timeout="3s"),
        Check(kind="http", target="http://h/", interval="10s", timeout="4s"),
        Check(kind="http", target="http://h/", interval="10s", timeout="3s", tls_skip_verify=True),
        Check(kind="tcp", target="http://h/", interval="10s", timeout="3s"),
        Check(kind="ttl"),
    ]
    assert len({check.summary for check in (one, *others)}) == 7


def test_keys_are_grouped_by_the_service_that_they_are_below() -> None:
    """Keys at other depths belong to nobody we know."""
    found = [Key(path, b"", 1, None) for path in ("demi/a/b/c/d", "demi/a/b/c", "demi/a/b/c/d/e")]
    found += [Key("demi/a//c/d", b"", 1, None), Key("demi/a/b/c/", b"", 1, None)]
    grouped = observed_state({}, {}, found).keys
    assert {name: set(keys) for name, keys in grouped.items()} == {
        ServiceName("a", "b", "c"): {"demi/a/b/c/d"}
    }


def test_a_real_answer_of_a_consul_in_step_gives_no_service_to_register() -> None:
    """The plan on these samples holds keys alone, of which they have none."""
    now = desired_state(registered(container(labels=API)))
    plan = make_plan(now, observed_state(SERVICES, CHECKS, ()), Identity(owner="pc1"))
    assert [type(step).__name__ for steps in plan.steps.values() for step in steps] == ["WriteKeys"]

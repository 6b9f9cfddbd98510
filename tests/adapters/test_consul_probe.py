"""Questions about Consul itself: what is read out of its answers."""

import json
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest
import responses

from demi_adapters.consul_probe import ConsulProbe
from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.consul_types import AgentDetails, Right, SessionDetails
from demi_adapters.errors import ConsulUnavailable, PermissionDenied

ROOT = "http://127.0.0.1:8500/v1"
AUTHORIZE = f"{ROOT}/internal/acl/authorize"
RIGHTS = [Right("key", "write", "demi/"), Right("query", "write", "")]


@pytest.fixture
def consul() -> Iterator[responses.RequestsMock]:
    """Nobody but who is announced here answers."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def probe() -> Iterator[ConsulProbe]:
    """With a token."""
    with ConsulProbe(ConsulSettings(token="t")) as probe:
        yield probe


def test_the_leader_comes_with_how_far_its_agent_is_ahead(
    consul: responses.RequestsMock, probe: ConsulProbe
) -> None:
    """By HTTP's own Date header."""
    for ahead in (0, 60, -60):
        date = formatdate(time.time() + ahead, usegmt=True)
        consul.get(f"{ROOT}/status/leader", json="10.0.0.1:8300", headers={"Date": date})
        leader = probe.leader()
        assert leader.address == "10.0.0.1:8300"
        assert leader.ahead_s == pytest.approx(ahead, abs=1.5)
        consul.reset()


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_without_a_time_nothing_is_said_of_clocks(
    consul: responses.RequestsMock, probe: ConsulProbe, headers: dict[str, str]
) -> None:
    """A proxy may have taken it out."""
    consul.get(f"{ROOT}/status/leader", json="", headers=headers)
    assert probe.leader().ahead_s is None


def test_an_agent_tells_where_its_dns_is(
    consul: responses.RequestsMock, probe: ConsulProbe
) -> None:
    """Whatever of it is missing in another version is left empty."""
    config = {"NodeName": "n1", "Version": "1.8.7"}
    debug = {"DNSAddrs": ["udp://127.0.0.1:8600"], "DNSDomain": "lab."}
    consul.get(f"{ROOT}/agent/self", json={"Config": config, "DebugConfig": debug})
    address = ("udp://127.0.0.1:8600",)
    assert probe.details() == AgentDetails(
        node="n1", version="1.8.7", dns_addresses=address, dns_domain="lab"
    )
    consul.replace("GET", f"{ROOT}/agent/self", json={"Config": config})
    assert probe.details() == AgentDetails(
        node="n1", version="1.8.7", dns_addresses=(), dns_domain="consul"
    )


def test_a_sessions_checks_are_found_under_both_names(
    consul: responses.RequestsMock, probe: ConsulProbe
) -> None:
    """They were called Checks up to Consul 1.6."""
    raw = {"ID": "s1", "Name": "x", "Behavior": "delete", "TTL": ""}
    for field in ("NodeChecks", "Checks"):
        consul.get(
            f"{ROOT}/session/node/n1",
            json=[raw | {field: ["serfHealth"]}],
            headers={"X-Consul-Index": "1"},
        )
        assert probe.session_details("n1") == [
            SessionDetails(id="s1", name="x", behavior="delete", ttl="", checks=("serfHealth",))
        ]
        consul.reset()


def test_rights_are_answered_in_the_order_of_the_questions(
    consul: responses.RequestsMock, probe: ConsulProbe
) -> None:
    """The token goes along; an empty segment does not come back."""
    consul.post(
        AUTHORIZE,
        json=[{"Resource": "key", "Allow": True}, {"Resource": "query", "Allow": False}],
        match=[responses.matchers.header_matcher({"X-Consul-Token": "t"})],
    )
    assert probe.allowed(RIGHTS) == {RIGHTS[0]: True, RIGHTS[1]: False}
    assert json.loads(consul.calls[0].request.body or "")[0] == {
        "Resource": "key",
        "Access": "write",
        "Segment": "demi/",
    }


def test_with_acls_off_there_are_no_rights(
    consul: responses.RequestsMock, probe: ConsulProbe
) -> None:
    """Consul says so with status 401."""
    consul.post(AUTHORIZE, status=401, body="ACL support disabled")
    assert probe.allowed(RIGHTS) is None


def test_an_unknown_token_is_denied(consul: responses.RequestsMock, probe: ConsulProbe) -> None:
    """As by every other call."""
    consul.post(AUTHORIZE, status=403, body="ACL not found")
    with pytest.raises(PermissionDenied, match="ACL not found"):
        probe.allowed(RIGHTS)


@pytest.mark.parametrize("answer", [[], [{"Allow": True}], {}, ["x", "y"]])
def test_answers_that_do_not_fit_the_questions_are_not_trusted(
    consul: responses.RequestsMock, probe: ConsulProbe, answer: object
) -> None:
    """The call is undocumented, so another version may speak otherwise."""
    consul.post(AUTHORIZE, json=answer)
    with pytest.raises(ConsulUnavailable, match="does not speak like Consul"):
        probe.allowed(RIGHTS)


def test_the_attempt_to_write_only_asks(consul: responses.RequestsMock, probe: ConsulProbe) -> None:
    """A transaction of one condition and no write."""
    consul.put(f"{ROOT}/txn", json={"Results": [], "Errors": None})
    probe.try_writing("demi-registrator/pc1")
    [operation] = json.loads(consul.calls[0].request.body or "")
    assert operation["KV"]["Verb"] == "check-not-exists"

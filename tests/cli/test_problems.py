"""`demi problems` against answers of Consul."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses
import yaml

from demi_registrator.record import timestamp
from models.command import Demi

ROOT = "http://127.0.0.1:8500/v1"
NO_PORT = {"severity": "error", "code": "no-port", "service": "s.t.v", "message": "no port"}
LOOPBACK = {"severity": "warning", "code": "loopback-only", "service": "s.t.w", "message": "lo"}


def record(owner: str = "pc1", *, ago_s: float = 1, **fields: Any) -> dict[str, Any]:
    """A state record as Consul gives it back."""
    content = {
        "version": "0.1.0",
        "engine": {"id": "E1", "host": owner, "version": "24.0", "is_up": True},
        "resync_s": 30,
        "last_sync": timestamp(datetime.now(UTC) - timedelta(seconds=ago_s)),
        "counts": {"services": 3, "registered": 2, "problems": len(fields.get("problems", ()))},
        **fields,
    }
    value = base64.b64encode(json.dumps(content).encode()).decode()
    path = f"demi-registrator/{owner}"
    return {"Key": path, "Value": value, "ModifyIndex": 1, "Session": "s1", "Flags": 0}


def service(site: str, owner: str) -> dict[str, Any]:
    """An instance as the catalog shows it."""
    names = {"demi_site": site, "demi_stack": "s", "demi_service": "v", "demi_owner": owner}
    return {"ID": f"{site}-{owner}", "Service": "x", "Address": "h", "Port": 1, "Meta": names}


@pytest.fixture
def consul() -> Iterator[responses.RequestsMock]:
    """Nobody but who is announced here answers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def answer(
    consul: responses.RequestsMock, *records: dict[str, Any], services: Any = (), status: int = 200
) -> None:
    """Let Consul have these records, and a node with these services."""
    index = {"X-Consul-Index": "1"}
    keys = {"json": records} if records else {"status": 404}
    consul.get(f"{ROOT}/kv/demi-registrator/", headers=index, **keys)
    denied = {"status": status, "body": "Permission denied"}
    nodes = {"json": [{"Node": "n1"}]} if status == 200 else denied
    consul.get(f"{ROOT}/catalog/nodes", headers=index, **nodes)
    found = {"Services": {each["ID"]: each for each in services}}
    consul.get(f"{ROOT}/catalog/node/n1", json=found, headers=index)


def test_all_fresh_and_no_problem_is_0(demi: Demi, consul: responses.RequestsMock) -> None:
    """One line for each registrator."""
    answer(consul, record(), record("pc2"))
    result = demi("problems")
    assert result.code == 0
    header, *lines = result.out.splitlines()
    assert header.split("\t")[:3] == ["OWNER", "STATE", "WHY"]
    assert [line.split("\t")[:2] for line in lines] == [["pc1", "fresh"], ["pc2", "fresh"]]
    assert "24.0 on pc1\t3\t2\t0" in lines[0]
    assert result.err == ""


def test_an_error_is_1_and_says_where(demi: Demi, consul: responses.RequestsMock) -> None:
    """Below the registrators, after an empty line."""
    answer(consul, record(problems=[NO_PORT, LOOPBACK]))
    result = demi("problems")
    assert result.code == 1
    assert result.out.splitlines()[2:] == [
        "",
        "SEVERITY\tCODE\tSERVICE\tCONTAINER\tOWNER\tMESSAGE",
        "error\tno-port\ts.t.v\t\tpc1\tno port",
        "warning\tloopback-only\ts.t.w\t\tpc1\tlo",
    ]


def test_warnings_alone_are_0(demi: Demi, consul: responses.RequestsMock) -> None:
    """What they are about is registered."""
    answer(consul, record(problems=[LOOPBACK]))
    assert demi("problems").code == 0


@pytest.mark.parametrize(
    ("changes", "state"),
    [({"ago_s": 600}, "stale"), ({"engine": {"is_up": False}}, "engine-away")],
)
def test_a_registrator_that_is_not_fresh_is_1(
    demi: Demi, consul: responses.RequestsMock, changes: dict[str, Any], state: str
) -> None:
    """What it says may be over; its age is said."""
    answer(consul, record(), record("pc2", **changes))
    result = demi("problems", "-o", "json")
    assert result.code == 1
    assert [r["state"] for r in result.data["registrators"]] == ["fresh", state]
    assert result.data["registrators"][1]["age_s"] == pytest.approx(changes.get("ago_s", 1), abs=5)


def test_no_registrator_at_all_is_1_and_said(demi: Demi, consul: responses.RequestsMock) -> None:
    """Silence would look like health."""
    answer(consul)
    result = demi("problems")
    assert result.code == 1
    assert "No registrator" in result.err


def test_problems_that_a_record_could_not_hold_count(
    demi: Demi, consul: responses.RequestsMock
) -> None:
    """They may be errors."""
    answer(consul, record(problems=[LOOPBACK], counts={"problems": 201}))
    result = demi("problems")
    assert result.code == 1
    assert "200 more problems" in result.err


def test_a_name_shared_between_hosts_is_found(demi: Demi, consul: responses.RequestsMock) -> None:
    """No registrator can see it alone; as a warning it does not change the status."""
    answer(consul, record(), services=[service("a_b", "pc1"), service("a-b", "pc2")])
    result = demi("problems", "-o", "yaml")
    assert result.code == 0
    [problem] = yaml.safe_load(result.out)["problems"]
    assert (problem["code"], problem["owner"]) == ("name-collision", None)


def test_a_token_without_the_catalog_still_sees_the_records(
    demi: Demi, consul: responses.RequestsMock
) -> None:
    """And is told what was left out."""
    answer(consul, record(), status=403)
    result = demi("problems")
    assert result.code == 0
    assert "were not looked for" in result.err


def test_an_unreachable_consul_is_4(demi: Demi, consul: responses.RequestsMock) -> None:
    """As for every look-up."""
    consul.get(f"{ROOT}/kv/demi-registrator/", body=requests.ConnectionError("refused"))
    assert demi("problems").code == 4


@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_what_records_say_is_text_of_others(
    demi: Demi, consul: responses.RequestsMock, form: str
) -> None:
    """No control character of it reaches the terminal."""
    hostile = "\x1b[2J\x07\u202e\x9b31m\r[bold]"
    problem = dict.fromkeys((*NO_PORT, "container", "label"), hostile)
    engine = {"id": hostile, "host": hostile, "version": hostile}
    counts = {hostile: 1, "problems": 9}
    answer(
        consul,
        record(hostile, problems=[problem], engine=engine, version=hostile, counts=counts),
    )
    result = demi("problems", "-o", form)
    assert result.code == 1
    assert not {c for c in result.out + result.err if not c.isprintable()} - {"\n", "\t"}

"""All that is known of one service."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from demi_adapters.directory import Instance, in_order
from demi_adapters.entries import Entry
from demi_adapters.services import Snapshot
from demi_ui.detail import detail, gone
from page.things import instance, rows

PATH = "demi/sr1/felix/api/"


def made(instances: Sequence[Instance], keys_error: str = "", **keys: str) -> Any:
    """The details of the only service, with keys below its name."""
    snapshot = Snapshot.of(in_order(instances))
    [service] = snapshot.services.values()
    [row] = rows(instances)
    entries = [Entry(PATH + key, value.encode(), 1, is_held=True) for key, value in keys.items()]
    return json.loads(json.dumps(detail(row, service, entries, keys_error)))


def test_it_says_where_each_instance_runs() -> None:
    """With the image of the one whose keys these are."""
    found = made(
        [instance(number=1), instance(number=2)], container="000000000002", image="felix:1"
    )
    first, second = (dict(each["facts"]) for each in found["instances"])
    assert (first["Host"], first["Port"], first["Container"]) == ("pc1", "8001", "000000000001")
    assert "Image" not in first
    assert second["Image"] == "felix:1"


def test_links_have_names_and_lead_to_http_only() -> None:
    """The health URL comes out of the keys."""
    swagger, health = "http://pc1:8001/docs", "javascript:alert(1)"
    found = made([instance(swagger_url=swagger)], container="000000000001", health_url=health)
    assert found["instances"][0]["links"] == [["API", "http://pc1:8001"], ["Swagger", swagger]]
    [only] = made([instance(category="Microservice-UI")])["instances"]
    assert only["links"] == [["UI", "http://pc1:8001"]]


def test_a_check_speaks_for_itself() -> None:
    """In short, and with all that it said."""
    [check] = made([instance(status="critical", output="a\x00b: connection refused\nmore")])[
        "instances"
    ][0]["checks"]
    assert check["short"] == "connection refused"
    assert check["output"] == "a\\x00b: connection refused\nmore"


def test_keys_come_with_who_may_write_them() -> None:
    """By path; why they can't be read is said instead."""
    found = made([instance()], keys_error="permission denied", b="2", a="<b>1</b>")
    assert found["keys"] == [[PATH + "a", "<b>1</b>", True], [PATH + "b", "2", True]]
    assert found["keysError"] == "permission denied"


def test_what_is_not_registered_is_said() -> None:
    """Its address may be old, or mistyped."""
    assert gone("a/b/c\u202e") == {"key": "a/b/c\\u202e", "name": "c\\u202e", "gone": True}


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_label_can_be_sent(text: str, other: str) -> None:
    """As JSON in UTF-8."""
    found = made([instance(description=text, category=other, url=text, output=other, host=text)])
    json.dumps(found, ensure_ascii=False).encode()

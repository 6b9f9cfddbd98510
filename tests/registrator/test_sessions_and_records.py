"""Rules about sessions and former selves, and the state record that they rest on."""

import json
from datetime import UTC, datetime

import pytest

from demi_adapters.consul_types import Key, Session
from demi_adapters.problems import Code, Problem
from demi_registrator.record import Record, parse_record, record_path
from demi_registrator.session import FormerSelf, former_selves, own_sessions

RECORD = Record(
    version="1",
    owner="pc1",
    instance="i",
    engine_id="E1",
    engine_host="pc1",
    engine_version="28",
    namespaces=("demi.sr1",),
    resync_s=30.0,
    started=datetime(2026, 11, 1, 10, tzinfo=UTC),
)
NOW = datetime(2026, 11, 1, 11, 0, 0, 123456, tzinfo=UTC)


def session(owner: str, id_: str = "s1", index: int = 1) -> Session:
    """A registrator's session."""
    return Session(id_, record_path(owner), "node", index)


def record(owner: str, session_id: str | None = "s1", **content: object) -> Key:
    """A state record; of engine E1 and every site unless it is said."""
    said = {"engine": {"id": "E1"}, "namespaces": [], **content}
    return Key(record_path(owner), json.dumps(said).encode(), 1, session_id)


def former(key: Key, *sessions: Session, sites: tuple[str, ...] = ()) -> list[FormerSelf]:
    """The former selves of pc1 on engine E1."""
    return former_selves([key], sessions, owner="pc1", engine_id="E1", sites=sites)


def test_the_oldest_session_of_our_name_is_ours() -> None:
    """Whoever comes second gives way."""
    found = [session("pc1", "b", 9), session("pc1", "a", 2), session("pc11", "c", 1)]
    assert own_sessions(found, "pc1") == ["a", "b"]


def test_a_record_of_the_same_engine_under_another_name_is_a_former_self() -> None:
    """The host was renamed."""
    assert former(record("old"), session("old")) == [FormerSelf("old", "s1")]


@pytest.mark.parametrize(
    ("key", "held_by"),
    [
        (record("pc1"), session("pc1")),
        (record("old", engine={"id": "E2"}), session("old")),
        (record("old", engine="E1"), session("old")),
        (record("old", None), session("old")),
        (record("old", "elsewhere"), session("old")),
        (record("old"), session("somebody")),
        (Key(record_path("old"), b"\xff{", 1, "s1"), session("old")),
        (Key(record_path("old") + "/call", b"{}", 1, "s1"), session("old")),
    ],
    ids=[
        "ourselves",
        "another engine",
        "engine is no object",
        "held by nobody",
        "held on another node",
        "held by a session of another name",
        "no JSON",
        "a call",
    ],
)
def test_nothing_else_is_a_former_self(key: Key, held_by: Session) -> None:
    """What is taken over is deleted in the end: every doubt counts."""
    assert former(key, held_by) == []


def test_an_engine_without_an_id_has_no_former_selves() -> None:
    """Two of them would take each other over."""
    nameless = record("old", engine={"id": ""})
    assert former_selves([nameless], [session("old")], owner="pc1", engine_id="", sites=()) == []


def test_who_served_other_sites_is_somebody_else() -> None:
    """One engine may have a registrator for each site."""
    assert former(record("old", namespaces=["demi.sr2"]), session("old"), sites=("sr1",)) == []
    assert former(record("old", namespaces=[]), session("old"), sites=("sr1",)) == []
    assert former(record("old", namespaces=["demi.sr1"]), session("old"), sites=("sr1",))


def problem(message: str = "m", label: str | None = None) -> Problem:
    """A problem."""
    return Problem(code=Code.BAD_LABEL, message=message, label=label)


def test_the_record_says_who_where_since_when_and_what_is_wrong() -> None:
    """Other programs read it: this is its form."""
    text = RECORD.render(now=NOW, counts={"containers": 2}, problems=[problem()])
    assert json.loads(text) == {
        "version": "1",
        "owner": "pc1",
        "instance": "i",
        "engine": {"id": "E1", "host": "pc1", "version": "28", "is_up": True},
        "namespaces": ["demi.sr1"],
        "resync_s": 30.0,
        "started": "2026-11-01T10:00:00.000Z",
        "last_sync": "2026-11-01T11:00:00.123Z",
        "counts": {"containers": 2, "problems": 1},
        "problems": [
            {
                "severity": "error",
                "code": "bad-label",
                "message": "m",
                "container": None,
                "label": None,
                "service": None,
            }
        ],
    }


@pytest.mark.parametrize("label", ["x" * 900_000, "\x1b" * 900_000, "漢" * 9999, "😀" * 9999])
def test_a_thousand_problems_with_giant_labels_still_fit(label: str) -> None:
    """A record that Consul refuses would never be published again; all are counted."""
    problems = [problem(f"{n} {'x' * 400}", label) for n in range(1000)]
    text = RECORD.render(now=NOW, counts={}, problems=problems)
    assert len(text.encode()) * 4 / 3 < 500 * 1024
    assert json.loads(text)["counts"]["problems"] == 1000
    assert len(json.loads(text)["problems"]) > 50


def test_a_rendered_record_is_read_back() -> None:
    """What is written is what a former self is recognised by."""
    text = RECORD.render(now=NOW, counts={}, problems=[])
    assert parse_record(Key("k", text.encode(), 1, None))["engine"]["id"] == "E1"


@pytest.mark.parametrize("value", [b"", b"[]", b"null", b'"x"', b"\xff", b"{"])
def test_a_record_that_is_none_says_nothing(value: bytes) -> None:
    """Anybody may write there."""
    assert parse_record(Key("k", value, 1, None)) == {}

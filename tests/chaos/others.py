"""What belongs to other people in Consul: made, remembered, and compared."""

from collections.abc import Mapping
from typing import Any

from chaos.consul_api import ConsulApi

_SERVICES: tuple[Mapping[str, Any], ...] = (
    {"ID": "redis", "Name": "redis", "Port": 6379, "Check": {"CheckID": "redis-ttl", "TTL": "24h"}},
    {
        "ID": "sr1-lls-felix-api-feedc0ffee00",
        "Name": "sr1-lls-felix-api",
        "Tags": ["demi"],
        "Meta": {
            "demi_site": "sr1_lls",
            "demi_stack": "felix",
            "demi_service": "api",
            "demi_owner": "somebody",
        },
    },
    {"ID": "no-owner", "Name": "sr1-lls-felix-ui", "Meta": {"demi_site": "sr1_lls"}},
)
# Path, and the name of the session that holds it.
_KEYS: tuple[tuple[str, str | None], ...] = (
    ("config/x", None),
    ("demi/notes", None),
    ("demi/sr1_lls/felix/api/note", "theirs"),
    ("demi/sr1_lls/felix/ui/url", None),
    ("demi/sr1_lls/felix/ui/deep/er", None),
    ("demi/b/daq/api/owner", None),
    # Another registrator shows this service.
    ("demi/sr1_lls/daq/run_ctrl/owner", "demi-registrator/other"),
    ("demi/sr1_lls/daq/run_ctrl/url", "demi-registrator/other"),
    ("demi-registrator/other", "demi-registrator/other"),
    ("demi-registrator-notes", None),
)
_SESSIONS = ("theirs", "demi-registrator/other")
_QUERY: Mapping[str, Any] = {"Name": "theirs", "Service": {"Service": "redis"}}
_NODE_CHECK: Mapping[str, Any] = {"ID": "their-node-check", "Name": "disk", "TTL": "24h"}
# What Consul changes by itself.
_FLEETING = frozenset({"Status", "Output", "ModifyIndex", "CreateIndex"})


class Others:
    """Other people's services, keys, sessions, checks and queries."""

    def __init__(self, consul: ConsulApi) -> None:
        self._consul = consul
        self._taken_keys: set[str] = set()
        self._taken_services: set[str] = set()
        self._checks: dict[str, Mapping[str, Any]] = {}
        self._known: dict[str, object] = {}

    @property
    def services(self) -> frozenset[str]:
        """The IDs of their services."""
        return frozenset((*(str(s["ID"]) for s in _SERVICES), *self._taken_services))

    @property
    def keys(self) -> dict[str, bool]:
        """Their keys, and whether a session holds each."""
        return {path: bool(holder) for path, holder in _KEYS} | dict.fromkeys(
            self._taken_keys, False
        )

    def create(self) -> None:
        """Make everything in a Consul that is empty."""
        put = self._consul.put
        for service in _SERVICES:
            put("/v1/agent/service/register", service)
        sessions = {
            name: put("/v1/session/create", {"Name": name, "Behavior": "delete"})["ID"]
            for name in _SESSIONS
        }
        for path, holder in _KEYS:
            acquire = f"?acquire={sessions[holder]}" if holder else ""
            put(f"/v1/kv/{path}{acquire}", f"theirs: {path}")
        self._consul.post("/v1/query", _QUERY)
        put("/v1/agent/check/register", _NODE_CHECK)
        for path in self._taken_keys:
            put(f"/v1/kv/{path}", "taken")
        for service_id in self._taken_services:
            self._register_taken(service_id)
        self._checks.clear()
        self.remember()

    def take_key(self, path: str) -> None:
        """Replace one of the registrator's keys by a person's."""
        delete = {"KV": {"Verb": "delete", "Key": path}}
        write = {"KV": {"Verb": "set", "Key": path, "Value": "dGFrZW4="}}
        self._consul.put("/v1/txn", [delete, write])
        self._taken_keys.add(path)
        self.remember()

    def take_service(self, service_id: str) -> None:
        """Register a service of somebody's under an ID of the registrator's."""
        self._register_taken(service_id)
        self._taken_services.add(service_id)
        self.remember()

    def add_check(self, service_id: str) -> None:
        """Add a check of somebody's to a service of the registrator's."""
        check = {"ID": f"theirs-{service_id}", "Name": "x", "TTL": "24h", "ServiceID": service_id}
        self._consul.put("/v1/agent/check/register", check)

    def remember(self) -> None:
        """From now on, this is how everything has to stay."""
        self._known = self._now()

    def changes(self) -> list[str]:
        """What is not as it was."""
        now = self._now()
        return [
            f"of others: {name} was {self._known.get(name)!r}, is {now.get(name)!r}"
            for name in sorted(self._known.keys() | now.keys())
            if self._known.get(name) != now.get(name)
        ]

    def _register_taken(self, service_id: str) -> None:
        service = {"ID": service_id, "Name": "taken", "Meta": {"demi_owner": "somebody"}}
        self._consul.put("/v1/agent/service/register", service)

    def _now(self) -> dict[str, object]:
        get = self._consul.get
        services, checks = get("/v1/agent/services"), get("/v1/agent/checks")
        keys = {key["Key"]: key for key in get("/v1/kv/?recurse") or ()}
        sessions = get("/v1/session/list") or ()
        queries = get("/v1/query") or ()
        return {
            **{f"service {id_}": _lasting(services.get(id_)) for id_ in self.services},
            **{f"key {path}": keys.get(path) for path in self.keys},
            **{f"session {s['Name']}": s for s in sessions if s["Name"] in _SESSIONS},
            **{f"query {q['Name']}": q for q in queries if q["Name"] == _QUERY["Name"]},
            **{
                f"check {id_}": _lasting(checks.get(id_))
                for id_ in ("redis-ttl", _NODE_CHECK["ID"])
            },
        }


def _lasting(entry: Mapping[str, Any] | None) -> object:
    return entry and {key: value for key, value in entry.items() if key not in _FLEETING}

"""Consul as far as the registrator can tell: services, checks, keys, sessions, transactions.

What it does was read off a real agent (1.8): a transaction is done whole or not at all, an
existing check keeps its status through a registration, a key goes with the session that holds it.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from demi_adapters.consul_client import ConsulClient
from demi_adapters.consul_types import AgentInfo, Key, Operation, Session
from demi_adapters.errors import ConflictError, ConsulFailure

NODE = "pc1"


def raw_service(
    id_: str, name: str, meta: Mapping[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    """A service as `/v1/agent/services` shows it."""
    return {
        "ID": id_,
        "Service": name,
        "Tags": [],
        "Meta": dict(meta or {}),
        "Port": 0,
        "Address": "",
        "Weights": {"Passing": 1, "Warning": 1},
        "EnableTagOverride": False,
        **fields,
    }


class ConsulModel:
    """One agent.

    `calls` lists the writes; `before_write` may raise in place of one, `before_read` change what
    is read.
    """

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        self.checks: dict[str, dict[str, Any]] = {}
        self.held: dict[str, Key] = {}
        self.open_sessions: list[Session] = []
        self.templates: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.before_write: Callable[[str], None] = lambda _: None
        self.before_read: Callable[[str], None] = lambda _: None
        self._index = 10

    @property
    def client(self) -> ConsulClient:
        """The model in the place of a client."""
        return cast(ConsulClient, self)

    def _write(self, what: str) -> int:
        self.before_write(what)
        self.calls.append(what)
        self._index += 1
        return self._index

    # -- agent ------------------------------------------------------------------------------

    def agent(self) -> AgentInfo:
        """Who answers."""
        return AgentInfo(NODE, "dc1", "1.8.7")

    def agent_services(self) -> dict[str, dict[str, Any]]:
        """All services."""
        return copy.deepcopy(self.services)

    def agent_checks(self) -> dict[str, dict[str, Any]]:
        """All checks."""
        return copy.deepcopy(self.checks)

    def register_service(self, definition: Mapping[str, Any]) -> None:
        """Replace a service and the check of that ID, which keeps its status if it was there."""
        id_ = definition["ID"]
        self._write(f"register {id_}")
        self.services[id_] = raw_service(
            id_,
            definition["Name"],
            definition["Meta"],
            Address=definition["Address"] or "",
            Port=definition["Port"] or 0,
            Tags=list(definition["Tags"]),
        )
        if check := definition.get("Check"):
            known = self.checks.get(check["CheckID"])
            self.checks[check["CheckID"]] = {
                "Node": NODE,
                "CheckID": check["CheckID"],
                "Name": check["Name"],
                "Status": known["Status"] if known else check.get("Status", "critical"),
                "Notes": check["Notes"],
                "Output": "",
                "ServiceID": id_,
                "ServiceName": definition["Name"],
                "Type": "ttl" if "TTL" in check else "http" if "HTTP" in check else "tcp",
                "Definition": {},
            }

    def deregister_check(self, check_id: str) -> None:
        """Drop a check; Consul 1.8 is silent where there is none."""
        self._write(f"deregister {check_id}")
        self.checks.pop(check_id, None)

    def deregister_service(self, service_id: str) -> None:
        """Drop a service and its checks; Consul 1.8 is silent where there is none."""
        self._write(f"deregister {service_id}")
        self.services.pop(service_id, None)
        self._drop_checks(service_id)

    def update_ttl_check(self, check_id: str, status: str, output: str) -> None:
        """Feed a check; Consul 1.8 answers 500 where it is no TTL check."""
        self._write(f"feed {check_id} {status}")
        if self.checks.get(check_id, {}).get("Type") != "ttl":
            raise ConsulFailure(f"500 CheckID {check_id!r} does not have associated TTL")
        self.checks[check_id] |= {"Status": status, "Output": output}

    def _drop_checks(self, service_id: str) -> None:
        self.checks = {
            id_: check for id_, check in self.checks.items() if check["ServiceID"] != service_id
        }

    # -- keys -------------------------------------------------------------------------------

    def keys(self, prefix: str, **_: object) -> tuple[int, list[Key]]:
        """The keys below a prefix."""
        self.before_read(prefix)
        return self._index, [k for path, k in sorted(self.held.items()) if path.startswith(prefix)]

    def put(self, path: str, value: str, session: str | None = None) -> None:
        """A key written by anybody."""
        self._index += 1
        self.held[path] = Key(path, value.encode(), self._index, session)

    def transact(self, operations: Sequence[Operation]) -> list[Key]:
        """Do all operations or none."""
        if len(operations) > 64:
            raise AssertionError("Consul up to 1.12 refuses more than 64 operations")
        index = self._write(" ".join(f"{o.verb} {o.path}" for o in operations))
        keys = dict(self.held)
        written = [key for each in operations if (key := self._operate(keys, each, index))]
        self.held = keys
        return [replace(key, value=b"") for key in written]

    def _operate(self, keys: dict[str, Key], step: Operation, index: int) -> Key | None:
        old = keys.get(step.path)
        held_by = old.session if old else None
        alive = any(s.id == step.session for s in self.open_sessions)
        match step.verb:
            case "check-not-exists" if old is None:
                return None
            case "delete-cas" if old is None or old.modify_index == step.index:
                keys.pop(step.path, None)
                return None
            case "cas" if old is not None and old.modify_index == step.index:
                made = Key(step.path, step.raw_value, index, old.session)
            case "lock" if alive and held_by in (None, step.session):
                made = Key(step.path, step.raw_value, index, step.session)
            case "unlock" if old is not None and held_by == step.session:
                made = Key(step.path, step.raw_value, index, None)
            case _:
                raise ConflictError(f"409: {step}")
        keys[step.path] = made
        return made

    # -- sessions and queries ---------------------------------------------------------------

    def sessions(self, node: str) -> list[Session]:
        """The sessions of one node."""
        return [s for s in self.open_sessions if s.node == node]

    def create_session(self, name: str) -> str:
        """Open a session on this node."""
        index = self._write(f"create session {name}")
        self.open_sessions.append(Session(f"session-{index}", name, NODE, index))
        return f"session-{index}"

    def destroy_session(self, session_id: str) -> None:
        """End a session and delete what it holds."""
        self._write(f"destroy {session_id}")
        self.open_sessions = [s for s in self.open_sessions if s.id != session_id]
        self.held = {path: k for path, k in self.held.items() if k.session != session_id}

    def queries(self) -> list[dict[str, Any]]:
        """All prepared queries."""
        return copy.deepcopy(self.templates)

    def create_query(self, definition: Mapping[str, Any]) -> None:
        """Add a prepared query."""
        self._write("create query")
        self.templates.append({"ID": "q1", **copy.deepcopy(dict(definition))})

    def update_query(self, query_id: str, definition: Mapping[str, Any]) -> None:
        """Replace a prepared query."""
        self._write(f"update query {query_id}")
        self.templates = [{"ID": query_id, **copy.deepcopy(dict(definition))}]

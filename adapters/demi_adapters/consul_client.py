"""Consul, reduced to the calls that the registry needs, with its own types and errors.

Every method may raise `ConsulUnavailable`, `ConsulFailure` or `RefusedError` (`PermissionDenied`
among them); others are named.
Sources: Consul API documentation, pages agent/service, agent/check, kv, txn, session, query.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Self

from consul import base

from demi_adapters.calls import OnCall, counted, ignore
from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.consul_transport import Connection, checked, translated
from demi_adapters.consul_types import AgentInfo, CheckStatus, Key, Operation, Session
from demi_adapters.errors import ConflictError


class ConsulClient:
    """Consul's HTTP API at one address. Safe to share between threads; close it when done."""

    def __init__(self, settings: ConsulSettings, on_call: OnCall = ignore) -> None:
        self.settings = settings
        self.url = settings.url
        self._on_call = on_call
        self._connection = Connection(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        self._connection.http.close()

    def shut_down(self) -> None:
        """End all connections, those of other threads' calls too; no more can be made."""
        self._connection.http.shut_down()

    # -- agent ------------------------------------------------------------------------------

    def agent(self) -> AgentInfo:
        """Which agent answers."""
        with self._translated("ask for the agent"):
            config = self._connection.agent.self()["Config"]
            return AgentInfo(config["NodeName"], config["Datacenter"], config["Version"])

    def agent_services(self) -> dict[str, dict[str, Any]]:
        """The services registered with this agent, by ID."""
        with self._translated("list the agent's services"):
            return dict(self._connection.agent.services())

    def agent_checks(self) -> dict[str, dict[str, Any]]:
        """The checks of this agent, by ID."""
        with self._translated("list the agent's checks"):
            return dict(self._connection.agent.checks())

    def register_service(self, definition: Mapping[str, Any]) -> None:
        """Register a service with its check, replacing what its ID had before.

        Other checks of the service stay, somebody else's and maintenance mode among them. So does
        the monitor of a check of the same ID but another kind: deregister that first.
        """
        self._put(
            f"register service {definition['ID']}",
            "/v1/agent/service/register",
            data=json.dumps(definition),
        )

    def deregister_check(self, check_id: str) -> None:
        """Remove a check.

        Raises:
            NotFound: it was not there (Consul 1.8 is silent).
        """
        self._put(f"deregister check {check_id}", f"/v1/agent/check/deregister/{check_id}")

    def deregister_service(self, service_id: str) -> None:
        """Remove a service and its checks.

        Raises:
            NotFound: it was not there (Consul 1.11 and later say so; earlier ones are silent).
        """
        self._put(
            f"deregister service {service_id}",
            f"/v1/agent/service/deregister/{service_id}",
        )

    def update_ttl_check(self, check_id: str, status: CheckStatus, output: str) -> None:
        """Say how a TTL check stands.

        Raises:
            NotFound: there is no such check.
        """
        self._put(
            f"update check {check_id}",
            f"/v1/agent/check/update/{check_id}",
            data=json.dumps({"Status": status, "Output": output}),
        )

    # -- keys -------------------------------------------------------------------------------

    def keys(
        self, prefix: str, *, index: int | None = None, wait_s: float | None = None
    ) -> tuple[int, list[Key]]:
        """All keys that begin with a prefix, and the index to wait on for a change of them.

        With `index` the call blocks until they changed since, at most `wait_s` seconds.
        """
        with self._translated(f"read keys {prefix}"):
            found, keys = self._connection.kv.get(
                prefix, recurse=True, index=index, wait=wait_text(wait_s)
            )
            return int(found), [key_of(key) for key in keys or ()]

    def paths(self, prefix: str, *, separator: str = "") -> list[str]:
        """The paths of all keys that begin with a prefix, without their values.

        With `separator` each ends with the first one behind the prefix, and is there once.
        """
        with self._translated(f"list keys {prefix}"):
            _, found = self._connection.kv.get(prefix, keys=True, separator=separator)
            paths = list(found or ())
            if not all(str(path).startswith(prefix) for path in paths):
                raise ValueError(f"it lists other keys than {prefix}")
            return paths

    def transact(self, operations: Sequence[Operation]) -> list[Key]:
        """Do all operations or none (at most 64); the keys that were written, without values.

        Raises:
            ConflictError: a condition did not hold, or another session holds a key.
        """
        with self._translated(f"write keys such as {operations[0].path if operations else ''}"):
            answer = self._connection.txn.put([operation.body for operation in operations])
            return [key_of(result["KV"]) for result in answer["Results"] or ()]

    def put_key(self, path: str, value: bytes, index: int) -> None:
        """Write one key if it is still at that index; 0: if there is none.

        Takes values up to Consul's limit of 512 KiB, where a transaction takes less.

        Raises:
            ConflictError: it is at another index.
        """
        with self._translated(f"write key {path}"):
            done = self._connection.http.put(
                base.CB.json(),
                f"/v1/kv/{path}",
                params=[("cas", index)],
                headers=self._connection.headers,
                data=value,
            )
        if not done:
            raise ConflictError(f"{path} is not at index {index} any more")

    # -- sessions ---------------------------------------------------------------------------

    def sessions(self, node: str) -> list[Session]:
        """The sessions of one node."""
        with self._translated("list sessions"):
            _, sessions = self._connection.session.node(node)
            return [
                Session(s["ID"], s.get("Name") or "", s["Node"], s["CreateIndex"])
                for s in sessions or ()
            ]

    def create_session(self, name: str, ttl_s: int | None = None) -> str:
        """Make a session bound to this node's health that deletes its keys when it ends.

        With `ttl_s` (10 to 86,400) it also ends when it is not renewed for that long.
        """
        with self._translated(f"create session {name}"):
            made = self._connection.session.create(name, behavior="delete", lock_delay=0, ttl=ttl_s)
            return str(made)

    def destroy_session(self, session_id: str) -> None:
        """End a session, and with it the keys that it holds."""
        with self._translated("destroy a session"):
            self._connection.session.destroy(session_id)

    # -- prepared queries -------------------------------------------------------------------

    def queries(self) -> list[dict[str, Any]]:
        """The prepared queries that the token may see."""
        with self._translated("list prepared queries"):
            return list(self._connection.query.list() or ())

    def create_query(self, definition: Mapping[str, Any]) -> None:
        """Make a prepared query. python-consul2's own call would store our token in it."""
        with self._translated("create the query template"):
            http = self._connection.http
            http.post(
                base.CB.json(),
                "/v1/query",
                headers=self._connection.headers,
                data=json.dumps(definition),
            )

    def update_query(self, query_id: str, definition: Mapping[str, Any]) -> None:
        """Replace a prepared query."""
        self._put("update the query template", f"/v1/query/{query_id}", data=json.dumps(definition))

    # -- catalog ----------------------------------------------------------------------------

    def nodes(self) -> list[str]:
        """The names of all nodes."""
        with self._translated("list nodes"):
            _, nodes = self._connection.catalog.nodes()
            return [node["Node"] for node in nodes or ()]

    def node_services(self, node: str) -> list[dict[str, Any]]:
        """The services on one node, with their meta."""
        with self._translated(f"list the services of node {node}"):
            _, found = self._connection.catalog.node(node)
            return list((found or {}).get("Services", {}).values())

    def health_checks(self) -> list[dict[str, Any]]:
        """All checks of all nodes and services."""
        with self._translated("list health checks"):
            _, checks = self._connection.health.state("any")
            return list(checks or ())

    def _put(self, doing: str, path: str, data: str = "") -> None:
        with self._translated(doing):
            self._connection.http.put(checked, path, headers=self._connection.headers, data=data)

    def _translated(self, doing: str) -> AbstractContextManager[None]:
        return counted(translated(doing, self.url), self._on_call)


def wait_text(wait_s: float | None) -> str | None:
    """A waiting time as Consul reads it."""
    return None if wait_s is None else f"{round(wait_s * 1000)}ms"


def key_of(entry: Mapping[str, Any]) -> Key:
    """A key as the API shows it (Consul API, KV store: read key)."""
    return Key(
        entry["Key"],
        entry.get("Value") or b"",
        entry["ModifyIndex"],
        entry.get("Session") or None,
    )

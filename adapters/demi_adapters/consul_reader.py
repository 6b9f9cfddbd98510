"""What is asked of Consul to know all services: waiting for changes, and reading without tears.

Errors are those of `ConsulClient`. Sources: Consul API documentation, pages catalog, health, kv,
"Blocking Queries".
"""

from collections.abc import Iterable
from typing import Any

from demi_adapters.consul_client import ConsulClient, key_of, wait_text
from demi_adapters.consul_types import Key
from demi_adapters.directory import (
    Instance,
    InstanceReader,
    in_order,
    instances_in,
)
from demi_adapters.names import ServiceName


class ConsulReader(ConsulClient):
    """A client that can wait, and read what one needs to look services up."""

    def catch_up(self) -> None:
        """Return once Consul knows all that it knew before a restart, or a change of leader.

        A new leader answers at once, even if it has yet to read its own log: with less than it
        knows. To a consistent query it answers when it has (Consul API, "Consistency Modes").
        """
        with self._translated("wait for the leader"):
            self._connection.catalog.nodes(consistency="consistent")

    def catalog_index(self, *, index: int | None = None, wait_s: float | None = None) -> int:
        """The index of the list of services; with `index`, once it has changed or time is up."""
        with self._translated("wait for services"):
            found, _ = self._connection.catalog.services(index=index, wait=wait_text(wait_s))
            return int(found)

    def checks(
        self, *, index: int | None = None, wait_s: float | None = None
    ) -> tuple[int, list[dict[str, Any]]]:
        """All checks and their index; with `index`, once it has changed or time is up."""
        with self._translated("read health checks"):
            found, checks = self._connection.health.state(
                "any", index=index, wait=wait_text(wait_s)
            )
            return int(found), list(checks or ())

    def service_entries(self, consul_name: str) -> list[dict[str, Any]]:
        """The instances that share a Consul name, each with node and checks."""
        with self._translated(f"look {consul_name} up"):
            _, entries = self._connection.health.service(consul_name)
            return list(entries or ())

    def service(self, name: ServiceName) -> list[Instance]:
        """The instances of one service, in one call."""
        return [i for i in instances_in(self.service_entries(name.consul_name)) if i.name == name]

    def key(self, path: str) -> Key | None:
        """One key; None where there is none."""
        with self._translated(f"read key {path}"):
            _, found = self._connection.kv.get(path)
            return key_of(found) if found else None

    def renew_session(self, session_id: str) -> None:
        """Keep a session with a time-out alive.

        Raises:
            NotFound: it has ended.
        """
        with self._translated("renew a session"):
            self._connection.session.renew(session_id)

    def session_name(self, session_id: str) -> str | None:
        """The name of a session; None where it has ended."""
        with self._translated("ask for a session"):
            _, session = self._connection.session.info(session_id)
            return str(session.get("Name") or "") if session else None


def read_all(consul: ConsulReader) -> tuple[Instance, ...]:
    """All instances, by site, stack, service and container.

    Two calls, one for each node, and one for each service without checks.

    Raises:
        TransientError: Consul can't answer now.
        RefusedError: the token may not read nodes, services or checks.
    """
    _, checks = consul.checks()
    instances = InstanceReader().read(read_services(consul), checks)
    bare = [i for i in instances if not i.has_own_checks]
    return in_order([*(i for i in instances if i.has_own_checks), *look_again(consul, bare)])


def read_services(consul: ConsulReader) -> dict[str, list[dict[str, Any]]]:
    """The services of each node."""
    return {node: consul.node_services(node) for node in consul.nodes()}


def look_again(consul: ConsulReader, unclear: Iterable[Instance]) -> list[Instance]:
    """Some instances, each read together with its checks; without those that are gone.

    Services and checks are read one after the other. An instance without a check of its own either
    has none, or it came or went in between: then nothing is known of its state.
    """
    wanted = {(i.node, i.id) for i in unclear}
    names = {i.name for i in unclear}
    found = (instance for name in sorted(names) for instance in consul.service(name))
    return [instance for instance in found if (instance.node, instance.id) in wanted]

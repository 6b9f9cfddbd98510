"""Who is where: every DeMi service that Consul knows, by its meta; pure.

Sources: Consul API documentation, pages catalog (list services for node) and health.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from demi_adapters.names import ServiceName

# From best to worst; Consul's own order when several checks disagree.
STATUSES = ("passing", "warning", "critical")

# Checks over HTTP repeat up to 4 KiB of the page that they were given.
_MOST_SAID = 300

# Consul's IDs of checks that stand for maintenance, of a node or of a service.
_MAINTENANCE = ("_node_maintenance", "_service_maintenance")

_DEMI_META = frozenset({"demi_site", "demi_stack", "demi_service"})

RawService = Mapping[str, Any]
RawCheck = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckState:
    """One health check; `output` is the checker's own words, raw.

    `is_of_node`: it is about the whole host, e.g. whether Consul's agent there answers at all.
    """

    id: str
    name: str
    status: str
    output: str
    is_of_node: bool

    @property
    def says(self) -> str:
        """Its output on one short line."""
        words = " ".join(self.output.split())
        return words if len(words) <= _MOST_SAID else f"{words[: _MOST_SAID - 1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance of a service as Consul has it; `status` is the worst of its `checks`.

    Texts are as somebody wrote them into labels: nothing in them is safe for a terminal or a page.
    """

    site: str
    stack: str
    service: str
    status: str
    host: str
    port: int
    url: str | None
    swagger_url: str | None
    category: str | None
    description: str | None
    container: str | None
    owner: str | None
    node: str
    id: str
    tags: tuple[str, ...] = ()
    checks: tuple[CheckState, ...] = ()

    @property
    def name(self) -> ServiceName:
        """The exact name."""
        return ServiceName(self.site, self.stack, self.service)

    @property
    def is_healthy(self) -> bool:
        """Whether every check passes. An instance without checks counts as healthy."""
        return self.status == STATUSES[0]

    @property
    def has_own_checks(self) -> bool:
        """Whether there is any check but those of its node."""
        return any(not check.is_of_node for check in self.checks)

    @property
    def reason(self) -> str:
        """What the worst check says, on one short line; empty where all is well."""
        if self.is_healthy:
            return ""
        worst = next(check for check in self.checks if check.status == self.status)
        return worst.says or f"{worst.name}: not looked at yet"

    def says_the_same(self, other: "Instance") -> bool:
        """Whether both tell the same of the service, whatever their checks find."""
        return all(
            getattr(self, field.name) == getattr(other, field.name)
            for field in fields(self)
            if field.name not in ("status", "checks")
        )

    def as_dict(self) -> dict[str, object]:
        """The form that `demi ls -o json` prints."""
        return asdict(self)


def instances_of(
    node: str, services: Iterable[RawService], checks: Iterable[RawCheck]
) -> list[Instance]:
    """The DeMi services among one node's services.

    Args:
        node: the node's name.
        services: the services on it.
        checks: checks of any nodes; those of this node and its services are taken.
    """
    return InstanceReader().read({node: services}, checks)


class InstanceReader:
    """Reads instances out of the services of several nodes, and those again that have changed.

    Consul counts each change of a service and of a check in its `ModifyIndex`.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[object, Instance]] = {}

    def read(
        self, services: Mapping[str, Iterable[RawService]], checks: Iterable[RawCheck]
    ) -> list[Instance]:
        """The DeMi services among those of several nodes, by node."""
        by_service: dict[tuple[str, str], list[RawCheck]] = defaultdict(list)
        for check in checks:
            by_service[str(check.get("Node")), check.get("ServiceID") or ""].append(check)
        before, self._known = self._known, {}
        for node, found in services.items():
            for service in found:
                if (service.get("Meta") or {}).keys() >= _DEMI_META:
                    key = (node, str(service.get("ID")))
                    own = [*by_service[key], *by_service[node, ""]]
                    version = _version(service, own)
                    known = before.get(key)
                    self._known[key] = (
                        known
                        if known is not None and version is not None and known[0] == version
                        else (version, _instance(node, service, own))
                    )
        return [instance for _, instance in self._known.values()]


def _version(service: RawService, checks: Iterable[RawCheck]) -> object:
    """What changes whenever one of them does; None where Consul does not say."""
    indices = [service.get("ModifyIndex"), *(c.get("ModifyIndex") for c in checks)]
    return None if None in indices else (indices, [c.get("CheckID") for c in checks])


def instances_in(entries: Iterable[Mapping[str, Any]]) -> list[Instance]:
    """The DeMi services in an answer of `/v1/health/service/NAME`, each read at one moment."""
    return [
        instance
        for entry in entries
        for instance in instances_of(
            entry["Node"]["Node"], [entry["Service"]], entry.get("Checks") or ()
        )
    ]


def in_order(instances: Iterable[Instance]) -> tuple[Instance, ...]:
    """By site, stack, service and container."""
    return tuple(sorted(instances, key=lambda i: (i.name, i.container or "", i.id, i.node)))


def _output(check: RawCheck) -> str:
    """What a check found; of maintenance, which finds nothing, the reason that was given."""
    if str(check.get("CheckID")).startswith(_MAINTENANCE):
        return f"maintenance: {check.get('Notes') or ''}"
    return str(check.get("Output") or "")


def _instance(node: str, service: RawService, checks: Sequence[RawCheck]) -> Instance:
    meta: Mapping[str, str] = service["Meta"]
    known = [
        CheckState(
            id=str(check.get("CheckID") or ""),
            name=str(check.get("Name") or ""),
            status=str(check.get("Status")),
            output=_output(check),
            is_of_node=not check.get("ServiceID"),
        )
        for check in checks
        if check.get("Status") in STATUSES
    ]
    return Instance(
        site=meta["demi_site"],
        stack=meta["demi_stack"],
        service=meta["demi_service"],
        status=max((c.status for c in known), key=STATUSES.index, default=STATUSES[0]),
        host=str(service.get("Address") or ""),
        port=int(service.get("Port") or 0),
        url=meta.get("demi_url"),
        swagger_url=meta.get("demi_swagger_url"),
        category=meta.get("demi_category"),
        description=meta.get("demi_description"),
        container=meta.get("demi_container"),
        owner=meta.get("demi_owner"),
        node=node,
        id=str(service.get("ID")),
        tags=tuple(service.get("Tags") or ()),
        checks=tuple(sorted(known, key=lambda c: c.id)),
    )

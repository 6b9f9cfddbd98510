"""Who is where: every DeMi service that Consul knows, by its meta."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from demi_adapters.consul_client import ConsulClient
from demi_adapters.names import ServiceName

# From best to worst; Consul's own order when several checks disagree.
STATUSES = ("passing", "warning", "critical")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance of a service as Consul has it; `status` is the worst of its checks."""

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

    @property
    def name(self) -> ServiceName:
        """The exact name."""
        return ServiceName(self.site, self.stack, self.service)

    def as_dict(self) -> dict[str, object]:
        """The form that `demi ls -o json` prints."""
        return asdict(self)


def read_instances(consul: ConsulClient) -> list[Instance]:
    """All instances, by site, stack, service and container; two calls and one for each node.

    Raises:
        TransientError: Consul can't answer now.
        RefusedError: the token may not read nodes, services or checks.
    """
    checks = consul.health_checks()
    return sorted(
        (
            instance
            for node in consul.nodes()
            for instance in instances_of(node, consul.node_services(node), checks)
        ),
        key=lambda i: (i.name, i.container or "", i.id),
    )


def instances_of(
    node: str, services: Iterable[Mapping[str, Any]], checks: Iterable[Mapping[str, Any]]
) -> list[Instance]:
    """The DeMi services among one node's services (Consul API: catalog node, health state)."""
    statuses: dict[str, list[str]] = defaultdict(list)
    for check in checks:
        if check.get("Node") == node:
            statuses[check.get("ServiceID") or ""].append(str(check.get("Status")))
    return [
        _instance(node, service, statuses[""] + statuses[str(service.get("ID"))])
        for service in services
        if {"demi_site", "demi_stack", "demi_service"} <= (service.get("Meta") or {}).keys()
    ]


def _instance(node: str, service: Mapping[str, Any], statuses: Iterable[str]) -> Instance:
    meta: Mapping[str, str] = service["Meta"]
    known = [status for status in statuses if status in STATUSES]
    return Instance(
        site=meta["demi_site"],
        stack=meta["demi_stack"],
        service=meta["demi_service"],
        status=max(known, key=STATUSES.index, default="passing"),
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
    )

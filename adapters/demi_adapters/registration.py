"""What a container's labels become in Consul: the contract, sections 2 to 5, as a function."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from demi_adapters.checks import Check
from demi_adapters.container import Container
from demi_adapters.endpoints import find_endpoints
from demi_adapters.labels import parse_labels
from demi_adapters.names import ServiceName, category_tag
from demi_adapters.problems import Code, Problem
from demi_adapters.service_labels import ServiceLabels

TAG = "demi"
_META_BYTES = 512  # Consul API, agent service: "Meta"


def check_id(service_id: str) -> str:
    """The ID of a service's check, as Consul itself names a service's only one."""
    return f"service:{service_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who registers: the owner's name, the default host of its services, its sites (none: all)."""

    owner: str
    host: str
    sites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One instance of a service: a container and the labels that it carries for that service.

    Values that could not be determined, or may not be used because of an error in the service's
    labels (`registered` is False), are None. `kv` holds paths below the root, such as
    `demi/sr1_lls/felix/api/url`.
    """

    name: ServiceName
    id: str
    container: str
    created_ns: int
    registered: bool
    host: str | None
    hostport: int | None
    url: str | None
    swagger_url: str | None
    health_url: str | None
    check: Check | None
    tags: tuple[str, ...]
    meta: Mapping[str, str]
    kv: Mapping[str, str]

    @property
    def sort_key(self) -> tuple[ServiceName, str]:
        """By site, stack, service, container."""
        return self.name, self.container

    @property
    def service_body(self) -> dict[str, object]:
        """The service as `/v1/agent/service/register` takes it, without checks."""
        return {
            "ID": self.id,
            "Name": self.name.consul_name,
            "Address": self.host,
            "Port": self.hostport,
            "Tags": list(self.tags),
            "Meta": dict(self.meta),
        }

    @property
    def check_body(self) -> dict[str, object] | None:
        """The check as it stands in there, without its status; None where there is none."""
        if self.check is None:
            return None
        return {
            "CheckID": check_id(self.id),
            "Name": f"Health of {self.name}",
            "Notes": self.check.summary,
            **self.check.definition,
        }

    def as_dict(self) -> dict[str, object]:
        """The form that `demi explain -o json` prints (the contract's section 8)."""
        return {
            "site": self.name.site,
            "stack": self.name.stack,
            "service": self.name.service,
            "registered": self.registered,
            "name": self.name.consul_name,
            "id": self.id,
            "container": self.container,
            "host": self.host,
            "hostport": self.hostport,
            "url": self.url,
            "swagger_url": self.swagger_url,
            "health_url": self.health_url,
            "check": self.check.as_dict() if self.check else None,
            "tags": list(self.tags),
            "meta": dict(self.meta),
            "kv": dict(self.kv),
        }


@dataclass(frozen=True, slots=True)
class Registrations:
    """The registrations of some containers and the problems found on the way, both sorted."""

    services: tuple[Registration, ...]
    problems: tuple[Problem, ...]


def register_all(containers: Iterable[Container], origin: Origin) -> Registrations:
    """Registrations of all running containers, with the collisions between them."""
    return combine(register(container, origin) for container in containers)


def combine(parts: Iterable[Registrations]) -> Registrations:
    """Put the registrations of several containers together and look for collisions."""
    services: list[Registration] = []
    problems: list[Problem] = []
    for part in parts:
        services += part.services
        problems += part.problems
    names: dict[str, set[ServiceName]] = defaultdict(set)
    for service in services:
        if service.registered:
            names[service.name.consul_name].add(service.name)
    problems += collisions(names)
    return Registrations(
        tuple(sorted(services, key=lambda r: r.sort_key)),
        tuple(sorted(problems, key=lambda p: p.sort_key)),
    )


def register(container: Container, origin: Origin) -> Registrations:
    """What one container's labels become; nothing where it does not run."""
    if not container.running:
        return Registrations((), ())
    parsed = parse_labels(container.labels, sites=origin.sites, container=container.short_id)
    services: list[Registration] = []
    problems = list(parsed.problems)
    for name, own in sorted(parsed.services.items()):
        labels = ServiceLabels(name, own, container=container.short_id, default_host=origin.host)
        services.append(_describe(name, labels, container, origin))
        problems += labels.problems
    return Registrations(_with_own_ids(services), tuple(problems))


def _with_own_ids(services: Sequence[Registration]) -> tuple[Registration, ...]:
    """The services of one container, with IDs that differ also where they share a slug.

    The first keeps the plain ID; those that are not registered come last, so that an error in one
    service changes nothing about another.
    """
    own: dict[str, Registration] = {}
    for service in sorted(services, key=lambda s: (not s.registered, s.name)):
        shared = service.id in own
        id_ = f"{service.id}-{service.name.digest}" if shared else service.id
        own[id_] = replace(service, id=id_)
    return tuple(own.values())


def _describe(
    name: ServiceName, labels: ServiceLabels, container: Container, origin: Origin
) -> Registration:
    found = find_endpoints(labels, container)
    derived = {
        "host": found.host,
        "protocol": found.protocol,
        "hostport": None if found.hostport is None else str(found.hostport),
        "url": found.url,
        "swagger_url": found.swagger_url,
        "health_url": found.health_url,
        "container": container.short_id,
        "image": container.image,
        "owner": origin.owner,
    }
    kv = labels.sound | {key: value for key, value in derived.items() if value}
    meta = {
        "demi_site": name.site,
        "demi_stack": name.stack,
        "demi_service": name.service,
        "demi_owner": origin.owner,
        "demi_container": container.short_id,
        "demi_url": found.url,
        "demi_swagger_url": found.swagger_url,
        "demi_category": labels.text("category"),
        "demi_description": labels.text("description"),
    }
    tag = category_tag(labels.text("category"))
    return Registration(
        name=name,
        id=f"{name.consul_name}-{container.short_id}",
        container=container.short_id,
        created_ns=container.created_ns,
        registered=not labels.has_errors,
        host=found.host,
        hostport=found.hostport,
        url=found.url,
        swagger_url=found.swagger_url,
        health_url=found.health_url,
        check=found.check,
        tags=(TAG, tag) if tag and tag != TAG else (TAG,),
        meta={key: _cut(value) for key, value in meta.items() if value},
        kv={f"{name.path}{key}": kv[key] for key in sorted(kv)},
    )


def _cut(text: str) -> str:
    return text.encode()[:_META_BYTES].decode(errors="ignore")


def collisions(names: Mapping[str, Collection[ServiceName]]) -> list[Problem]:
    """One problem for each Consul name (the keys) that several registered services share."""
    return [
        Problem(
            code=Code.NAME_COLLISION,
            message=(
                f"{' and '.join(map(str, sorted(sharing)))} share the Consul name {slug}: DNS "
                "answers for all of them alike. Rename all but one."
            ),
            service=str(min(sharing)),
        )
        for slug, sharing in sorted(names.items())
        if len(sharing) > 1
    ]

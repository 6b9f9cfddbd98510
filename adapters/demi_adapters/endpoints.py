"""Where a service answers and how its health is checked (the contract, sections 2 to 4)."""

from dataclasses import dataclass

from demi_adapters.checks import STATUS_OF_HEALTH, Check
from demi_adapters.container import Container
from demi_adapters.ports import UDP, find_host_port
from demi_adapters.problems import Code
from demi_adapters.service_labels import ServiceLabels
from demi_adapters.urls import (
    HTTP_SCHEMES,
    MAX_URL_BYTES,
    Location,
    base_url,
    bracketed,
    health_url,
    join_url,
    parse_location,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where one instance of a service answers.

    `host` and `protocol` are the effective ones, None where the labels are wrong. All the rest is
    None for a service that may not be registered.
    """

    host: str | None
    protocol: str | None
    hostport: int | None = None
    url: str | None = None
    swagger_url: str | None = None
    health_url: str | None = None
    check: Check | None = None


def find_endpoints(labels: ServiceLabels, container: Container) -> Endpoints:
    """All endpoints of a service, or only host and protocol where one of its labels is wrong."""
    place = _locate(labels, container)
    health, host = labels.text("health"), labels.host
    if place is None:
        if health and host is not None and not labels.is_set("url"):
            # Whose host it names can be told all the same.
            labels.attempt(lambda: health_url(health, "", host), "health")
        return Endpoints(host=host, protocol=labels.protocol)
    swagger_url = checked_url = None
    if postfix := labels.text("url_postfix"):
        swagger_url = _within_limit(labels, join_url(place.url, postfix), "url_postfix")
    if health:
        checked_url = labels.attempt(lambda: health_url(health, place.url, place.host), "health")
    if labels.has_errors:
        return Endpoints(host=place.host, protocol=place.scheme)
    return Endpoints(
        host=place.host,
        protocol=place.scheme,
        hostport=place.port,
        url=place.url,
        swagger_url=swagger_url,
        health_url=checked_url,
        check=_find_check(labels, container, place, checked_url),
    )


def _locate(labels: ServiceLabels, container: Container) -> Location | None:
    """The service's URL with its parts, or None where a reported problem stands in the way."""
    if labels.is_set("url"):
        return _given_location(labels)
    protocol, host = labels.protocol, labels.host
    if protocol is None or host is None or not labels.are_sound("port", "hostport"):
        return None
    found = labels.attempt(
        lambda: find_host_port(
            container, hostport=labels.hostport, port=labels.port, protocol=protocol
        )
    )
    if found is None:
        return None
    port, loopback_only = found
    if loopback_only:
        labels.report(
            Code.LOOPBACK_ONLY,
            f"port {port} is published on a loopback address, which other hosts can't reach. "
            "Publish it without an address, or on one of the network's.",
        )
    url = _within_limit(
        labels, base_url(protocol, host, port, labels.text("url_prefix")), "url_prefix"
    )
    return Location(url, protocol, host, port) if url else None


def _given_location(labels: ServiceLabels) -> Location | None:
    given = labels.attempt(lambda: parse_location(labels.text("url")), "url")
    if given is None or not _within_limit(labels, given.url, "url"):
        return None
    if given.port is None:
        labels.report(
            Code.NO_PORT, f"the URL must name its port; {given.scheme} has no usual one.", "url"
        )
        return None
    return given


def _within_limit(labels: ServiceLabels, url: str, key: str) -> str | None:
    if len(url) <= MAX_URL_BYTES:
        return url
    labels.report(
        Code.BAD_URL, f"the URL has {len(url)} characters; Consul takes {MAX_URL_BYTES}.", key
    )
    return None


def _find_check(
    labels: ServiceLabels, container: Container, place: Location, checked_url: str | None
) -> Check | None:
    """The first that applies: the health URL, Docker's HEALTHCHECK, a TCP connect (not to UDP)."""
    if checked_url and checked_url.lower().partition("://")[0] in HTTP_SCHEMES:
        return Check(
            kind="http",
            target=checked_url,
            interval=labels.interval,
            timeout=labels.timeout,
            tls_skip_verify=labels.tls_skip_verify,
        )
    if checked_url is None and container.health is not None:
        return Check(kind="ttl", status=STATUS_OF_HEALTH[container.health])
    if place.scheme == UDP:
        return None
    target = f"{bracketed(place.host)}:{place.port}"
    return Check(kind="tcp", target=target, interval=labels.interval, timeout=labels.timeout)

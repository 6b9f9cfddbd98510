"""What holds for any labels and any answer of the engine, however hostile."""

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from demi_adapters.container import Container, from_inspect, from_list
from demi_adapters.registration import Origin, Registration, Registrations, register_all

ORIGIN = Origin(owner="pc7", host="pc7.lab")
REFUSED = {"javascript", "data", "vbscript", "file"}

# A guess that keeps this file under ten seconds; no deadline, so a slow machine changes nothing.
few = settings(deadline=None, max_examples=60)

any_text = st.text(st.characters(), max_size=12)  # with lone surrogates, which JSON can carry
# Made from small parts: hypothesis prints a strategy where it fails.
very_long = st.sampled_from([("9", 5000), ("0", 5000), ("1", 3000), ("x", 600), ("é", 300)]).map(
    lambda part: part[0] * part[1]
)
hostile_words = st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "\r\nX-Evil: 1",
        "\ud800",
        "\u202e\u200fmoc",
        "javascript:alert(1)",
        "javascript://h/%0aalert(1)",
        "JaVaScRiPt",
        "file:///etc/passwd",
        "data:text/html,x",
        "../../../acl",
        "..",
        "//evil.org/",
        "@evil.org",
        "\\evil.org",
        "?a#b",
        '"><script>',
        "%",
        "%zz",
        "http://evil.org/",
        "http://pc7.lab@evil.org/",
        "http://pc7.lab:9/h",
        "https://[::1]:3/x y",
        "redis://h/0",
        "opc.tcp://plc7:4840",
        "HTTPS://PC7.lab",
        "\u0663",
        "\uff18\uff10",
        "-1",
        "8000",
        "5000",
        "udp",
        "https",
        "::1",
        "[::1]",
        "10.0.0.1",
        "pc8.lab",
        "1m30s",
        "0s",
        "/docs",
        "true",
    ]
)
very_long_ports = st.builds("{}{}".format, st.sampled_from(["http://pc7.lab:", "0"]), very_long)
hostile = st.one_of(hostile_words, hostile_words, hostile_words, very_long, very_long_ports)
sites = st.sampled_from(["sr1", "s_r", "s-r", "S-R", "a" * 63])
names = st.sampled_from(["api", "ui", "a_b", "a-b", "A-B", "b" * 63])
keys = st.sampled_from(
    [
        "host",
        "port",
        "hostport",
        "protocol",
        "url",
        "url_prefix",
        "url_postfix",
        "health",
        "own.key",
        "health_interval",
        "health_timeout",
        "health_tls_skip_verify",
        "category",
        "description",
        "swagger_url",
        "health_url",
        "container",
        "image",
        "owner",
    ]
)
demi_labels = st.builds("demi.{}.{}.{}.{}".format, sites, names, names, keys)
broken_labels = st.builds(
    "demi.{}.{}.{}.{}".format, *[st.one_of(names, hostile, any_text)] * 3, st.one_of(keys, any_text)
)
values = st.one_of(hostile, any_text)
any_labels = st.dictionaries(
    st.one_of(demi_labels, demi_labels, broken_labels, any_text), values, max_size=12
)

addresses = st.sampled_from(["0.0.0.0", "::", "", "127.0.0.1", "::1", "192.168.1.5"])
places = st.tuples(addresses, st.integers(1, 65535))
published = st.dictionaries(
    st.tuples(st.sampled_from([53, 8000, 9000]), st.sampled_from(["tcp", "udp"])),
    st.lists(places, max_size=3, unique=True),
    max_size=3,
)
models = st.fixed_dictionaries(
    {
        "id": st.text("0123456789abcdef", min_size=64, max_size=64),
        "created": st.integers(0, 4_000_000_000),
        "labels": any_labels,
        "ports": published,
        "network": st.sampled_from(["bridge", "host", "none"]),
        "health": st.sampled_from([None, "starting", "healthy", "unhealthy"]),
        "state": st.sampled_from(["running", "paused", "exited"]),
    }
)


def as_inspected(model: Mapping[str, Any]) -> dict[str, Any]:
    """The container as `docker inspect` prints it."""
    ports = {
        f"{port}/{kind}": [{"HostIp": ip, "HostPort": str(number)} for ip, number in bindings]
        for (port, kind), bindings in model["ports"].items()
    }
    health = model["health"]
    return {
        "Id": model["id"],
        "Name": "/one",
        "Created": _rfc3339(model["created"]),
        "Config": {
            "Image": "felix:1",
            "Labels": model["labels"],
            "Healthcheck": {"Test": ["CMD", "true"]} if health else None,
        },
        "State": {"Status": model["state"], "Health": {"Status": health} if health else None},
        "HostConfig": {"NetworkMode": model["network"]},
        "NetworkSettings": {"Ports": {k: v or None for k, v in ports.items()}},
    }


def as_listed(model: Mapping[str, Any]) -> dict[str, Any]:
    """The same container as an entry of the container list."""
    ports: list[dict[str, Any]] = []
    for (port, kind), bindings in model["ports"].items():
        ports += [
            {"IP": ip, "PrivatePort": port, "PublicPort": number, "Type": kind}
            for ip, number in bindings
        ] or [{"PrivatePort": port, "Type": kind}]
    word = {None: "", "starting": " (health: starting)"}.get(
        model["health"], f" ({model['health']})"
    )
    return {
        "Id": model["id"],
        "Names": ["/one"],
        "Image": "felix:1",
        "Created": model["created"],
        "Labels": model["labels"],
        "State": model["state"],
        "Status": f"Up 2 hours{word}",
        "HostConfig": {"NetworkMode": model["network"]},
        "Ports": ports,
    }


def _rfc3339(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    # Written by hand: datetime is what the code under test reads it with.
    year = 1970
    while days >= (length := 366 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 365):
        days, year = days - length, year + 1
    for month in range(1, 13):
        leap = length == 366
        size = {2: 29 if leap else 28, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
        if days < size:
            break
        days -= size
    return f"{year}-{month:02}-{days + 1:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


containers = models.map(as_inspected).map(from_inspect)
several = st.lists(containers, max_size=3, unique_by=lambda c: c.short_id)


def urls_of(service: Registration) -> list[str]:
    """Every URL that a person may click or Consul may call."""
    ours = [v for k, v in service.kv.items() if k.rpartition("/")[2] in URL_KEYS]
    meta = [service.meta[k] for k in ("demi_url", "demi_swagger_url") if k in service.meta]
    target = service.check.target if service.check and service.check.kind == "http" else None
    found = [service.url, service.swagger_url, service.health_url, target, *ours, *meta]
    return [url for url in found if url is not None]


URL_KEYS = {"url", "swagger_url", "health_url"}


def is_same_host(one: str, other: str) -> bool:
    """Whether two hosts are spelled for the same one."""
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return one.lower().removesuffix(".") == other.lower().removesuffix(".")


@few
@given(several)
def test_nothing_leaves_its_place_in_the_key_value_tree(found: list[Container]) -> None:
    """Each key is one segment below `demi/{site}/{stack}/{service}/`."""
    for service in register_all(found, ORIGIN).services:
        for path in service.kv:
            root, site, stack, name, key = path.split("/")
            assert (root, site, stack, name) == (
                "demi",
                service.name.site,
                service.name.stack,
                service.name.service,
            )
            assert re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", key)


@few
@given(several)
def test_urls_are_harmless_and_on_the_registered_host(found: list[Container]) -> None:
    """No scheme that runs code, printable ASCII without spaces, and the service's own host."""
    for service in register_all(found, ORIGIN).services:
        for url in urls_of(service):
            parts = urlsplit(url)
            assert parts.scheme not in REFUSED
            # Of a service that is not registered, the tree keeps a sound label as it was written.
            assert re.fullmatch(r"[!-~]+", url) if service.registered else url.isprintable()
            assert service.host is not None
            assert is_same_host(parts.hostname or "", service.host)
            assert parts.port is None or 0 < parts.port < 65536


@few
@given(several)
def test_checks_aim_at_the_services_own_host(found: list[Container]) -> None:
    """An HTTP or TCP check can't be aimed at another machine."""
    for service in register_all(found, ORIGIN).services:
        if service.check is not None and service.check.target is not None:
            target = service.check.target
            parts = urlsplit(target if service.check.kind == "http" else f"tcp://{target}")
            assert service.host is not None
            assert is_same_host(parts.hostname or "", service.host)
            assert service.check.kind == "http" or parts.port == service.hostport


@few
@given(several)
def test_consul_takes_every_name_tag_and_meta_value(found: list[Container]) -> None:
    """Names and tags fit DNS, meta values 512 bytes, and all texts UTF-8."""
    for service in register_all(found, ORIGIN).services:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", service.name.consul_name)
        assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", tag) for tag in service.tags)
        assert all(len(v.encode()) <= 512 and v for v in service.meta.values())
        assert all(isinstance(v.encode(), bytes) for v in service.kv.values())
        assert service.hostport is None or 0 < service.hostport < 65536


@few
@given(several)
def test_ids_are_unique(found: list[Container]) -> None:
    """Also where services share a slug."""
    ids = [service.id for service in register_all(found, ORIGIN).services]
    assert len(ids) == len(set(ids))


@few
@given(several)
def test_all_of_it_can_be_printed_as_json(found: list[Container]) -> None:
    """Services and problems, and no message holds a control character."""
    result = register_all(found, ORIGIN)
    json.dumps([s.as_dict() for s in result.services] + [p.as_dict() for p in result.problems])
    assert all(problem.message.isprintable() for problem in result.problems)


@few
@given(several, st.randoms())
def test_the_order_of_containers_and_labels_is_irrelevant(
    found: list[Container], random: Any
) -> None:
    """The result is the same value, in the same order."""

    def shuffled(container: Container) -> Container:
        labels = list(container.labels.items())
        random.shuffle(labels)
        return Container(
            **{f: getattr(container, f) for f in Container.__slots__ if f != "labels"},
            labels=dict(labels),
        )

    again = [shuffled(container) for container in found]
    random.shuffle(again)
    assert register_all(again, ORIGIN) == register_all(found, ORIGIN)


sound_labels = st.dictionaries(
    st.builds("demi.{}.felix.{}.{}".format, sites, names, st.sampled_from(["port", "category"])),
    st.just("8000"),
    min_size=1,
    max_size=5,
)
bad_labels = st.one_of(
    st.tuples(st.builds("demi.{}.felix.bad.{}".format, sites, keys), values),
    st.tuples(st.sampled_from(["demi.", "demi.sr1", "demi.sr1.felix.api", "demi..a.b.c"]), values),
    st.tuples(st.builds("demi.{}.felix.{}.{}".format, sites, names, any_text), values),
    st.tuples(st.builds("demi.{}.felix.{}.port".format, sites, names), st.just("x")),
)


def others(result: Registrations, label: str) -> list[Registration]:
    """The registered services that a label does not belong to."""
    return [s for s in result.services if s.registered and not label.startswith(f"demi.{s.name}.")]


@few
@given(models, sound_labels, bad_labels)
def test_a_bad_label_changes_nothing_about_the_other_services(
    model: dict[str, Any], labels: dict[str, str], bad: tuple[str, str]
) -> None:
    """They are described as if it were not there."""
    label, value = bad
    sound = {k: v for k, v in labels.items() if k != label}
    with_bad = {**sound, label: value}
    alone, among = (
        register_all([from_inspect(as_inspected({**model, "labels": own}))], ORIGIN)
        for own in (sound, with_bad)
    )
    if not any(s.registered and label.startswith(f"demi.{s.name}.") for s in among.services):
        assert others(among, label) == others(alone, label)


@few
@given(models)
def test_the_list_and_the_inspection_of_a_container_agree(model: dict[str, Any]) -> None:
    """Except for the health of a paused container, which the list hides."""
    listed, seen = from_list(as_listed(model)), from_inspect(as_inspected(model))
    assert listed == seen
    assert register_all([listed], ORIGIN) == register_all([seen], ORIGIN)


inspect_words = st.sampled_from(
    [
        "Id",
        "Name",
        "Created",
        "Config",
        "Labels",
        "Healthcheck",
        "Test",
        "Image",
        "State",
        "Status",
        "Running",
        "Paused",
        "Health",
        "HostConfig",
        "NetworkMode",
        "NetworkSettings",
        "Ports",
        "HostIp",
        "HostPort",
        "8000/tcp",
        "/",
        "x/y/z",
        "Names",
        "IP",
        "PrivatePort",
        "PublicPort",
        "Type",
        "demi.sr1.felix.api.port",
        "demi.sr1.felix.api.url",
    ]
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    any_text,
    hostile,
    st.sampled_from(["running", "2026-02-31T00:00:00Z", "0001-01-01T00:00:00+23:59", "NONE"]),
)
odd_json = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(inspect_words, inner, max_size=6)
    ),
    max_leaves=25,
)
one_part_replaced = st.tuples(
    models,
    st.lists(inspect_words, min_size=1, max_size=2),
    odd_json,
)


def replaced(data: Any, words: list[str], value: Any) -> Any:
    """A copy in which every value under one of these keys is another."""
    if isinstance(data, dict):
        return {k: value if k in words else replaced(v, words, value) for k, v in data.items()}
    return [replaced(item, words, value) for item in data] if isinstance(data, list) else data


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(inspect_words, odd_json, max_size=8))
def test_any_json_object_becomes_a_container(data: dict[str, Any]) -> None:
    """Wrong types are read as absent values; nothing is raised."""
    register_all([from_inspect(data), from_list(data)], ORIGIN)


@settings(deadline=None, max_examples=200)
@given(one_part_replaced)
def test_one_part_of_the_wrong_type_is_no_exception(
    change: tuple[dict[str, Any], list[str], Any],
) -> None:
    """Neither in an inspection nor in an entry of the list."""
    model, words, value = change
    for read, data in ((from_inspect, as_inspected(model)), (from_list, as_listed(model))):
        register_all([read(replaced(data, words, value))], ORIGIN)

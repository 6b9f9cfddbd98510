"""All that is known of one service, made fit to be shown; pure."""

import re
from collections.abc import Iterable, Mapping

from demi_adapters.directory import CheckState, Instance
from demi_adapters.entries import Entry
from demi_adapters.services import Service
from demi_adapters.urls import bracketed
from demi_ui.rows import Row
from demi_ui.text import one_line, plain, safe_link, short_reason

_NAME_CHARACTERS = 300

Json = dict[str, object]


def detail(row: Row, service: Service, keys: Iterable[Entry], keys_error: str) -> Json:
    """What the browser gets of a service.

    Args:
        row: the service in the list.
        service: its instances.
        keys: what the key-value tree holds below its name.
        keys_error: why that could not be read; empty where it could.
    """
    entries = sorted(keys, key=lambda entry: entry.path)
    known = {entry.path.removeprefix(service.name.path): entry.text for entry in entries}
    return {
        "key": row.key,
        "name": row.service,
        "site": row.site,
        "stack": row.stack,
        "state": str(row.state),
        "reason": row.reason,
        "since": round(row.since.at_s * 1000),
        "exact": row.since.is_exact,
        "category": row.category,
        "description": next((plain(i.description) for i in service.instances if i.description), ""),
        "dns": [plain(name, _NAME_CHARACTERS) for name in service.name.dns_names],
        "instances": [_instance(instance, known) for instance in service.instances],
        "keys": [(plain(e.path, _NAME_CHARACTERS), plain(e.text), e.is_held) for e in entries],
        "keysError": one_line(keys_error),
    }


def gone(key: str) -> Json:
    """What the browser gets of a service that is not registered (any more)."""
    return {"key": one_line(key), "name": one_line(key.rpartition("/")[2]), "gone": True}


def _instance(instance: Instance, known: Mapping[str, str]) -> Json:
    # The keys are those of one instance; only its image and health URL are known.
    own = known if known.get("container") == instance.container else {}
    facts = {
        "Host": instance.host,
        "Port": str(instance.port),
        "Container": instance.container or "",
        "Image": own.get("image", ""),
        "Node": instance.node,
        "Registrator": instance.owner or "",
        "Tags": ", ".join(instance.tags),
        "ID": instance.id,
    }
    return {
        "address": plain(f"{bracketed(instance.host)}:{instance.port}", _NAME_CHARACTERS),
        "state": instance.status,
        "url": plain(instance.url or "", _NAME_CHARACTERS),
        "links": _links(instance, own),
        "facts": [(name, plain(value, _NAME_CHARACTERS)) for name, value in facts.items() if value],
        "checks": [_check(check) for check in instance.checks],
    }


def _links(instance: Instance, own: Mapping[str, str]) -> list[tuple[str, str]]:
    found = (
        (_kind(instance), safe_link(instance.url)),
        ("Swagger", safe_link(instance.swagger_url)),
        ("Health", safe_link(own.get("health_url"))),
    )
    return [(name, link) for name, link in found if link]


def _kind(instance: Instance) -> str:
    words = re.split(r"[^a-z]+", f"{instance.category or ''} {instance.service}".lower())
    if "ui" in words:
        return "UI"
    return "API" if instance.swagger_url else "Open"


def _check(check: CheckState) -> Json:
    return {
        "name": one_line(check.name or check.id),
        "state": check.status,
        "short": short_reason(check.output) if check.status != "passing" else "",
        "output": plain(check.output.strip()),
        "isOfNode": check.is_of_node,
    }

"""What Consul holds of the registrator's, as facts to compare with the model's."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from chaos.consul_api import ConsulApi

_SHOWN = 200
_NOTES = re.compile(r"(?:GET|connect to) (\S+) every ([^,]+), timeout ([^,]+)(?:, .*)?")


def observed(
    consul: ConsulApi, owner: str, others_services: Collection[str], others_keys: Collection[str]
) -> dict[str, object]:
    """Services, checks, keys, session, query and counts, named as `model.expected` names them."""
    facts: dict[str, object] = {}
    checks = consul.get("/v1/agent/checks")
    for id_, service in consul.get("/v1/agent/services").items():
        if id_ in others_services:
            continue
        facts[f"service {id_}"] = {
            "name": service["Service"],
            "address": service["Address"],
            "port": service["Port"],
            "tags": sorted(service["Tags"]),
            "meta": service["Meta"],
        }
        if check := checks.get(f"service:{id_}"):
            facts[f"check of {id_}"] = _check(check)
    mine = [
        s["ID"] for s in consul.get("/v1/session/list") or () if s["Name"] == _record_path(owner)
    ]
    for path, (value, holder) in consul.keys("demi/").items():
        if path not in others_keys:
            named = "key" if holder in mine else f"key held by {holder}, not by {mine}:"
            facts[f"{named} {path}"] = value
    facts["counts in the record"] = _counts(consul, owner, mine)
    facts["sessions"] = len(mine)
    facts["query templates"] = [
        query["Service"]["Service"]
        for query in consul.get("/v1/query") or ()
        if query["Template"]["Type"]
    ]
    return facts


def differences(expected: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    """A line for each fact that is missing, extra or different."""
    lines = []
    for name in sorted(expected.keys() | found.keys()):
        want, have = expected.get(name), found.get(name)
        if name not in found:
            lines.append(f"missing    {name}: {_shown(want)}")
        elif name not in expected:
            lines.append(f"extra      {name}: {_shown(have)}")
        elif isinstance(want, Mapping) and isinstance(have, Mapping):
            lines += [
                f"different  {name}, {part}: {_shown(want.get(part))} -> {_shown(have.get(part))}"
                for part in sorted(want.keys() | have.keys())
                if want.get(part) != have.get(part)
            ]
        elif want != have:
            lines.append(f"different  {name}: {_shown(want)} -> {_shown(have)}")
    return lines


def _check(check: Mapping[str, Any]) -> dict[str, object]:
    if check["Type"] == "ttl":
        return {"type": "ttl", "status": check["Status"]}
    notes = _NOTES.fullmatch(check["Notes"])
    target, interval, timeout = notes.groups() if notes else (check["Notes"], None, None)
    return {"type": check["Type"], "target": target, "interval": interval, "timeout": timeout}


def _counts(consul: ConsulApi, owner: str, sessions: Collection[str]) -> object:
    value, holder = consul.keys(_record_path(owner)).get(_record_path(owner), ("", None))
    if not value.startswith("{") or holder not in sessions:
        return f"{value!r}, held by {holder}"
    counts = json.loads(value)["counts"]
    return {name: counts[name] for name in ("services", "registered")}


def _record_path(owner: str) -> str:
    return f"demi-registrator/{owner}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."

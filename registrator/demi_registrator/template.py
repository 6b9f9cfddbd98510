"""The one prepared query: `{service}.{stack}.{site}.query.consul` for every DeMi service.

Source: Consul API, prepared queries: "Prepared Query Templates". An empty name matches every
query that no longer-named one matches, so queries of others keep working.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from demi_adapters.registration import TAG

DEFINITION: Mapping[str, Any] = {
    "Name": "",
    "Template": {
        "Type": "name_prefix_match",
        "Regexp": r"^([^.]+)\.([^.]+)\.([^.]+)$",
    },
    "Service": {
        "Service": "${match(3)}-${match(2)}-${match(1)}",
        # Only what a registrator registered; and by this the query is known as ours.
        "Tags": [TAG],
        # As service.consul does: without what is critical, with what warns.
        "OnlyPassing": False,
    },
}


def find_template(queries: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The query that occupies the template's place, whoever made it."""
    templates = (q for q in queries if (q.get("Template") or {}).get("Type"))
    return next((q for q in templates if not q.get("Name")), None)


def is_ours(query: Mapping[str, Any]) -> bool:
    """Whether a template was installed by a registrator, of whatever version."""
    return (query.get("Service") or {}).get("Tags") == [TAG]


def is_current(query: Mapping[str, Any]) -> bool:
    """Whether a template says what it should; fields that Consul adds do not count."""
    return all(
        (query.get(part) or {}).get(key) == value
        for part in ("Template", "Service")
        for key, value in DEFINITION[part].items()
    )

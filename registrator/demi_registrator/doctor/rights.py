"""Which ACL rights a registrator needs, and what to write into its token's policy."""

from collections.abc import Iterable, Sequence

from demi_adapters.consul_types import Right
from demi_adapters.names import KV_ROOT, ServiceName, slugify
from demi_registrator.record import record_path

# Consul answers at most 64 questions at once; others stand for the rest.
_MOST_SERVICES = 40


def needed_rights(
    *, node: str | None, owner: str, sites: Sequence[str], names: Iterable[ServiceName]
) -> list[Right]:
    """The rights on what a registrator reads and writes, as far as that is known.

    Args:
        node: the agent's; None where the token may not even ask for it.
        owner: the registrator's.
        sites: the configured ones, none for all.
        names: services that it registers or should; without any, service rights are asked for the
            configured sites as a whole, or for none.
    """
    known = sorted(set(names))
    slugs = sorted({name.consul_name for name in known}) or [f"{slugify(s)}-" for s in sites]
    trees = sorted({name.site for name in known} | set(sites))
    return [
        Right("agent", "read", node or ""),
        *([Right("node", "read", node), Right("session", "write", node)] if node else []),
        Right("query", "write", ""),
        Right("key", "write", record_path(owner)),
        *(Right("key", "write", f"{KV_ROOT}{site}/") for site in trees[: _MOST_SERVICES // 4]),
        *([] if trees else [Right("key", "write", KV_ROOT)]),
        *(Right("service", "write", slug) for slug in slugs[:_MOST_SERVICES]),
    ]


def as_rule(right: Right) -> str:
    """A line for an ACL policy that gives this right."""
    return f'{right.resource}_prefix "{right.segment}" {{ policy = "{right.access}" }}'

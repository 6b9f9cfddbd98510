"""Labels: `demi.{SITE}.{STACK}.{SERVICE}.{KEY}={VALUE}` taken apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demi_adapters.errors import ConfigurationError
from demi_adapters.names import ServiceName, is_key, is_segment, is_site
from demi_adapters.problems import Code, Problem, shown

PREFIX = "demi."

# For all labels of a service. Consul refuses transactions whose JSON exceeds 512 KiB
# (`txn_max_req_len`), and base64 adds a third.
_MAX_SERVICE_BYTES = 256 * 1024

# These decide where a service is and how it is checked: never left out, and read first.
_CORE_KEYS = frozenset(
    {
        "health",
        "health_interval",
        "health_timeout",
        "health_tls_skip_verify",
        "host",
        "hostport",
        "port",
        "protocol",
        "url",
        "url_postfix",
        "url_prefix",
    }
)

_FORM = "demi.SITE.STACK.SERVICE.KEY=VALUE"


@dataclass(frozen=True, slots=True)
class ParsedLabels:
    """The sound labels of one container, by service and key, and what was wrong with the rest."""

    services: Mapping[ServiceName, Mapping[str, str]]
    problems: tuple[Problem, ...]


def parse_namespaces(text: str) -> tuple[str, ...]:
    """Sites named by `DEMI_NAMESPACE`, e.g. `demi.sr1_lls,demi.sr1_sr2`; empty: every site.

    Raises:
        ConfigurationError: one of them can't be a site.
    """
    sites: list[str] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        site = entry.removeprefix(PREFIX)
        if not is_site(site) or entry == PREFIX.rstrip("."):
            raise ConfigurationError(
                f"DEMI_NAMESPACE: {shown(entry)} is no namespace. Write demi.SITE, several "
                "separated by commas, or leave it empty for every site."
            )
        sites.append(site)
    return tuple(sites)


def parse_labels(
    labels: Mapping[str, str], *, sites: Sequence[str] = (), container: str = ""
) -> ParsedLabels:
    """Sort one container's labels by service; whatever is wrong becomes a problem.

    Args:
        labels: all labels of the container; those of others are passed over.
        sites: the configured sites (longest first match); none means every site.
        container: its 12 characters, for the problems.
    """
    services: dict[ServiceName, dict[str, str]] = {}
    sizes: Counter[ServiceName] = Counter()
    problems: list[Problem] = []
    by_length = sorted(sites, key=len, reverse=True)
    ours = [(label, parts) for label in labels if (parts := _split(label, by_length))]
    for label, parts in sorted(ours, key=lambda each: (each[1][-1] not in _CORE_KEYS, each[0])):
        finding = _finding(parts, label)
        name = _name(parts)
        if name and finding is None:
            value = _clean(labels[label])
            size = len(label) + len(value.encode())
            if sizes[name] + size > _MAX_SERVICE_BYTES and parts[3] not in _CORE_KEYS:
                finding = Code.BAD_LABEL, _too_large(label)
            else:
                sizes[name] += size
                services.setdefault(name, {})[parts[3]] = value
        if finding:
            problems.append(
                Problem(
                    code=finding[0],
                    message=finding[1],
                    container=container,
                    label=label,
                    service=str(name) if name else None,
                )
            )
    return ParsedLabels(services, tuple(problems))


def _name(parts: Sequence[str]) -> ServiceName | None:
    """The service that a label is about, as far as its first three parts are sound."""
    if len(parts) < 3 or not is_site(parts[0]) or not all(map(is_segment, parts[1:3])):
        return None
    return ServiceName(parts[0], parts[1], parts[2])


def _too_large(label: str) -> str:
    return (
        f"label {shown(label)} is left out: the labels of its service exceed 256 KiB, more than a "
        "Consul transaction carries. Keep large data in a file and put its path here."
    )


def _split(label: str, sites: Sequence[str]) -> list[str] | None:
    """SITE, STACK, SERVICE, KEY as far as they are there; None where the label is not ours."""
    if not label.startswith(PREFIX):
        return None
    rest = label.removeprefix(PREFIX)
    if not sites:
        return rest.split(".", 3)
    for site in sites:
        if rest == site:
            return [site]
        if rest.startswith(f"{site}."):
            return [site, *rest.removeprefix(f"{site}.").split(".", 2)]
    return None


def _finding(parts: Sequence[str], label: str) -> tuple[Code, str] | None:
    if len(parts) < 4 or "" in (*parts[:3], *parts[-1].split(".")):
        return Code.BAD_LABEL, f"label {shown(label)} is incomplete. Write {_FORM}."
    for word, part in zip(("SITE", "STACK", "SERVICE"), parts, strict=False):
        # A configured site may hold dots; it was checked when it was configured.
        if not is_segment(part) and not (word == "SITE" and is_site(part)):
            return Code.BAD_NAME, (
                f"label {shown(label)}: {word} {shown(part)} must be letters, digits, '_' and '-', "
                "begin with a letter or digit, and have at most 63 characters."
            )
    if not is_key(parts[3]):
        return Code.BAD_NAME, (
            f"label {shown(label)}: KEY {shown(parts[3])} must be letters, digits, '_', '-' and "
            "dots; this one label is left out."
        )
    return None


def _clean(value: str) -> str:
    # A lone surrogate (JSON can carry one) has no UTF-8 form, so Consul could not hold it.
    return value.strip().encode(errors="replace").decode()

"""Names: of a DeMi service in labels, in Consul and in the key-value tree."""

import hashlib
import re
from dataclasses import dataclass

KV_ROOT = "demi/"

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_DOTTED_SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9][A-Za-z0-9_-]*)*")
_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")

# A DNS label has at most 63 characters (RFC 1035, section 2.3.4).
_DNS_LABEL = 63
_HASH_DIGITS = 8


@dataclass(frozen=True, slots=True, order=True)
class ServiceName:
    """A service's exact name; sorts by site, stack, service."""

    site: str
    stack: str
    service: str

    def __str__(self) -> str:
        return f"{self.site}.{self.stack}.{self.service}"

    @property
    def slashed(self) -> str:
        """As people write it: `site/stack/service`."""
        return f"{self.site}/{self.stack}/{self.service}"

    @property
    def dns_name(self) -> str:
        """Where Consul's DNS answers for its healthy instances."""
        return f"{self.consul_name}.service.consul"

    @property
    def dns_names(self) -> tuple[str, ...]:
        """That name, and the one by its parts, which the query template answers if it can."""
        parts = [slugify(part) for part in (self.service, self.stack, self.site)]
        by_parts = slugify(f"{self.site}-{self.stack}-{self.service}") == self.consul_name
        return (self.dns_name, f"{'.'.join(parts)}.query.consul")[: 2 if by_parts else 1]

    @property
    def path(self) -> str:
        """Where its keys live: `demi/{site}/{stack}/{service}/`."""
        return f"{KV_ROOT}{self.site}/{self.stack}/{self.service}/"

    @property
    def consul_name(self) -> str:
        """The name of its Consul service, fit for DNS; two exact names may share one."""
        slug = slugify(f"{self.site}-{self.stack}-{self.service}")
        if len(slug) <= _DNS_LABEL:
            return slug
        return f"{slug[: _DNS_LABEL - _HASH_DIGITS - 1]}-{self.digest}"

    @property
    def digest(self) -> str:
        """8 hex digits that tell it from other services with the same slug."""
        return hashlib.sha256(str(self).encode()).hexdigest()[:_HASH_DIGITS]


def slugify(name: str) -> str:
    """Lower case, `_` and `.` to `-`: what DNS can carry of an exact name."""
    return name.lower().replace("_", "-").replace(".", "-")


def category_tag(category: str) -> str:
    """The Consul tag of a free-text category; empty where nothing of it can be one."""
    return re.sub(r"[^a-z0-9-]+", "-", slugify(category)).strip("-")[:_DNS_LABEL].rstrip("-")


def is_segment(text: str) -> bool:
    """Whether a text may be a SITE, STACK or SERVICE."""
    return _SEGMENT.fullmatch(text) is not None


def is_site(text: str) -> bool:
    """Whether a text may be a configured site, whose name may hold dots."""
    return len(text) <= _DNS_LABEL and _DOTTED_SITE.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Whether a text may be a KEY."""
    return _KEY.fullmatch(text) is not None

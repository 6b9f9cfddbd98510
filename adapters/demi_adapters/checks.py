"""Health checks: which one Consul shall run for a service."""

import re
from dataclasses import dataclass
from typing import Literal

from demi_adapters.problems import Code, LabelError, shown

DEFAULT_INTERVAL = "10s"
DEFAULT_TIMEOUT = "3s"

# A mirrored Docker health that nobody has confirmed for this long is not worth believing. A guess:
# longer than a night without the registrator, and refreshed so rarely that it costs nothing.
TTL_S = 24 * 3600

_UNIT_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3600_000_000_000,
}
_PART = re.compile(rf"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)({'|'.join(_UNIT_NS)})")
_MAX_NS = 2**63 - 1  # Go's time.Duration
_MAX_CHARACTERS = 40  # a guess: no duration that means something is longer

# Docker's health words as Consul states (the contract's section 4: starting is a warning).
STATUS_OF_HEALTH = {"healthy": "passing", "starting": "warning", "unhealthy": "critical"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A Consul check.

    `target` is a URL (`http`), `host:port` (`tcp`) or None (`ttl`); `interval` and `timeout` are
    Consul durations, None for `ttl`; `status` is what a `ttl` check has to say now.
    """

    kind: Literal["http", "tcp", "ttl"]
    target: str | None = None
    interval: str | None = None
    timeout: str | None = None
    tls_skip_verify: bool = False
    status: str | None = None

    @property
    def definition(self) -> dict[str, object]:
        """The check as `/v1/agent/service/register` takes it, without its status."""
        timing = {"Interval": self.interval, "Timeout": self.timeout}
        match self.kind:
            case "http":
                tls = {"TLSSkipVerify": True} if self.tls_skip_verify else {}
                return {"HTTP": self.target, "Method": "GET", **timing, **tls}
            case "tcp":
                return {"TCP": self.target, **timing}
            case "ttl":
                return {"TTL": f"{TTL_S}s"}

    @property
    def summary(self) -> str:
        """One line that differs whenever the definition does.

        It stands in the check's notes: Consul's agent does not show a check's definition, so
        this is how a change of it is noticed, and how a person sees what is checked.
        """
        match self.kind:
            case "http":
                tls = ", certificate not verified" if self.tls_skip_verify else ""
                return f"GET {self.target} every {self.interval}, timeout {self.timeout}{tls}"
            case "tcp":
                return f"connect to {self.target} every {self.interval}, timeout {self.timeout}"
            case "ttl":
                return f"Docker's own health, believed for {TTL_S // 3600} h"

    def as_dict(self) -> dict[str, object]:
        """The form that `demi explain -o json` prints."""
        tls = {"tls_skip_verify": True} if self.tls_skip_verify else {}
        return {
            "kind": self.kind,
            "target": self.target,
            "interval": self.interval,
            "timeout": self.timeout,
            **tls,
        }


def parse_duration(text: str) -> str:
    """A Consul duration such as `10s` or `1m30s`, returned as written.

    Raises:
        LabelError: it is none, not positive, or longer than Go can count.
    """
    # The length is looked at first: on a long text the search takes quadratic time.
    parts = _PART.findall(text) if len(text) <= _MAX_CHARACTERS else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise LabelError(
            Code.BAD_DURATION, f"{shown(text)} is no duration. Write e.g. 10s, 500ms or 1m30s."
        )
    total = sum(float(number) * _UNIT_NS[unit] for number, unit in parts)
    if not 1 <= total < _MAX_NS:
        raise LabelError(
            Code.BAD_DURATION, f"{shown(text)} must be more than 0 and under 290 years."
        )
    return text

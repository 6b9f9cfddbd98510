"""The state record: what each registrator publishes of itself at `demi-registrator/{owner}`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from demi_adapters.consul_types import Key
from demi_adapters.problems import Problem

STATE_ROOT = "demi-registrator/"

# A record has to fit into a transaction of 512 KiB, of which base64 takes a quarter; nobody reads
# more problems than this at once.
_MAX_PROBLEMS = 200
_MAX_PROBLEM_BYTES = 256 * 1024
_MAX_LABEL_CHARACTERS = 300  # a guess: three names of 63 and a long key; hostile ones are longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What does not change while a registrator runs.

    `instance` tells two processes of one owner apart; times are UTC.
    """

    version: str
    owner: str
    instance: str
    engine_id: str
    engine_host: str
    engine_version: str
    namespaces: Sequence[str]
    resync_s: float
    started: datetime

    def render(
        self,
        *,
        now: datetime,
        counts: Mapping[str, int],
        problems: Sequence[Problem],
        engine_is_up: bool = True,
    ) -> str:
        """The record as JSON after a sync at `now`."""
        return json.dumps(
            {
                "version": self.version,
                "owner": self.owner,
                "instance": self.instance,
                "engine": {
                    "id": self.engine_id,
                    "host": self.engine_host,
                    "version": self.engine_version,
                    "is_up": engine_is_up,
                },
                "namespaces": list(self.namespaces),
                "resync_s": self.resync_s,
                "started": timestamp(self.started),
                "last_sync": timestamp(now),
                "counts": {**counts, "problems": len(problems)},
                "problems": _fitting(problems),
            }
        )


def record_path(owner: str) -> str:
    """Where an owner publishes its state; also the name of its session."""
    return f"{STATE_ROOT}{owner}"


def parse_record(key: Key) -> Mapping[str, Any]:
    """A state record's content; empty where somebody wrote something else there."""
    try:
        data = json.loads(key.value)
    except (ValueError, RecursionError):  # somebody else's idea of a record
        return {}
    return data if isinstance(data, Mapping) else {}


def _fitting(problems: Sequence[Problem]) -> list[dict[str, str | None]]:
    """As many problems as a record can hold, giant labels cut."""
    found: list[dict[str, str | None]] = []
    size = 0
    for problem in problems[:_MAX_PROBLEMS]:
        label = problem.label and problem.label[:_MAX_LABEL_CHARACTERS]
        entry = problem.as_dict() | {"label": label}
        size += len(json.dumps(entry))
        if size > _MAX_PROBLEM_BYTES:
            break
        found.append(entry)
    return found


def timestamp(moment: datetime) -> str:
    """A moment in RFC 3339, UTC, so that texts sort like moments."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

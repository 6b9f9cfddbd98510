"""Entries of the key-value tree, and what happens to them; pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from demi_adapters.consul_types import Key
from demi_adapters.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value; `version` grows with each change; `is_held`: a session holds it.

    `Keys.holder` says whose that `session` is.
    """

    path: str
    value: bytes
    version: int
    is_held: bool
    session: str | None = None

    @property
    def text(self) -> str:
        """The value as UTF-8 text; bytes that are none show as U+FFFD."""
        return self.value.decode(errors="replace")

    def json(self) -> Any:
        """The value read as JSON.

        Raises:
            ConfigurationError: it is none.
        """
        try:
            return json.loads(self.value)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{self.path} holds no JSON: {error}") from None

    def yaml(self) -> Any:
        """The value read as YAML; needs PyYAML.

        Raises:
            ConfigurationError: it is none.
        """
        import yaml  # noqa: PLC0415 - an extra

        try:
            return yaml.safe_load(self.value)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise ConfigurationError(f"{self.path} holds no YAML: {error}") from None


class KeyChangeKind(StrEnum):
    """What has happened to a key."""

    APPEARED = "appeared"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key that is there, has another value, or is gone; `entry` is the last that was seen."""

    kind: KeyChangeKind
    entry: Entry


def entry_of(key: Key) -> Entry:
    """The entry that a key of Consul's is."""
    return Entry(key.path, key.value, key.modify_index, key.session is not None, key.session)


def key_changes(before: Mapping[str, Entry], now: Mapping[str, Entry]) -> Iterator[KeyChange]:
    """By value, not by version: a Consul that was restored counts anew."""
    for path in sorted(before.keys() | now.keys()):
        if path not in now:
            yield KeyChange(KeyChangeKind.GONE, before[path])
        elif path not in before:
            yield KeyChange(KeyChangeKind.APPEARED, now[path])
        elif now[path].value != before[path].value:
            yield KeyChange(KeyChangeKind.CHANGED, now[path])

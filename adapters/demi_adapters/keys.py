"""Key-value entries of people and programs, beside those that registrators keep."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from demi_adapters.consul_reader import ConsulReader
from demi_adapters.consul_types import MAX_TRANSACTION_OPERATIONS, Operation
from demi_adapters.entries import Entry, entry_of
from demi_adapters.errors import (
    ConfigurationError,
    ConflictError,
    KeyHeld,
    NotFound,
)
from demi_adapters.key_watch import KeyWatch
from demi_adapters.problems import shown

MAX_VALUE_BYTES = 512 * 1024  # Consul's default limit, `kv_max_value_size`
MAX_TRANSACTION_BYTES = 512 * 1024  # and this one's, `txn_max_req_len`, with values in base64
_MAX_PATH = 512  # a guess: no path that means something is longer
_TRIES = 5  # with somebody who writes the same key all the time, this is a conflict
_REGISTRATOR = "demi-registrator/"  # how a registrator's session is called

Value = str | bytes


class Keys:
    """Consul's key-value tree, by whole paths such as `demi/sr1_lls/felix/api/run`.

    What a registrator holds can be read by everybody and written by it alone. Every method may
    raise what `Registry` does. Safe to share between threads.
    """

    def __init__(self, consul: ConsulReader) -> None:
        self._consul = consul

    def get(self, path: str) -> Entry | None:
        """An entry; None where there is none."""
        found = self._consul.key(checked_path(path))
        return entry_of(found) if found else None

    def __getitem__(self, path: str) -> Entry:
        """An entry.

        Raises:
            NotFound: there is none.
        """
        entry = self.get(path)
        if entry is None:
            raise NotFound(f"no key {shown(path)}. demi kv ls shows those there are.")
        return entry

    def list(self, prefix: str = "demi/") -> "list[Entry]":
        """All entries whose path begins with a prefix, by path."""
        _, keys = self._consul.keys(_checked_prefix(prefix))
        return [entry_of(key) for key in keys]

    def put(self, path: str, value: Value, *, version: int | None = None) -> None:
        """Write one entry.

        Args:
            path: where.
            value: text, written as UTF-8, or bytes; up to 512 KiB.
            version: write only if this is still the entry's version; 0: if there is none.

        Raises:
            ConflictError: it is another version.
            KeyHeld: a registrator holds that key.
        """
        self.put_all({path: value}, versions=None if version is None else {path: version})

    def put_json(self, path: str, value: Any, *, version: int | None = None) -> None:
        """Write a value as JSON; arguments and errors as for `put`."""
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"{path}: JSON has no such value: {error}.") from error
        self.put(path, text, version=version)

    def put_yaml(self, path: str, value: Any, *, version: int | None = None) -> None:
        """Write a value as YAML; arguments and errors as for `put`. Needs PyYAML."""
        import yaml  # noqa: PLC0415 - an extra

        try:
            text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
        except (yaml.YAMLError, RecursionError) as error:
            raise ConfigurationError(f"{path}: YAML has no such value: {error}.") from error
        self.put(path, text, version=version)

    def put_all(
        self, values: Mapping[str, Value], *, versions: Mapping[str, int] | None = None
    ) -> None:
        """Write up to 64 entries at once: all or none, so that nobody reads half of them.

        Args:
            values: by path; one alone may have 512 KiB, several 384 KiB together.
            versions: the versions that some of them must still have, by path.

        Raises:
            ConflictError: one is another version.
            KeyHeld: a registrator holds one.
            ConfigurationError: these are too many for one transaction, or too large.
        """
        if unknown := sorted((versions or {}).keys() - values.keys()):
            raise ConfigurationError(f"{shown(unknown[0])} has a version, but no value to write.")
        given = {checked_path(path): _bytes(path, value) for path, value in values.items()}
        self._write(given, versions or {})

    def delete(self, path: str, *, version: int | None = None) -> None:
        """Remove one entry, if it is there.

        Raises:
            ConflictError: it is not of that version.
            KeyHeld: a registrator holds it.
        """
        self._write({checked_path(path): None}, {} if version is None else {path: version})

    def holder(self, session: str) -> str:
        """Whose a session is: a registrator's owner, else the session's name.

        Args:
            session: of an entry.
        """
        return self._name_of(session).removeprefix(_REGISTRATOR)

    def watch(self, prefix: str = "demi/") -> KeyWatch:
        """What happens below a prefix from now on; see `KeyWatch`."""
        return KeyWatch(ConsulReader(self._consul.settings), _checked_prefix(prefix))

    def _write(self, values: Mapping[str, bytes | None], versions: Mapping[str, int]) -> None:
        if len(values) > MAX_TRANSACTION_OPERATIONS:
            raise ConfigurationError(
                f"{len(values)} keys are more than Consul writes at once "
                f"({MAX_TRANSACTION_OPERATIONS}). Write them in parts."
            )
        for left in reversed(range(_TRIES)):
            operations = [
                operation
                for path, value in values.items()
                if (operation := self._operation(path, value, versions.get(path)))
            ]
            try:
                if operations:
                    write_at_once(self._consul, operations)
            except ConflictError as error:
                if versions or not left:
                    raise ConflictError(
                        f"somebody else has just written {' or '.join(sorted(values))}: read "
                        "again, then decide."
                    ) from error
            else:
                return

    def _operation(self, path: str, value: bytes | None, version: int | None) -> Operation | None:
        """What writes one key, unless it has changed since it was looked at here."""
        found = self._consul.key(path)
        if found is not None and found.session is not None:
            holder = self._name_of(found.session)
            owner = holder.removeprefix(_REGISTRATOR)
            who = shown(owner) if owner == holder else f"the registrator {shown(owner)}"
            raise KeyHeld(
                f"{path} is held by {who}, and only it may write it. Write a key of your own "
                "beside it."
            )
        is_now = found.modify_index if found else 0
        if version is not None and version != is_now:
            raise ConflictError(
                f"{path} is version {is_now} by now, not {version}: read again, then decide."
            )
        if value is None:
            return Operation("delete-cas", path, index=is_now) if found else None
        return Operation("cas", path, value=value, index=is_now)

    def _name_of(self, session: str) -> str:
        return self._consul.session_name(session) or "somebody"


def write_at_once(consul: ConsulReader, operations: Sequence[Operation]) -> None:
    """Do all operations or none: in a transaction, or alone where one has a large value.

    A transaction takes any path, where an address takes only letters that Consul knows.

    Raises:
        ConflictError: a condition did not hold.
        ConfigurationError: together they are more than Consul takes.
    """
    first = operations[0]
    size = len(json.dumps([operation.body for operation in operations]))
    if size > MAX_TRANSACTION_BYTES and len(operations) == 1 and first.verb == "cas":
        consul.put_key(first.path, first.raw_value, first.index)
        return
    if size > MAX_TRANSACTION_BYTES:
        raise ConfigurationError(
            f"{first.path} and the others are more than Consul writes at once (384 KiB). Write "
            "them in parts."
        )
    consul.transact(operations)


def _bytes(path: str, value: Value) -> bytes:
    try:
        found = value.encode() if isinstance(value, str) else value
    except UnicodeEncodeError as error:
        raise ConfigurationError(f"{path}: this text is no UTF-8: {error}.") from error
    if len(found) > MAX_VALUE_BYTES:
        raise ConfigurationError(f"{path}: a value may have 512 KiB at most.")
    return found


def checked_path(path: str) -> str:
    """A path, if Consul, a URL and a person can tell it from every other one.

    Raises:
        ConfigurationError: it is none.
    """
    sound = path.isprintable() and 0 < len(path) <= _MAX_PATH
    if (
        not sound
        or path.startswith("/")
        or any(part in ("", ".", "..") for part in path.split("/"))
    ):
        raise ConfigurationError(
            f"{shown(path)} is no path of a key. Write e.g. demi/sr1_lls/felix/api/run."
        )
    return path


def _checked_prefix(prefix: str) -> str:
    """What a path may begin with, the empty text included.

    Raises:
        ConfigurationError: no path begins like that.
    """
    if prefix:
        checked_path(prefix.removesuffix("/"))
    return prefix

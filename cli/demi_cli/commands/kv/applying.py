"""From the keys that a file names and those that are there to what is to be written; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from demi_adapters.consul_types import Operation
from demi_adapters.entries import Entry
from demi_adapters.errors import ConfigurationError, ConflictError, DemiError
from demi_adapters.problems import shown
from demi_cli.commands.kv.documents import Item

Prefixes = Sequence[tuple[str, str]]


class Verdict(StrEnum):
    """What becomes of a key that a file names."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    KEPT = "kept"
    HELD = "held"
    CONFLICT = "conflict"
    REFUSED = "refused"

    @property
    def is_failure(self) -> bool:
        """Whether the tree has not what the file says, against the caller's will."""
        return self in (Verdict.HELD, Verdict.CONFLICT, Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A key, what becomes of it, and why it is not written; with the write, if there is one."""

    path: str
    verdict: Verdict
    why: str = ""
    operation: Operation | None = None

    def as_dict(self) -> dict[str, str]:
        """The form that `-o json` prints."""
        return {"path": self.path, "result": str(self.verdict), "why": self.why}

    def failed(self, error: DemiError) -> "Outcome":
        """The same key, not written after all."""
        is_conflict = isinstance(error, ConflictError)
        verdict = Verdict.CONFLICT if is_conflict else Verdict.REFUSED
        return replace(self, verdict=verdict, why=str(error), operation=None)


def parse_prefixes(texts: Iterable[str]) -> Prefixes:
    """What `--prefix OLD=NEW` says, the longest OLD first.

    Raises:
        ConfigurationError: one is not of that form.
    """
    pairs = []
    for text in texts:
        old, found, new = text.partition("=")
        if not found:
            raise ConfigurationError(
                f"--prefix {shown(text)}: write OLD=NEW, e.g. /daq/=demi/sr1_lls/."
            )
        pairs.append((old.lstrip("/"), new.lstrip("/")))
    return sorted(pairs, key=lambda pair: -len(pair[0]))


def mapped(path: str, prefixes: Prefixes) -> str:
    """A path without slashes at its beginning, and with what stands for that."""
    bare = path.lstrip("/")
    for old, new in prefixes:
        if bare.startswith(old):
            return new + bare.removeprefix(old)
    return bare


def sorted_out(items: Iterable[Item], prefixes: Prefixes) -> tuple[dict[str, bytes], list[Outcome]]:
    """What is to be in the tree by path, and what can't be."""
    from demi_adapters.keys import MAX_VALUE_BYTES, checked_path

    wanted: dict[str, bytes] = {}
    refused = []
    for item in items:
        path, why = mapped(item.path, prefixes), item.why
        try:
            # Consul's own page makes a folder as a key with a slash at its end.
            checked_path(path.removesuffix("/"))
        except ConfigurationError as error:
            why = why or str(error)
        if item.value is not None and not why:
            if len(item.value) > MAX_VALUE_BYTES:
                why = "a value may have 512 KiB at most."
            elif wanted.setdefault(path, item.value) != item.value:
                why = "the file gives it a second value; the first one counts."
        if why:
            refused.append(Outcome(path, Verdict.REFUSED, why))
    return wanted, refused


def plan(
    wanted: Mapping[str, bytes],
    found: Mapping[str, Entry],
    held_by: Mapping[str, str],
    *,
    overwrite: bool,
) -> list[Outcome]:
    """What becomes of each key, by path."""
    return [
        _outcome(path, value, found.get(path), held_by.get(path), overwrite=overwrite)
        for path, value in sorted(wanted.items())
    ]


def _outcome(
    path: str, value: bytes, entry: Entry | None, holder: str | None, *, overwrite: bool
) -> Outcome:
    if entry is None:
        return Outcome(path, Verdict.NEW, operation=Operation("cas", path, value=value))
    if entry.value == value:
        return Outcome(path, Verdict.SAME)
    if entry.is_held:
        return Outcome(path, Verdict.HELD, f"{holder or 'somebody'} holds it with another value.")
    if not overwrite:
        return Outcome(path, Verdict.KEPT, "it has another value.")
    write = Operation("cas", path, value=value, index=entry.version)
    return Outcome(path, Verdict.CHANGED, operation=write)

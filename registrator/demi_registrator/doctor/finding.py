"""What a check says."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """`warn` also stands for what could not be checked."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a diagnosis; the remedy is None where nothing is to be done."""

    name: str
    verdict: Verdict
    message: str
    remedy: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """The form that `demi doctor -o json` prints."""
        return {**asdict(self), "verdict": str(self.verdict)}


def passed(name: str, message: str) -> Finding:
    """All is well."""
    return Finding(name, Verdict.PASS, message)


def warned(name: str, message: str, remedy: str | None = None) -> Finding:
    """It works, or could not be checked, but look at it."""
    return Finding(name, Verdict.WARN, message, remedy)


def failed(name: str, message: str, remedy: str | None = None) -> Finding:
    """It does not work."""
    return Finding(name, Verdict.FAIL, message, remedy)


def some(names: Iterable[object], most: int = 5) -> str:
    """A few names for a message, and how many there are more."""
    found = list(map(str, names))
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + rest

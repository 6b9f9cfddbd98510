"""Problems: what is wrong with a label, said so that its author can mend it."""

from dataclasses import asdict, dataclass
from enum import StrEnum

SHOWN_CHARACTERS = 80  # a guess: enough to recognise a value, short enough for a log line


class Severity(StrEnum):
    """`error`: the service is not registered. `warning`: it is, but look at it."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """What kind of problem it is; `docs/labels.md` lists them with their remedies."""

    BAD_LABEL = "bad-label"
    BAD_NAME = "bad-name"
    BAD_PORT = "bad-port"
    BAD_PROTOCOL = "bad-protocol"
    BAD_HOST = "bad-host"
    BAD_HEALTH = "bad-health"
    BAD_DURATION = "bad-duration"
    BAD_URL = "bad-url"
    NO_PORT = "no-port"
    AMBIGUOUS_PORT = "ambiguous-port"
    NAME_COLLISION = "name-collision"
    KV_HELD = "kv-held"
    LOOPBACK_ONLY = "loopback-only"
    RESERVED_KEY = "reserved-key"
    QUERY_HELD = "query-held"
    ID_TAKEN = "id-taken"
    CONSUL_REFUSED = "consul-refused"

    @property
    def severity(self) -> Severity:
        """Each code has one severity."""
        return Severity.WARNING if self in _WARNINGS else Severity.ERROR


_WARNINGS = frozenset(
    {Code.NAME_COLLISION, Code.KV_HELD, Code.LOOPBACK_ONLY, Code.RESERVED_KEY, Code.QUERY_HELD}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. `container` has 12 characters, `service` is `site.stack.service`."""

    code: Code
    message: str
    container: str | None = None
    label: str | None = None
    service: str | None = None

    @property
    def severity(self) -> Severity:
        """The severity of its code."""
        return self.code.severity

    @property
    def sort_key(self) -> tuple[str, str, str, str, str]:
        """An order that does not depend on how the problems were found."""
        return (
            # Part by part, as services sort: a dot comes before every character of a name.
            (self.service or "").replace(".", "\0"),
            self.container or "",
            self.code,
            self.label or "",
            self.message,
        )

    def as_dict(self) -> dict[str, str | None]:
        """The form that `demi explain -o json` and the state record use."""
        return {"severity": str(self.severity), **asdict(self), "code": str(self.code)}


class LabelError(ValueError):
    """A value that the contract refuses; the caller knows where it stands."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


def shown(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """Hostile text made fit for a message: quoted, printable, cut to `limit` characters."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    printable = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)
    return f"'{''.join(printable)}'"


def sentence(text: object) -> str:
    """A message with a full stop, unless it ends like a sentence already."""
    words = str(text).rstrip()
    return words if words.endswith((".", "?", "!")) else f"{words}."

"""The labels of one service read as typed values, collecting what is wrong with each."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from demi_adapters.checks import DEFAULT_INTERVAL, DEFAULT_TIMEOUT, parse_duration
from demi_adapters.labels import PREFIX
from demi_adapters.names import ServiceName
from demi_adapters.ports import parse_port
from demi_adapters.problems import Code, LabelError, Problem, Severity
from demi_adapters.urls import parse_host, parse_scheme

DEFAULT_PROTOCOL = "http"

# Keys that the registrator derives; a label of the same name can't say anything else.
DERIVED_KEYS = frozenset({"swagger_url", "health_url", "container", "image", "owner"})

_TRUE = frozenset({"true", "1", "t"})

T = TypeVar("T")


class ServiceLabels:
    """One service's labels; every typed one is read, and reported where it is wrong, at once.

    A value that can't be read is None, noted in `problems`, and its label left out of `sound`.
    """

    def __init__(
        self, name: ServiceName, labels: Mapping[str, str], *, container: str, default_host: str
    ) -> None:
        self.problems: list[Problem] = []
        self._name = name
        self._labels = labels
        self._container = container
        self._unsound: set[str] = set()
        for key in sorted(DERIVED_KEYS & labels.keys()):
            self._unsound.add(key)
            self.report(Code.RESERVED_KEY, "the registrator writes this key; rename yours.", key)
        self.protocol = self._read("protocol", parse_scheme, DEFAULT_PROTOCOL)
        self.host = self._read("host", parse_host, default_host)
        self.port = self._read("port", parse_port, None)
        self.hostport = self._read("hostport", parse_port, None)
        self.interval = self._read("health_interval", parse_duration, DEFAULT_INTERVAL)
        self.timeout = self._read("health_timeout", parse_duration, DEFAULT_TIMEOUT)
        self.tls_skip_verify = self.text("health_tls_skip_verify").lower() in _TRUE

    @property
    def sound(self) -> dict[str, str]:
        """The labels that hold what they promise, by key."""
        return {k: v for k, v in self._labels.items() if k not in self._unsound}

    @property
    def has_errors(self) -> bool:
        """Whether the service may not be registered."""
        return any(p.severity is Severity.ERROR for p in self.problems)

    def is_set(self, key: str) -> bool:
        """Whether there is such a label, sound or not."""
        return key in self._labels

    def are_sound(self, *keys: str) -> bool:
        """Whether none of these labels is wrong; one that is not set is not wrong."""
        return self._unsound.isdisjoint(keys)

    def text(self, key: str) -> str:
        """A label's value; empty where it is not set."""
        return self._labels.get(key, "")

    def attempt(self, compute: Callable[[], T], key: str | None = None) -> T | None:
        """The computed value, or None with its LabelError reported."""
        try:
            return compute()
        except LabelError as error:
            self.report(error.code, str(error), key)
            return None

    def report(self, code: Code, message: str, key: str | None = None) -> None:
        """Note a problem of this service; a named label with an error is then unsound."""
        if key is not None and code.severity is Severity.ERROR:
            self._unsound.add(key)
        subject = f"label {key} of {self._name}" if key else str(self._name)
        self.problems.append(
            Problem(
                code=code,
                message=f"{subject} in container {self._container}: {message}",
                container=self._container,
                label=f"{PREFIX}{self._name}.{key}" if key else None,
                service=str(self._name),
            )
        )

    def _read(self, key: str, parse: Callable[[str], T], default: T | None) -> T | None:
        if key not in self._labels:
            return default
        return self.attempt(lambda: parse(self._labels[key]), key)

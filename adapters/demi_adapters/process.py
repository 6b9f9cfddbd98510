"""Register a process that runs in no container, for as long as it lives."""

import logging
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

from demi_adapters.consul_reader import ConsulReader
from demi_adapters.consul_types import MAX_TRANSACTION_OPERATIONS, CheckStatus, Key, Operation
from demi_adapters.directory import STATUSES
from demi_adapters.errors import (
    ConfigurationError,
    ConflictError,
    ConsulFailure,
    DemiError,
    NotFound,
    TransientError,
)
from demi_adapters.names import ServiceName
from demi_adapters.problems import sentence
from demi_adapters.registration import Registration

logger = logging.getLogger(__name__)

TTL_S = 15  # a dead process is critical after this, and its keys are gone after twice as long
_BEAT_S = TTL_S / 3
_RETRY_S = 1.0
_REAPED_AFTER = "1m"  # the shortest that Consul takes (agent/check: DeregisterCriticalServiceAfter)


class Process:
    """This process as a service: in Consul from entering to leaving, with a heartbeat.

    Entering returns at once; while Consul is away, and after it has lost everything, it is
    registered as soon as possible. If the process dies, its check is critical after 15 s, its
    keys are gone after 30 s, and Consul drops the service between one and two minutes later.
    Errors that a person has to mend are raised on entering, and logged later on.
    """

    def __init__(self, consul: ConsulReader, registration: Registration) -> None:
        self._consul = consul
        self._registration = registration
        self._session: str | None = None
        self._said: tuple[CheckStatus, str] = "passing", f"process {os.getpid()} lives"
        self._is_registered = False
        self._failure = ""
        self._stopping = threading.Event()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self._turning = threading.Lock()  # held while it is entered or left

    @property
    def name(self) -> ServiceName:
        """The service's exact name."""
        return self._registration.name

    @property
    def id(self) -> str:
        """The ID of its Consul service."""
        return self._registration.id

    @property
    def url(self) -> str:
        """Where others find it."""
        return self._registration.url or ""

    def __enter__(self) -> Self:
        with self._turning:
            if self._thread is not None:
                raise ConfigurationError(f"{self.name.slashed} is entered already. Register anew.")
            self._stopping.clear()
            try:
                self._beat(forgiven=(TransientError, ConflictError))
            except BaseException:
                with suppress(DemiError):
                    self._leave()
                raise
            self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with self._turning:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            self._stopping.set()
            self._news.set()
            thread.join()
            try:
                self._leave()
            except DemiError as error:
                logger.warning(
                    "%s could not be deregistered: %s It goes by itself in two minutes.",
                    self.name.slashed,
                    sentence(error),
                )

    def report(self, status: CheckStatus, output: str = "") -> None:
        """Say how the service is from now on: `passing`, `warning` or `critical`, and why.

        Raises:
            ConfigurationError: there is no such status.
        """
        if status not in STATUSES:
            raise ConfigurationError(f"{status!r} is no status. Take one of {', '.join(STATUSES)}.")
        self._said = status, output
        self._news.set()

    def _leave(self) -> None:
        session, self._session = self._session, None
        self._is_registered = False
        try:
            with suppress(NotFound):
                self._consul.deregister_service(self.id)
            if session is not None:
                self._consul.destroy_session(session)
        finally:
            self._consul.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.wait(_RETRY_S if self._failure else _BEAT_S)
            self._news.clear()
            if not self._stopping.is_set():
                self._beat(forgiven=(DemiError,))  # a right that was taken may be given again

    def _beat(self, forgiven: tuple[type[DemiError], ...]) -> None:
        """Be there, and say so; an outage is told once."""
        try:
            self._be_registered()
            self._hold_keys()
        except forgiven as error:
            if not self._failure:
                logger.warning("%s: %s Trying again.", self.name.slashed, sentence(error))
            self._failure = str(error)
        else:
            if self._failure:
                logger.info("%s is registered again", self.name.slashed)
            self._failure = ""

    def _be_registered(self) -> None:
        heartbeat = f"heartbeat:{self.id}"
        if self._is_registered:
            with suppress(NotFound, ConsulFailure):  # Consul 1.8 says 500 where it knows no check
                self._consul.update_ttl_check(heartbeat, *self._said)
                return
        self._consul.register_service(definition(self._registration, heartbeat))
        self._consul.update_ttl_check(heartbeat, *self._said)
        self._is_registered = True

    def _hold_keys(self) -> None:
        if self._session is not None:
            try:
                self._consul.renew_session(self._session)
            except NotFound:
                self._session = None
        if self._session is None:
            self._session = self._consul.create_session(
                f"demi-{self._registration.meta['demi_owner']}", TTL_S
            )
        _, found = self._consul.keys(self.name.path)
        missing = self._missing({key.path: key for key in found}, self._session)
        for start in range(0, len(missing), MAX_TRANSACTION_OPERATIONS):
            self._consul.transact(missing[start : start + MAX_TRANSACTION_OPERATIONS])

    def _missing(self, found: Mapping[str, Key], session: str) -> list[Operation]:
        """What writes the keys that are not there; none while another instance shows its own."""
        shown = found.get(f"{self.name.path}owner")
        if shown is not None and shown.session not in (None, session):
            return []
        return [
            operation
            for path, value in self._registration.kv.items()
            if path not in found
            for operation in (
                Operation("check-not-exists", path),
                Operation("lock", path, value=value, session=session),
            )
        ]


def definition(registration: Registration, heartbeat: str) -> dict[str, object]:
    """A process as `/v1/agent/service/register` takes it; `heartbeat` is that check's ID."""
    name = registration.name
    checks: list[dict[str, object]] = [
        {
            "CheckID": heartbeat,
            "Name": f"Heartbeat of {name}",
            "Notes": f"the process itself, believed for {TTL_S} s",
            "TTL": f"{TTL_S}s",
            "DeregisterCriticalServiceAfter": _REAPED_AFTER,
        }
    ]
    if registration.health_url and registration.check_body:
        checks.append(registration.check_body)
    return {**registration.service_body, "Checks": checks}

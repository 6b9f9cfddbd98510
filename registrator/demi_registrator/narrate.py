"""One log line for each change, with site, stack, service and container; problems, failures."""

import logging
import re
from collections.abc import Iterable

from demi_adapters.errors import ConsulUnavailable, DemiError
from demi_adapters.names import ServiceName
from demi_adapters.problems import Problem, sentence
from demi_registrator.steps import Deregister, Register, SetStatus, Step, WriteKeys

logger = logging.getLogger("demi_registrator")

# Temporary files, ports, IDs: what differs at each attempt although the failure is the same.
_DETAIL = re.compile(r"\S*[/\d]\S*")


def narrate(name: ServiceName, step: Step) -> None:
    """Say what was done; as JSON, with the parts by themselves."""
    where = f"{name.site}/{name.stack}/{name.service}"
    match step:
        case Register(registration) if step.is_new:
            about = {"action": "register", "container": registration.container}
            said = f"registered at {registration.url} (container {registration.container})"
        case Register(registration, why):
            about = {"action": "update", "container": registration.container}
            said = f"updated (container {registration.container}): {why}"
        case Deregister(id_):
            about = {"action": "deregister", "id": id_}
            said = f"deregistered ({id_})"
        case SetStatus(id_, status):
            about = {"action": "status", "id": id_, "status": status}
            said = f"is {status}, says Docker ({id_})"
        case WriteKeys(changes):
            gone = sum(change.new is None for change in changes)
            about = {"action": "keys"}
            said = f"keys: {len(changes) - gone} written, {gone} removed"
    change = {"site": name.site, "stack": name.stack, "service": name.service, **about}
    logger.info("%s %s", where, said, extra={"change": change})


class FailureLog:
    """Says of each failure when it comes, once until all is well again."""

    def __init__(self) -> None:
        self._reported: set[str] = set()

    def report(self, error: DemiError, more: int = 0) -> None:
        """Log a failure that is news; `more` counts those beside it."""
        # An outage is one failure, whichever call happens to meet it.
        is_outage = isinstance(error, ConsulUnavailable)
        gist = type(error).__name__ if is_outage else _DETAIL.sub("", str(error))
        if gist not in self._reported:
            self._reported.add(gist)
            also = f" ({more} more failed)" if more else ""
            logger.warning("%s%s Trying again until it works.", sentence(error), also)

    def forget(self) -> None:
        """All is well: whatever fails from now on is news."""
        self._reported.clear()


class ProblemLog:
    """Says of each problem when it comes and when it goes."""

    def __init__(self) -> None:
        self._reported: frozenset[Problem] = frozenset()

    @property
    def problems(self) -> list[Problem]:
        """The present ones, sorted."""
        return sorted(self._reported, key=lambda p: p.sort_key)

    def report(self, problems: Iterable[Problem]) -> None:
        """Log what has changed since the last time."""
        now = frozenset(problems)
        for problem in sorted(now - self._reported, key=lambda p: p.sort_key):
            logger.warning("%s: %s", problem.code, problem.message, extra=_about(problem))
        for problem in sorted(self._reported - now, key=lambda p: p.sort_key):
            logger.info("%s is over: %s", problem.code, problem.message, extra=_about(problem))
        self._reported = now


def _about(problem: Problem) -> dict[str, object]:
    return {"change": {k: v for k, v in problem.as_dict().items() if k != "message"}}

"""What the services of compose files will become, and what is wrong with them, line by line."""

from dataclasses import dataclass, replace

from demi_adapters.checks import Check
from demi_adapters.labels import PREFIX
from demi_adapters.problems import Code, Problem, Severity
from demi_adapters.registration import Origin, Registration, combine, register
from demi_cli.compose.nodes import Place
from demi_cli.compose.project import Project
from demi_cli.compose.service import ComposeService
from demi_cli.compose.stand_in import Unknown, stand_in

# What only a container has.
_RUNTIME_KEYS = ("container", "image", "owner")
_LOCATION_KEYS = ("hostport", "url", "swagger_url", "health_url")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something to say of a line; `service` is `site.stack.service`."""

    place: Place
    severity: Severity
    code: str
    message: str
    compose_service: str | None = None
    label: str | None = None
    service: str | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.severity} {self.code}: {self.message}"

    def as_dict(self) -> dict[str, object]:
        """The form that `demi lint -o json` prints."""
        return {
            "file": self.place.file,
            "line": self.place.line,
            "severity": str(self.severity),
            "code": self.code,
            "compose_service": self.compose_service,
            "label": self.label,
            "service": self.service,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Expected:
    """A registration before its container runs; `place` is the first of its labels."""

    registration: Registration
    place: Place
    compose_service: str

    def as_dict(self) -> dict[str, object]:
        """The form that `demi lint -o json` prints."""
        known = self.registration.as_dict()
        where = {
            "file": self.place.file,
            "line": self.place.line,
            "compose_service": self.compose_service,
        }
        return where | {k: v for k, v in known.items() if k not in ("id", "container", "meta")}


@dataclass(frozen=True, slots=True)
class Linted:
    """What a project's services will become, and what is to be said of them, both sorted."""

    services: tuple[Expected, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether a service will not be registered, or a label is left out."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def lint(project: Project, origin: Origin, *, is_host_assumed: bool) -> Linted:
    """Everything to be said of a project's services.

    Args:
        project: the services and the remarks of their reader.
        origin: the default host of the services, and the sites to look at.
        is_host_assumed: nobody said the host, so it may be another one in the end.
    """
    findings = [
        Finding(place, Severity.WARNING, str(remark), message)
        for place, remark, message in project.remarks
    ]
    expected: list[Expected] = []
    parts = []
    for service in project.services:
        container, unknown = stand_in(service, origin.host)
        part = register(container, origin)
        parts.append(part)
        expected += [_expected(each, service, unknown) for each in part.services]
        for problem in part.problems:
            said = _explained(problem, service, origin if is_host_assumed else None)
            message = unknown.hidden(said)
            findings.append(_finding(problem, message, _place(problem, service), service.name))
    first = {str(e.registration.name): e for e in reversed(expected)}
    findings += [
        _finding(problem, problem.message, first[problem.service or ""].place, None)
        for problem in combine(parts).problems
        if problem.code is Code.NAME_COLLISION
    ]
    return Linted(
        tuple(sorted(expected, key=lambda e: (e.registration.name, e.place))),
        tuple(sorted(findings, key=lambda f: (f.place, f.code, f.message))),
    )


def _finding(problem: Problem, message: str, place: Place, service: str | None) -> Finding:
    return Finding(
        place,
        problem.severity,
        str(problem.code),
        message,
        compose_service=service,
        label=problem.label,
        service=problem.service,
    )


def _expected(registration: Registration, service: ComposeService, unknown: Unknown) -> Expected:
    """A registration without what is not known before the start."""
    kv = {
        path: unknown.hidden(value) if path.rpartition("/")[2] in _LOCATION_KEYS else value
        for path, value in registration.kv.items()
        if path.removeprefix(registration.name.path) not in _RUNTIME_KEYS
    }
    is_known = not unknown.is_port(registration.hostport)
    known = replace(
        registration,
        hostport=registration.hostport if is_known else None,
        url=_hidden(registration.url, unknown),
        swagger_url=_hidden(registration.swagger_url, unknown),
        health_url=_hidden(registration.health_url, unknown),
        check=_hidden_check(registration.check, unknown),
        kv=kv,
    )
    place = _first_label(str(registration.name), service) or service.place
    return Expected(known, place, service.name)


def _hidden(text: str | None, unknown: Unknown) -> str | None:
    return None if text is None else unknown.hidden(text)


def _hidden_check(check: Check | None, unknown: Unknown) -> Check | None:
    return check and replace(check, target=_hidden(check.target, unknown))


def _place(problem: Problem, service: ComposeService) -> Place:
    """The line that a problem is about."""
    labels = service.part.labels
    if own := labels.get(problem.label or ""):
        return own.place
    if problem.code is Code.LOOPBACK_ONLY:
        loopback = [p.place for p in service.part.ports if p.host_ip.startswith(("127.", "::1"))]
        if loopback:
            return loopback[0]
    port = labels.get(f"{PREFIX}{problem.service}.port")
    first = _first_label(problem.service or "", service)
    return port.place if port else first or service.place


def _first_label(name: str, service: ComposeService) -> Place | None:
    prefix = f"{PREFIX}{name}."
    own = [label.place for key, label in service.part.labels.items() if key.startswith(prefix)]
    return own[0] if own else None


def _explained(problem: Problem, service: ComposeService, assumed: Origin | None) -> str:
    """A problem's message, with what only a compose file's author can do about it."""
    label = service.part.labels.get(problem.label or "")
    if label and label.is_in_map and "$" in (problem.label or ""):
        return (
            f"{problem.message} Compose fills in no variables in a map's keys: write the labels "
            "as a list."
        )
    own_host = f"{PREFIX}{problem.service}.host"
    if problem.code is Code.BAD_HEALTH and assumed and own_host not in service.part.labels:
        return f"{problem.message} If the container runs elsewhere than here, say --host."
    return problem.message

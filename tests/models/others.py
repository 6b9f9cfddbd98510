"""Other hands in a Consul: registrators, people, and what befalls Consul itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

from demi_adapters.consul_types import Session
from demi_adapters.registration import Registration
from models.changes import NAMES
from models.consul import ConsulModel, raw_service
from models.containers import registered
from models.docker import DockerModel

T = TypeVar("T")

THEIRS = Session("theirs", "demi-registrator/pc9", "pc9", 1)


@dataclass(frozen=True)
class Deed:
    """What is done to which thing, counted among those that there are; the rest is for new ones."""

    what: str
    which: int
    name: str
    key: str
    value: str


class Others:
    """All of them; `changed` collects the service IDs that they had their hands on."""

    def __init__(self, consul: ConsulModel, docker: DockerModel) -> None:
        self._consul = consul
        self._docker = docker
        self.changed: set[str] = set()

    def do(self, deed: Deed) -> None:
        """Do it, if there is something to do it to."""
        _DEEDS[deed.what](self, deed)

    def put_key(self, deed: Deed) -> None:
        """A person writes a key that we would write, or over ours: nobody holds it then."""
        for path in _one([path for service in self._wanted() for path in service.kv], deed):
            self._consul.put(path, deed.value)

    def hold_key(self, deed: Deed) -> None:
        """Another registrator writes a key below a name of ours, or over one."""
        if THEIRS not in self._consul.open_sessions:
            self._consul.open_sessions.append(THEIRS)
        path = f"demi/{deed.name.replace('.', '/')}/{deed.key}"
        self._consul.put(path, deed.value, THEIRS.id)

    def write_over_key(self, deed: Deed) -> None:
        """A key's value is changed; its holder stays, as in Consul."""
        for key in _one(list(self._consul.held.values()), deed):
            self._consul.put(key.path, deed.value, key.session)

    def delete_key(self, deed: Deed) -> None:
        """A key is deleted, whoever holds it."""
        for path in _one(list(self._consul.held), deed):
            del self._consul.held[path]

    def register(self, deed: Deed) -> None:
        """A service is registered, perhaps under an ID that would be ours."""
        for id_ in _one([*(service.id for service in self._wanted()), "printer"], deed):
            self._consul.deregister_service(id_)
            self._consul.services[id_] = raw_service(id_, "printer", {"demi_owner": "pc9"})
            self.changed.add(id_)

    def edit_meta(self, deed: Deed) -> None:
        """A service's meta is edited; it may belong to somebody else then, or to us."""
        for id_ in _one(list(self._consul.services), deed):
            self._consul.services[id_]["Meta"][f"demi_{deed.key}"] = deed.value
            self.changed.add(id_)

    def deregister(self, deed: Deed) -> None:
        """A service is deregistered, whoever owns it."""
        for id_ in _one(list(self._consul.services), deed):
            self._consul.deregister_service(id_)
            self.changed.add(id_)

    def feed_check(self, deed: Deed) -> None:
        """A check is fed."""
        for check in _one(list(self._consul.checks.values()), deed):
            check["Status"] = "passing"

    def drop_check(self, deed: Deed) -> None:
        """A check is deregistered alone."""
        for id_ in _one(list(self._consul.checks), deed):
            del self._consul.checks[id_]

    def end_session(self, deed: Deed) -> None:
        """A session ends, and what it holds goes."""
        for session in _one(self._consul.open_sessions, deed):
            self._consul.destroy_session(session.id)

    def empty_consul(self, _: Deed) -> None:
        """Consul loses everything."""
        for store in (self._consul.services, self._consul.checks, self._consul.held):
            store.clear()
        self._consul.open_sessions.clear()

    def _wanted(self) -> tuple[Registration, ...]:
        return registered(*self._docker.running).services


_DEEDS: Mapping[str, Callable[[Others, Deed], None]] = {
    name: deed for name, deed in vars(Others).items() if name[0] != "_" and name != "do"
}

DEEDS = st.builds(
    Deed,
    what=st.sampled_from([*sorted(_DEEDS), "put_key", "put_key"]),
    which=st.integers(0, 99),
    name=NAMES,
    key=st.sampled_from(["owner", "url", "port", "site", "z"]),
    value=st.sampled_from(["pc1", "", "x"]),
)


def _one(some: Sequence[T], deed: Deed) -> Sequence[T]:
    """The one that the deed is done to; none of none."""
    return [some[deed.which % len(some)]] if some else []

"""The registry as a service sees it: look others up, wait for them, and watch them."""

import os
import random
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Literal, Self

from demi_adapters.consul_reader import ConsulReader, read_all
from demi_adapters.consul_settings import ConsulSettings, settings_at
from demi_adapters.directory import Instance
from demi_adapters.following import Feed, Filter, healthy_ones
from demi_adapters.keys import Keys
from demi_adapters.matching import no_such_service, parse_name
from demi_adapters.mirror import Freshness, Mirror
from demi_adapters.names import ServiceName
from demi_adapters.process import Process
from demi_adapters.process_labels import process_registration
from demi_adapters.services import Change, Service, Snapshot, service_of

Name = str | ServiceName


class Registry:
    """Every service of every site, as Consul knows it. Safe to share between threads.

    As it is, each look-up asks Consul once, and nothing has to be closed:

        Registry().url("sr1_lls/felix/api")

    Inside `with`, a copy is kept up to date in the background by two connections, whatever the
    number of services. A look-up is then a dictionary read, and goes on answering while Consul is
    away; `freshness` says how old the answers are:

        with Registry() as registry:
            registry.url("felix/api")

    A service is named `site/stack/service`, with dots if you like, or `stack/service` at the
    default site. Every method may raise `ConfigurationError` for what is no name,
    `ConsulUnavailable` or `ConsulFailure` where Consul can't be asked, and `PermissionDenied`.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        token: str | None = None,
        site: str | None = None,
        settings: ConsulSettings | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            address: of Consul, `host:port` or a URL; default `CONSUL_HTTP_ADDR`, and
                127.0.0.1:8500. Consul's other variables are read as well.
            token: ACL token; default `CONSUL_HTTP_TOKEN`.
            site: the default site; default `DEMI_SITE`.
            settings: instead of `address`, `token` and the environment.

        Raises:
            ConfigurationError: a variable or an argument can't be used.
        """
        self._settings = settings or settings_at(address, token)
        self._site = site or os.environ.get("DEMI_SITE") or None
        self._consul = ConsulReader(self._settings)
        self.mirror: Mirror | None = None  # the copy in the background, inside `with`
        self._passing: set[Mirror] = set()  # those that one caller follows for a while
        self._opening = threading.Lock()
        self.keys = Keys(self._consul)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def default_site(self) -> str | None:
        """The site of names that name none."""
        return self._site

    def open(self) -> None:
        """Begin to follow Consul in the background; `with` does it for you."""
        with self._opening:
            self.mirror = self.mirror or self._start_mirror()

    def close(self) -> None:
        """Stop following, and close idle connections; who waits or watches returns."""
        with self._opening:
            mirrors = [*self._passing, *([self.mirror] if self.mirror else ())]
            self.mirror = None
        for mirror in mirrors:
            mirror.close()
        self._consul.close()

    # -- looking up -------------------------------------------------------------------------

    def url(self, name: Name, *, any_status: bool = False) -> str:
        """The URL of a healthy instance, another one each time if there are several.

        With `any_status`, one that is not healthy will do where no other is.

        Raises:
            NotFound: no such service is registered.
            Unhealthy: none of its instances is healthy.
        """
        return self._one(name, "url", any_status)

    def swagger_url(self, name: Name, *, any_status: bool = False) -> str:
        """The URL of its Swagger page; arguments and errors as for `url`."""
        return self._one(name, "swagger_url", any_status)

    def dns_name(self, name: Name) -> str:
        """The name that Consul's DNS answers for, of a service that need not be there yet."""
        return self.name(name).dns_name

    def service(self, name: Name) -> Service:
        """All instances of a service, healthy ones first.

        Raises:
            NotFound: no such service is registered.
        """
        exact = self.name(name)
        if mirror := self.mirror:
            snapshot = mirror.snapshot()
            if exact in snapshot.services:
                return snapshot.services[exact]
            raise no_such_service(exact.slashed, snapshot.services)
        if found := self._consul.service(exact):
            return service_of(exact, found)
        raise no_such_service(exact.slashed, self.snapshot().services)

    def services(
        self,
        *,
        site: str | None = None,
        stack: str | None = None,
        category: str | None = None,
        healthy: bool | None = None,
    ) -> list[Service]:
        """The services of a site (None: of all), stack or category, healthy or not, by name."""
        wanted = Filter(site=site, stack=stack, category=category)
        return [
            service
            for _, service in sorted(self.snapshot().services.items())
            if any(map(wanted.takes, service.instances)) and healthy in (None, service.is_healthy)
        ]

    def snapshot(self) -> Snapshot:
        """Everything at one moment."""
        if mirror := self.mirror:
            return mirror.snapshot()
        return Snapshot.of(read_all(self._consul))

    @property
    def freshness(self) -> Freshness:
        """How old the answers are, and why; outside `with` they are always new."""
        return mirror.freshness if (mirror := self.mirror) else Freshness(0.0, None)

    def name(self, name: Name) -> ServiceName:
        """The exact name that a text means."""
        return name if isinstance(name, ServiceName) else parse_name(name, self._site)

    # -- waiting ----------------------------------------------------------------------------

    def wait(self, name: Name, *, timeout_s: float = 30.0) -> Instance:
        """Return as soon as a service has a healthy instance, which need not exist yet.

        Raises:
            WaitTimedOut: not within `timeout_s` seconds; the message says what was seen last.
        """
        return self.wait_all(name, timeout_s=timeout_s)[self.name(name)]

    def wait_all(self, *names: Name, timeout_s: float = 30.0) -> dict[ServiceName, Instance]:
        """Return as soon as each of several services has a healthy instance.

        Raises:
            WaitTimedOut: not within `timeout_s` seconds.
        """
        found: dict[ServiceName, Instance] = {}
        changed = threading.Event()
        with self.following() as mirror:
            stop = mirror.listen(changed.set)
            try:
                exact = {self.name(name) for name in names}
                for left_s in healthy_ones(mirror, exact, timeout_s, time.monotonic, found):
                    changed.wait(left_s)
                    changed.clear()
            finally:
                stop()
        return found

    def watch(
        self, *, site: str | None = None, stack: str | None = None, category: str | None = None
    ) -> Generator[Change, None, None]:
        """What happens from now on, for ever: first, all that is there appears.

        After an outage of Consul comes what has changed meanwhile. It ends when the registry is
        closed; leave the loop, or call `close()` on it, to stop.
        """
        changed = threading.Event()
        with self.following() as mirror:
            feed = Feed(mirror, changed.set, Filter(site=site, stack=stack, category=category))
            try:
                while True:
                    changed.clear()
                    yield from feed.changes()
                    if feed.has_ended:
                        return
                    changed.wait()
            finally:
                feed.close()

    @contextmanager
    def following(self) -> Iterator[Mirror]:
        """The copy in the background, or one that lasts as long as this."""
        if mirror := self.mirror:
            yield mirror
            return
        with self._opening:
            mirror = self._start_mirror()
            self._passing.add(mirror)
        try:
            yield mirror
        finally:
            mirror.close()
            with self._opening:
                self._passing.discard(mirror)

    # -- registering ------------------------------------------------------------------------

    def register(self, name: Name, *, port: int, **labels: str) -> Process:
        """This process, which runs in no container, as a service while the result is entered.

            with registry.register("felix/server", port=9000, description="Bare metal"):
                serve()

        Args:
            name: of the service.
            port: where it listens on this host.
            labels: as of a container: `description`, `category`, `health`, `host` (default
                `DEMI_HOST`, and this host's full name) and so on; others become keys.

        Raises:
            ConfigurationError: one of them is wrong; the message says which and why.
        """
        registration = process_registration(self.name(name), {"port": str(port), **labels})
        return Process(ConsulReader(self._settings), registration)

    def _one(self, name: Name, what: Literal["url", "swagger_url"], any_status: bool) -> str:
        # Not the first one each time: that spreads the load, and guards nothing.
        return random.choice(self.service(name).urls(what, any_status=any_status))  # noqa: S311

    def _start_mirror(self) -> Mirror:
        mirror = Mirror(ConsulReader(self._settings), time.monotonic)
        mirror.start()
        return mirror

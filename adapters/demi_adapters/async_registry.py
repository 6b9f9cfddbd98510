"""The registry for programs that run on asyncio, such as FastAPI's and NiceGUI's.

What is done is said once, in `Registry`, `Keys` and `following`; here is only how to wait for it.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.directory import Instance
from demi_adapters.entries import KeyChange
from demi_adapters.following import Feed, Filter, healthy_ones
from demi_adapters.keys import Keys
from demi_adapters.mirror import Freshness, Mirror
from demi_adapters.names import ServiceName
from demi_adapters.process import Process
from demi_adapters.registry import Name, Registry
from demi_adapters.services import Change

P = ParamSpec("P")
T = TypeVar("T")


def _look_up(
    method: Callable[Concatenate[Registry, P], T],
) -> "Callable[Concatenate[AsyncRegistry, P], Coroutine[Any, Any, T]]":
    """A method of `Registry`: at once from its copy, or in a thread that asks Consul."""

    @wraps(method)
    async def call(self: "AsyncRegistry", /, *args: P.args, **kwargs: P.kwargs) -> T:
        mirror = self.registry.mirror
        if mirror is not None and mirror.latest is not None:
            return method(self.registry, *args, **kwargs)
        return await asyncio.to_thread(method, self.registry, *args, **kwargs)

    return call


def _ask(
    method: Callable[Concatenate[Keys, P], T],
) -> "Callable[Concatenate[AsyncKeys, P], Coroutine[Any, Any, T]]":
    """A method of `Keys`, in a thread."""

    @wraps(method)
    async def call(self: "AsyncKeys", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(method, self.keys, *args, **kwargs)

    return call


class AsyncKeys:
    """`Keys`, awaited. `keys` is the one that does the work."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys

    get = _ask(Keys.get)
    list = _ask(Keys.list)
    put = _ask(Keys.put)
    put_json = _ask(Keys.put_json)
    put_yaml = _ask(Keys.put_yaml)
    put_all = _ask(Keys.put_all)
    delete = _ask(Keys.delete)

    async def watch(self, prefix: str = "demi/") -> AsyncGenerator[KeyChange, None]:
        """What happens below a prefix from now on; see `KeyWatch`."""
        loop = asyncio.get_running_loop()
        # A thread of its own: the loop's few would soon be taken by watches.
        with self.keys.watch(prefix) as watch, _one_thread() as executor:
            try:
                while change := await loop.run_in_executor(executor, next, watch, None):
                    yield change
            finally:
                watch.close()  # or its thread would wait on


class AsyncRegistry:
    """`Registry`, awaited, with the same arguments; for `async with`, or as it is.

    `registry` is the one that does the work. Methods take and raise what those of `Registry` do.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        token: str | None = None,
        site: str | None = None,
        settings: ConsulSettings | None = None,
    ) -> None:
        self.registry = Registry(address, token=token, site=site, settings=settings)
        self.keys = AsyncKeys(self.registry.keys)

    async def __aenter__(self) -> Self:
        self.registry.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.to_thread(self.registry.close)

    url = _look_up(Registry.url)
    swagger_url = _look_up(Registry.swagger_url)
    service = _look_up(Registry.service)
    services = _look_up(Registry.services)
    snapshot = _look_up(Registry.snapshot)

    def dns_name(self, name: Name) -> str:
        """The name that Consul's DNS answers for."""
        return self.registry.dns_name(name)

    @property
    def freshness(self) -> Freshness:
        """How old the answers are, and why."""
        return self.registry.freshness

    async def wait(self, name: Name, *, timeout_s: float = 30.0) -> Instance:
        """Return as soon as a service has a healthy instance."""
        found = await self.wait_all(name, timeout_s=timeout_s)
        return found[self.registry.name(name)]

    async def wait_all(self, *names: Name, timeout_s: float = 30.0) -> dict[ServiceName, Instance]:
        """Return as soon as each of several services has a healthy instance."""
        found: dict[ServiceName, Instance] = {}
        exact = {self.registry.name(name) for name in names}
        async with self._following() as (mirror, changed):
            stop = mirror.listen(_waker(changed))
            try:
                for remaining_s in healthy_ones(mirror, exact, timeout_s, time.monotonic, found):
                    # Python 3.11's `wait_for` swallows a cancellation that comes with the event.
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(remaining_s):
                            await changed.wait()
                    changed.clear()
            finally:
                stop()
        return found

    async def watch(
        self, *, site: str | None = None, stack: str | None = None, category: str | None = None
    ) -> AsyncGenerator[Change, None]:
        """What happens from now on, for ever: first, all that is there appears."""
        wanted = Filter(site=site, stack=stack, category=category)
        async with self._following() as (mirror, changed):
            feed = Feed(mirror, _waker(changed), wanted)
            try:
                while True:
                    changed.clear()
                    for change in feed.changes():
                        yield change
                    if feed.has_ended:
                        return
                    await changed.wait()
            finally:
                feed.close()

    @contextlib.asynccontextmanager
    async def register(self, name: Name, *, port: int, **labels: str) -> AsyncIterator[Process]:
        """This process as a service, while the result is entered; see `Registry.register`."""
        process = self.registry.register(name, port=port, **labels)
        # Cancelling does not stop a thread: what it registers has to be removed all the same.
        entering = asyncio.ensure_future(asyncio.to_thread(process.__enter__))
        try:
            await asyncio.shield(entering)
            yield process
        finally:
            await asyncio.wait([entering])
            await asyncio.to_thread(process.__exit__)

    @contextlib.asynccontextmanager
    async def _following(self) -> AsyncIterator[tuple[Mirror, asyncio.Event]]:
        following = self.registry.following()
        mirror = following.__enter__()  # at once: nothing is asked here
        try:
            yield mirror, asyncio.Event()
        finally:
            if mirror is self.registry.mirror:
                following.__exit__(None, None, None)
            else:
                await asyncio.to_thread(following.__exit__, None, None, None)


def _waker(changed: asyncio.Event) -> Callable[[], None]:
    """What another thread may call to set an event of this loop."""
    loop = asyncio.get_running_loop()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(changed.set)

    return wake


@contextlib.contextmanager
def _one_thread() -> Iterator[ThreadPoolExecutor]:
    executor = ThreadPoolExecutor(1, thread_name_prefix="key-watch")
    try:
        yield executor
    finally:
        executor.shutdown(wait=False)

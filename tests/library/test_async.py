"""The registry for asyncio: the same answers, and nothing left behind by what is cancelled."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chaos.proxy import Mode, Proxy
from demi_adapters import AsyncRegistry, NotFound, WaitTimedOut
from library.lab import Lab, eventually, measured


def threads(*starts: str) -> list[str]:
    """The threads whose names begin so."""
    return [t.name for t in threading.enumerate() if t.name.startswith(starts)]


async def sooner(coroutine: Any) -> Any:
    """What it gives, in five seconds at most."""
    return await asyncio.wait_for(coroutine, 5)


@pytest.mark.parametrize("is_entered", [True, False])
def test_it_gives_the_answers_of_the_other_one(lab: Lab, is_entered: bool) -> None:
    """Awaited, with the same arguments and errors."""
    lab.register("api", 1, swagger_url="http://127.0.0.1:8001/docs")

    async def ask(registry: AsyncRegistry) -> None:
        assert await registry.url("felix/api") == "http://127.0.0.1:8001"
        assert await registry.swagger_url("felix/api") == "http://127.0.0.1:8001/docs"
        assert registry.dns_name("felix/api") == "sr1-lls-felix-api.service.consul"
        assert [s.name.service for s in await registry.services(healthy=True)] == ["api"]
        assert (await registry.service("felix/api")).is_healthy
        assert len((await registry.snapshot()).instances) == 1
        assert (await registry.wait("felix/api")).port == 8001
        assert registry.freshness.error is None
        with pytest.raises(NotFound):
            await registry.url("felix/none")
        with pytest.raises(WaitTimedOut):
            await registry.wait("felix/none", timeout_s=0.2)

    async def main() -> None:
        registry = AsyncRegistry(lab.address)
        if is_entered:
            async with registry:
                await ask(registry)
        else:
            await ask(registry)

    asyncio.run(main())


def test_keys_are_awaited(lab: Lab) -> None:
    """Each method of the other one."""

    async def main() -> None:
        keys = AsyncRegistry(lab.address).keys
        await keys.put("demi/a", "1")
        await keys.put_json("demi/j", {"a": 1})
        await keys.put_yaml("demi/y", {"a": 1})
        await keys.put_all({"demi/b": b"1"})
        assert [e.path for e in await keys.list()] == ["demi/a", "demi/b", "demi/j", "demi/y"]
        await keys.delete("demi/b")
        entry = await keys.get("demi/j")
        assert entry is not None
        assert entry.json() == {"a": 1}

    asyncio.run(main())


def test_lookups_are_answered_while_consul_is_away(lab: Lab, proxy: Proxy) -> None:
    """And without a thread: a thousand at once take no time."""
    lab.register()

    async def main() -> None:
        async with AsyncRegistry(proxy.address) as registry:
            await registry.url("felix/api")
            proxy.behave(Mode.REFUSE)
            with measured(2):
                await asyncio.gather(*(registry.url("felix/api") for _ in range(1000)))

    asyncio.run(main())


def test_many_waits_leave_the_threads_of_the_loop_free(lab: Lab, proxy: Proxy) -> None:
    """Five hundred waits at once, and a call in a thread is served all the same."""

    async def main() -> None:
        async with AsyncRegistry(proxy.address) as registry:
            waits = [
                asyncio.ensure_future(registry.wait("felix/api", timeout_s=20)) for _ in range(500)
            ]
            await asyncio.sleep(0.3)
            with measured(2):
                assert await asyncio.to_thread(int, "7") == 7
            lab.register()
            assert {i.port for i in await sooner(asyncio.gather(*waits))} == {8001}
        assert proxy.connections <= 2

    asyncio.run(main())


@pytest.mark.parametrize("is_entered", [True, False])
def test_a_cancelled_wait_leaves_nothing(lab: Lab, is_entered: bool) -> None:
    """Whenever it is cancelled."""

    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            registry = AsyncRegistry(lab.address)
            if is_entered:
                await stack.enter_async_context(registry)
            for delay_s in (0, 0, 0.001, 0.01, 0.3):
                wait = asyncio.ensure_future(registry.wait("felix/none", timeout_s=60))
                await asyncio.sleep(delay_s)
                wait.cancel()
                with measured(2), pytest.raises(asyncio.CancelledError):
                    await wait
            assert len(threads("directory")) == (2 if is_entered else 0)

    asyncio.run(main())


def test_a_wait_that_is_cancelled_as_something_changes_is_cancelled(lab: Lab) -> None:
    """Both are there when the loop looks."""

    async def main() -> None:
        async with AsyncRegistry(lab.address) as registry:
            await registry.snapshot()
            mirror = registry.registry.mirror
            assert mirror is not None
            wait = asyncio.ensure_future(registry.wait("felix/none", timeout_s=5))
            await asyncio.sleep(0.1)
            mirror._tell()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            wait.cancel()
            with measured(2), pytest.raises(asyncio.CancelledError):
                await wait

    asyncio.run(main())


def test_a_watch_tells_changes_and_ends_with_the_registry(lab: Lab) -> None:
    """As the other one does."""
    seen: list[tuple[str, str]] = []

    async def follow(registry: AsyncRegistry) -> None:
        async for change in registry.watch(stack="felix"):
            seen.append((change.kind.value, change.instance.service))  # noqa: PERF401

    async def main() -> None:
        async with AsyncRegistry(lab.address) as registry:
            following = asyncio.ensure_future(follow(registry))
            for act in (
                lambda: lab.register("api", 1, "critical"),
                lambda: lab.say("api-1", "passing"),
                lambda: lab.remove("api-1"),
            ):
                expected = len(seen) + 1
                await asyncio.to_thread(act)
                await asyncio.to_thread(eventually, lambda: len(seen), expected)
        await sooner(following)

    asyncio.run(main())
    assert seen == [("appeared", "api"), ("became-healthy", "api"), ("gone", "api")]


def test_cancelled_watches_leave_nothing(lab: Lab) -> None:
    """Of services and of keys, entered or not; nor do those that the loop's end finds open."""
    lab.put("/v1/kv/demi/a", "1")
    lab.register()

    async def drain(changes: AsyncIterator[Any]) -> None:
        async for _ in changes:
            pass

    async def main() -> None:
        registry = AsyncRegistry(lab.address)
        for delay_s in (0, 0.01, 0.3):
            tasks = [
                asyncio.ensure_future(drain(changes))
                for changes in (registry.watch(), registry.keys.watch(), registry.keys.watch("x/"))
            ]
            await asyncio.sleep(delay_s)
            for task in tasks:
                task.cancel()
            with measured(2):
                await asyncio.gather(*tasks, return_exceptions=True)
        open_ones = registry.watch(), registry.keys.watch()
        for changes in open_ones:
            await anext(changes)

    with measured(5):
        asyncio.run(main())
    eventually(lambda: threads("directory", "key-watch"), [], within_s=2)


def test_many_key_watches_leave_the_threads_of_the_loop_free(lab: Lab) -> None:
    """Each has one of its own."""

    async def main() -> None:
        keys = AsyncRegistry(lab.address).keys
        watches = [keys.watch(f"demi/{number}/") for number in range(40)]
        firsts = [asyncio.ensure_future(anext(watch)) for watch in watches]
        await asyncio.sleep(0.5)
        with measured(3):
            for number in range(40):
                await keys.put(f"demi/{number}/x", str(number))
            changes = await sooner(asyncio.gather(*firsts))
        assert [change.entry.text for change in changes] == [str(n) for n in range(40)]
        for watch in watches:
            await watch.aclose()

    asyncio.run(main())
    eventually(lambda: threads("key-watch"), [], within_s=2)


def test_a_process_is_registered_while_the_result_is_entered(lab: Lab) -> None:
    """As the other one does it."""

    async def main() -> None:
        async with AsyncRegistry(lab.address) as registry:
            async with registry.register("felix/server", port=9) as process:
                assert (await registry.wait("felix/server", timeout_s=5)).id == process.id
            assert lab.get("/v1/agent/services") == {}

    asyncio.run(main())


def test_a_registration_that_is_cancelled_is_removed(lab: Lab, proxy: Proxy) -> None:
    """Also while Consul is being asked, by a thread that nobody can stop."""

    async def register(registry: AsyncRegistry) -> None:
        async with registry.register("felix/server", port=9):
            await asyncio.sleep(60)

    async def main() -> None:
        proxy.behave(Mode.SLOW)
        for delay_s in (0, 0.01, 0.1, 0.3, 1.0):
            task = asyncio.ensure_future(register(AsyncRegistry(proxy.address)))
            await asyncio.sleep(delay_s)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert lab.get("/v1/agent/services") == {}
            assert threads("heartbeat") == []

    asyncio.run(main())


def test_leaving_waits_for_an_entering_that_was_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread may not even have begun to register."""
    done: list[str] = []

    class Slow:
        def __enter__(self) -> None:
            time.sleep(0.3)
            done.append("entered")

        def __exit__(self, *exc: object) -> None:
            done.append("left")

    registry = AsyncRegistry("127.0.0.1:1")
    monkeypatch.setattr(registry.registry, "register", lambda *_, **__: Slow())

    async def register() -> None:
        async with registry.register("felix/server", port=9):
            pass

    async def main() -> None:
        task = asyncio.ensure_future(register())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert done == ["entered", "left"]


def test_the_loop_is_not_held_up_while_consul_is_frozen(lab: Lab, proxy: Proxy) -> None:
    """Questions that have to be asked wait in threads."""
    lab.register()

    async def main() -> None:
        registry = AsyncRegistry(proxy.address)
        proxy.behave(Mode.HOLE)
        asking = asyncio.ensure_future(registry.url("felix/api"))
        longest_s = 0.0
        for _ in range(20):
            began = time.monotonic()
            await asyncio.sleep(0.01)
            longest_s = max(longest_s, time.monotonic() - began)
        assert longest_s < 1
        proxy.behave(Mode.PASS)
        assert await sooner(asking)

    asyncio.run(main())

"""What the library costs a program: look-ups, news, requests while nothing happens, memory.

Run: PYTHONPATH=adapters:deploy/local .venv/bin/python bench/client.py [-n SERVICES] [--idle S]

A look-up in the copy stands beside one that asks Consul and beside a bare dictionary read, a
watcher's news beside a bare blocking query on the same change, in turns.
"""

import argparse
import gc
import http.client
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

from bare import send
from counting_proxy import CountingProxy, to_tcp
from stage import get, median_and_p95

from demi_adapters import ChangeKind, Registry
from demi_local.consul import ConsulServer, find_or_install_consul

TURNS = 100
_ROUND = 10_000


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=1000, metavar="SERVICES")
    parser.add_argument("--idle", type=float, default=60.0, metavar="S")
    options = parser.parse_args()
    with consul() as address:
        connection = http.client.HTTPConnection(address)
        for number in range(options.n):
            register(connection, number)
        print(f"{options.n} services")
        memory(address, options.n)
        lookups(address)
        news(address, connection)
        idle(address, options.idle)


def memory(address: str, services: int) -> None:
    """How resident memory grows by a copy."""
    Registry(address).dns_name("bench/crowd/s0")  # what is imported is not counted
    gc.collect()
    before = resident_mib()
    with Registry(address) as registry:
        began = time.monotonic()
        registry.snapshot()
        took_ms = (time.monotonic() - began) * 1000
        while len(registry.services(healthy=True)) < services:
            time.sleep(0.1)
        gc.collect()
        held = resident_mib() - before
        each = held / services * 1024
        print(f"first copy after {took_ms:.0f} ms, {held:.1f} MiB ({each:.1f} KiB a service)")


def lookups(address: str) -> None:
    """Microseconds of one look-up, in turns."""
    name = "bench/crowd/s7"
    bare = {f"bench/crowd/s{number}": "http://127.0.0.1:8000" for number in range(1000)}
    asking = Registry(address)
    spent: dict[str, list[float]] = {"dictionary": [], "copy": [], "asking": []}
    with Registry(address) as registry:
        registry.url(name)
        for _ in range(20):
            spent["dictionary"].append(each_us(lambda: bare[name], _ROUND))
            spent["copy"].append(each_us(lambda: registry.url(name), _ROUND))
            spent["asking"].append(each_us(lambda: asking.url(name), 50))
    reference = statistics.median(spent["copy"])
    for what, values in spent.items():
        ratio = statistics.median(values) / reference
        print(f"look-up, {what:10} us {median_and_p95(values)}  {ratio:8.2f} x copy")


def news(address: str, connection: http.client.HTTPConnection) -> None:
    """Milliseconds from a check's answer to the watcher, and to a bare blocking query."""
    seen: Queue[float] = Queue()

    def follow(registry: Registry) -> None:
        for change in registry.watch():
            if change.kind in (ChangeKind.BECAME_HEALTHY, ChangeKind.BECAME_UNHEALTHY):
                seen.put(time.monotonic())

    bare: list[float] = []
    own: list[float] = []
    with Registry(address) as registry:
        watcher = threading.Thread(target=follow, args=(registry,))
        watcher.start()
        time.sleep(1)
        for turn in range(TURNS):
            waiting = Bare(address)
            time.sleep(0.05)
            began = time.monotonic()
            say(connection, 7, ("critical", "passing")[turn % 2])
            own.append((seen.get(timeout=20) - began) * 1000)
            bare.append((waiting.result() - began) * 1000)
    watcher.join()
    ratio = statistics.median(own) / statistics.median(bare)
    print(f"change to a bare query       ms {median_and_p95(bare)}")
    print(f"change to a watcher          ms {median_and_p95(own)}  {ratio:8.2f} x bare")


def idle(address: str, for_s: float) -> None:
    """Requests a minute and processor time while nothing happens, the proxy's included."""
    proxy = CountingProxy(to_tcp(address))
    with Registry(f"127.0.0.1:{proxy.port}") as registry:
        registry.snapshot()
        time.sleep(2)
        proxy.take()
        cpu_s = time.process_time()
        time.sleep(for_s)
        asked = sum(proxy.take().values())
        used = (time.process_time() - cpu_s) / for_s
        print(f"idle: {asked * 60 / for_s:.1f} requests a minute, {used:.3%} of a core")


class Bare:
    """One blocking query on one service's checks, in a thread."""

    def __init__(self, address: str) -> None:
        self._at: Queue[float] = Queue()
        connection = http.client.HTTPConnection(address)
        index, _ = get(connection, "/v1/health/checks/bench-crowd-s7")
        self._thread = threading.Thread(target=self._run, args=(connection, index))
        self._thread.start()

    def _run(self, connection: http.client.HTTPConnection, index: int) -> None:
        get(connection, f"/v1/health/checks/bench-crowd-s7?index={index}&wait=20s")
        self._at.put(time.monotonic())
        connection.close()

    def result(self) -> float:
        """When the answer came."""
        self._thread.join()
        return self._at.get()


def register(connection: http.client.HTTPConnection, number: int) -> None:
    """A service with a check, as a registrator would register it."""
    body = {
        "ID": f"crowd-{number}",
        "Name": f"bench-crowd-s{number}",
        "Address": "127.0.0.1",
        "Port": 8000,
        "Tags": ["demi"],
        "Meta": {
            "demi_site": "bench",
            "demi_stack": "crowd",
            "demi_service": f"s{number}",
            "demi_url": "http://127.0.0.1:8000",
            "demi_owner": "bench",
            "demi_category": "Microservice",
            "demi_description": "One service of a crowd",
        },
        "Check": {"CheckID": f"check-{number}", "TTL": "1h", "Status": "passing"},
    }
    send(connection, "PUT", "/v1/agent/service/register", body)


def say(connection: http.client.HTTPConnection, number: int, status: str) -> None:
    """What a service's check answers."""
    send(connection, "PUT", f"/v1/agent/check/update/check-{number}", {"Status": status})


def each_us(act: Callable[[], object], times: int) -> float:
    """Microseconds for each of many calls."""
    began = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - began) / times * 1e6


def resident_mib() -> float:
    """This process's resident memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def consul() -> Iterator[str]:
    """A Consul with a data folder; its address."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        binary = find_or_install_consul(print)
        with ConsulServer(binary, folder / "c", log=folder / "c.log") as server:
            yield server.http_address


if __name__ == "__main__":
    main()

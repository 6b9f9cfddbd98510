"""Containers that start and stop all the time: is anything lost, and how far behind is Consul?

Run as root: PYTHONPATH=deploy/local .venv/bin/python bench/churn.py [--seconds S] [--rate R] [TREE]

Asked for are R changes a second, starts and deaths together; an engine that can't do so many does
what it can. The containers share the host's network and sleep, which is the least that an engine
can do. Lag counts from the engine's event to the first look at the catalog that shows it, so it
includes up to one look (a few milliseconds).
"""

import argparse
import base64
import http.client
import itertools
import json
import math
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from bare import UnixConnection
from stage import Stage, get, median_and_p95, stage, trees

CONTAINERS = 40
HANDS = 8  # requests to the engine at once; more did not make it faster
_FILTERS = quote(json.dumps({"type": ["container"], "event": ["start", "die"]}))
_PREFIX = "bench-churn-"


@dataclass(slots=True)
class Seen:
    """What happened and what the catalog showed; times in Unix nanoseconds."""

    events: defaultdict[str, list[tuple[int, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    catalog: list[tuple[int, frozenset[str]]] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """How many starts and deaths there were."""
        return sum(map(len, self.events.values()))


def main() -> None:
    """Print what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("trees", nargs="*", help="one source tree")
    options = parser.parse_args()
    with stage() as here:
        [tree] = trees(options.trees).values()
        containers = [here.create(labels(number), **on_the_host()) for number in range(CONTAINERS)]
        alive = containers[: CONTAINERS // 2]
        for container in alive:
            here.start(container)
        with here.registrator(tree) as running:
            seen = Seen()
            Witness(here, seen).start()
            took_s = churn(here, containers, set(alive), options)
            settled_s = settle(here)
            cpu = running.cpu_s
        report(here, seen, took_s, settled_s, options.rate)
        print(f"the registrator used {cpu:.2f} s of processor time")


def labels(number: int) -> dict[str, str]:
    """The labels of one container's service."""
    of = f"demi.bench.churn.s{number:02}"
    return {f"{of}.hostport": str(20000 + number), f"{of}.category": "Microservice"}


def on_the_host() -> dict[str, Any]:
    """No network of its own, no web server."""
    return {
        "HostConfig": {"NetworkMode": "host"},
        "ExposedPorts": {},
        "Entrypoint": ["/bin/busybox", "sleep", "3600"],
    }


class Witness(threading.Thread):
    """Notes events and the catalog, each in a thread, until the benchmark ends."""

    def __init__(self, here: Stage, seen: Seen) -> None:
        super().__init__(daemon=True)
        self._here = here
        self._seen = seen
        self._catalog = here.connect()
        self._events = UnixConnection(here.docker_socket)
        self._events.request("GET", f"/events?filters={_FILTERS}")
        threading.Thread(target=self._follow, daemon=True).start()

    def run(self) -> None:
        """The catalog's names each time that they change."""
        index = 0
        while True:
            try:
                index, found = get(self._catalog, f"/v1/catalog/services?index={index}&wait=60s")
            except (OSError, http.client.HTTPException, RuntimeError):  # Consul is stopped
                return
            self._seen.catalog.append((time.time_ns(), frozenset(found)))

    def _follow(self) -> None:
        with self._events.getresponse() as stream:
            while line := stream.readline():
                event = json.loads(line)
                number = next(
                    name.split(".")[3]
                    for name in event["Actor"]["Attributes"]
                    if name.startswith("demi.")
                )
                self._seen.events[f"{_PREFIX}{number}"].append(
                    (event["timeNano"], event["Action"] == "start")
                )


def churn(
    here: Stage, containers: Sequence[str], alive: set[str], options: argparse.Namespace
) -> float:
    """Start the dead and kill the living, one of each in turn; the seconds it took."""
    began = time.monotonic()
    busy = {container: threading.Lock() for container in containers}

    def toggle(container: str) -> None:
        with busy[container]:
            if container in alive:
                here.kill(container)
                alive.discard(container)
            else:
                here.start(container)
                alive.add(container)

    half = len(containers) // 2
    turns = itertools.chain.from_iterable(zip(containers[:half], containers[half:], strict=True))
    order = itertools.cycle(list(turns))
    with ThreadPoolExecutor(HANDS) as hands:
        ahead = threading.Semaphore(2 * HANDS)
        asked: list[Future[None]] = []
        due = began
        while time.monotonic() < began + options.seconds:
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / options.rate
            ahead.acquire()
            done = hands.submit(toggle, next(order))
            done.add_done_callback(lambda _: ahead.release())
            asked.append(done)
    refused = sum(done.exception() is not None for done in asked)
    if refused:
        print(f"the engine refused {refused} of {len(asked)} requests")
    return time.monotonic() - began


def settle(here: Stage, within_s: float = 20.0) -> float:
    """Seconds until services and keys are those of what `docker ps` shows; infinite if never."""
    began = time.monotonic()
    while (now := time.monotonic()) < began + within_s:
        running = {container[:12] for container in here.running()}
        registered = {
            service["Meta"]["demi_container"] for service in here.get("/v1/agent/services").values()
        }
        keys = here.get("/v1/kv/demi/bench/churn/?recurse") or ()
        shown = {
            base64.b64decode(key["Value"]).decode()
            for key in keys
            if key["Key"].endswith("/container")
        }
        if running == registered == shown and len({key["Session"] for key in keys}) <= 1:
            return now - began
        time.sleep(0.02)
    return math.inf


def lags(seen: Seen) -> tuple[list[float], int]:
    """Milliseconds from each change to the catalog's, and how many passed before it showed."""
    found: list[float] = []
    unseen = 0
    for service, events in seen.events.items():
        for (at, is_start), (until, _) in itertools.zip_longest(
            sorted(events), sorted(events)[1:], fillvalue=(time.time_ns(), False)
        ):
            shown = (
                when
                for when, names in seen.catalog
                if at <= when < until and (service in names) == is_start
            )
            first = next(shown, None)
            if first is None:
                unseen += 1
            else:
                found.append((first - at) / 1e6)
    return found, unseen


def report(here: Stage, seen: Seen, took_s: float, settled_s: float, rate: float) -> None:
    """Print it."""
    rate_done = seen.changes / took_s
    slower = "" if rate_done > 0.95 * rate else f": this engine can't do {rate:.0f}"
    print(f"{seen.changes} changes in {took_s:.0f} s, {rate_done:.1f} a second{slower}")
    delays, unseen = lags(seen)
    print(f"lag in ms: {median_and_p95(delays)}  max {max(delays):.1f}")
    print(f"{unseen} changes were over before a look at the catalog showed them")
    print(f"{len(here.running())} run, {len(here.services())} are registered: ", end="")
    print("NOT THE SAME" if math.isinf(settled_s) else f"the same, {settled_s:.2f} s after the end")


if __name__ == "__main__":
    main()

"""How long after a container's event its service is in the catalog, or gone from it.

Run as root: PYTHONPATH=deploy/local .venv/bin/python bench/latency.py [--crowd N] [TREE …]

From the time that the engine gives the event to the return of a blocking query on the catalog.
Beside it stands the bare sketch (`bare.py`) in the same run, in turns, so that the ratio means
something on a busy machine. Several source trees can be compared; with a crowd, N other services
are registered all the while.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from statistics import median

from stage import Stage, get, median_and_p95, stage, trees

ROUNDS = 5
TURNS = 10
CHECKED = "bare, with a check"
_SETTLED_S = 4.0  # for two seconds a registrator asks whether it is alone, and removes nothing
_QUIET_S = 0.2  # between a container's removal and the next one's start


@dataclass(slots=True)
class Delays:
    """Milliseconds of each start and each death."""

    start: list[float] = field(default_factory=list)
    death: list[float] = field(default_factory=list)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--crowd", type=int, default=0)
    parser.add_argument("trees", nargs="*")
    options = parser.parse_args()
    with stage() as here:
        here.crowd(options.crowd)
        contestants: Mapping[str, Callable[[], AbstractContextManager[object]]] = {
            "bare": here.bare,
            CHECKED: lambda: here.bare("--check"),
            **{
                f"registrator {name}": lambda tree=tree: here.registrator(tree)  # type: ignore[misc]
                for name, tree in trees(options.trees).items()
            },
        }
        delays = {name: Delays() for name in contestants}
        for number in range(ROUNDS):
            for name, contestant in contestants.items():
                with contestant():
                    time.sleep(_SETTLED_S)
                    for turn in range(TURNS):
                        take_turn(here, f"s{number}-{turn}", delays[name])
            report(delays, (number + 1) * TURNS)


def take_turn(here: Stage, service: str, delays: Delays) -> None:
    """One container lives and dies."""
    container = here.create({f"demi.bench.latency.{service}.port": "8000"})
    time.sleep(_QUIET_S)
    name = f"bench-latency-{service}"
    delays.start.append(measure(here, name, container, "start", lambda: here.start(container)))
    time.sleep(_QUIET_S)
    delays.death.append(measure(here, name, container, "die", lambda: here.kill(container)))
    here.remove(container)


def measure(
    here: Stage, service: str, container: str, action: str, act: Callable[[], None]
) -> float:
    """Milliseconds from the engine's event to the catalog's change."""
    since_s = time.time()
    with doing(act):
        seen_ns = appears(here, service) if action == "start" else vanishes(here, service)
    return (seen_ns - here.happened_ns(container, action, since_s)) / 1e6


@contextmanager
def doing(act: Callable[[], None]) -> Iterator[None]:
    """Act in another thread; its failure is ours."""
    with ThreadPoolExecutor(1) as worker:
        done = worker.submit(act)
        try:
            yield
        finally:
            done.result()


def appears(here: Stage, service: str) -> int:
    """When the service is there."""
    return until(here, service, bool)


def vanishes(here: Stage, service: str) -> int:
    """When the service is gone."""
    return until(here, service, lambda found: not found)


def until(here: Stage, service: str, is_so: Callable[[object], bool]) -> int:
    """Unix time in nanoseconds at which a blocking query on the catalog says that it is so."""
    connection, index = here.connect(), 0
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        index, found = get(connection, f"/v1/catalog/service/{service}?index={index}&wait=5s")
        seen = time.time_ns()
        if is_so(found):
            return seen
    raise RuntimeError(f"{service} did not change")


def report(delays: Mapping[str, Delays], turns: int) -> None:
    """Milliseconds, and how many times those of the sketch."""
    bare = delays["bare"]
    # Deregistering is the same work with and without a check, so both make up the reference.
    deaths = bare.death + delays[CHECKED].death
    print(f"\nms after the event, {turns} containers each")
    for name, own in delays.items():
        for what, values, reference in (
            ("start to visible", own.start, bare.start),
            ("death to gone", own.death, deaths),
        ):
            ratio = median(values) / median(reference)
            print(f"{name:28} {what:17} {median_and_p95(values)}  {ratio:5.2f} x bare", flush=True)


if __name__ == "__main__":
    main()

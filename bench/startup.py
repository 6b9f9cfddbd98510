"""How long a registrator takes from its start to everything being in Consul.

Run as root: PYTHONPATH=deploy/local .venv/bin/python bench/startup.py [-n SERVICES]… [TREE …]

Beside it, in turns, the same registrations and transactions written by nothing but the standard
library over as many connections, and the start of a Python that imports nothing.
"""

import argparse
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from replay import Recording, recorder, replay
from stage import Stage, stage, trees


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, action="append", metavar="SERVICES")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("trees", nargs="*")
    options = parser.parse_args()
    candidates = trees(options.trees)
    with stage() as here:
        for services in options.n or (10, 100, 500):
            here.crowd(services)
            recording = record(here, next(iter(candidates.values())), services)
            report(services, measure(here, candidates, recording, services, options.turns))
            here.clear()


def record(here: Stage, tree: Path, services: int) -> Recording:
    """What a registrator writes, not timed."""
    with (
        recorder(here.consul_address) as (address, recording),
        here.registrator(tree, consul_address=address, tidy=True),
    ):
        check(here, services)
    return recording


def measure(
    here: Stage, candidates: Mapping[str, Path], recording: Recording, services: int, turns: int
) -> dict[str, list[float]]:
    """Seconds of each turn."""
    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(turns):
        took["bare python"].append(bare_python())
        took["bare writes"].append(replay(here.consul_address, recording))
        for name, tree in candidates.items():
            with here.registrator(tree, tidy=True) as registrator:
                check(here, services)
                took[f"{name}: imports"].append(registrator.imported_s)
                took[f"{name}: then all visible"].append(
                    registrator.ready_s - registrator.imported_s
                )
                took[f"{name}: together"].append(registrator.ready_s)
    return took


def bare_python() -> float:
    """The start and end of an interpreter that does nothing."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - began


def check(here: Stage, services: int) -> None:
    """Everything must be there, with its keys, once the record is written."""
    found, keys = len(here.services()), here.keys()
    if found != services or keys < services * 10:
        raise RuntimeError(f"{found} services and {keys} keys are visible, not {services}")


def report(services: int, took: Mapping[str, Sequence[float]]) -> None:
    """Seconds, and how many times those of the bare writes."""
    writes = median(took["bare writes"])
    print(f"\nseconds with {services} services, {len(took['bare writes'])} turns")
    for name, values in took.items():
        print(
            f"{name:34} median {median(values):6.3f}  least {min(values):6.3f}"
            f"  {median(values) / writes:6.2f} x bare writes",
            flush=True,
        )


if __name__ == "__main__":
    main()

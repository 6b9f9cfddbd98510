"""What a registrator costs while nothing happens.

Run as root: PYTHONPATH=deploy/local .venv/bin/python bench/idle.py [-n SERVICES]… [TREE …]

Processor time over two resyncs, from one record to the next but one, and resident memory.
"""

import argparse
import time
from pathlib import Path

from stage import RECORD, Stage, stage, trees

RESYNCS = 2
_SETTLE_S = 1.0  # what follows a run is over by then


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, action="append", metavar="SERVICES")
    parser.add_argument("trees", nargs="*")
    options = parser.parse_args()
    with stage() as here:
        for services in options.n or (100, 500):
            here.crowd(services)
            for name, tree in trees(options.trees).items():
                measure(here, name, tree, services)
            here.clear()


def measure(here: Stage, name: str, tree: Path, services: int) -> None:
    """One registrator at its default settings."""
    with here.registrator(tree, tidy=True) as running:
        next_record(here)
        cpu_s, began = running.cpu_s, time.monotonic()
        for _ in range(RESYNCS):
            next_record(here)
        used_s, took_s = running.cpu_s - cpu_s, time.monotonic() - began
        print(
            f"{name}, {services} services: {used_s / took_s:7.2%} of a core "
            f"({used_s / RESYNCS * 1000:.0f} ms for each resync, {took_s / RESYNCS:.1f} s apart), "
            f"{running.memory_mib():.1f} MiB resident, {running.memory_mib('VmHWM'):.1f} at most",
            flush=True,
        )


def next_record(here: Stage) -> None:
    """Wait until a resync is over."""
    here.wait_for_change(RECORD)
    time.sleep(_SETTLE_S)


if __name__ == "__main__":
    main()

"""How long the command takes to start, beside `python -c "import typer"` in the same run.

Run: PYTHONPATH=deploy/local .venv/bin/python bench/command_start.py [--consul HOST:PORT] [TREE …]

In turns: help, the version, one URL out of Consul, and the Tab key, all as processes of their own.
Without `--consul` a Consul of its own is started; a given one gets services for the while.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from demi_local.consul import ConsulServer, find_or_install_consul

HERE = Path(__file__).resolve().parents[1]
REFERENCE = "import typer"
SITE = "bench_start"
SLUG = "bench-start-stack"
SERVICE = f"{SITE}/stack/s0"
KEYS = ("host", "port", "protocol", "health", "category", "description", "url", "swagger_url")

# A command and its environment.
Run = tuple[list[str], Mapping[str, str]]

# As the `demi` that is installed, whose modules were compiled before.
START = "import sys; sys.argv[0] = 'demi'; from demi_cli.__main__ import main; sys.exit(main())"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--consul", metavar="HOST:PORT")
    parser.add_argument("-n", type=int, default=100, metavar="SERVICES")
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("trees", nargs="*", type=Path)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as compiled,
        consul(options.consul) as address,
        services(address, options.n),
    ):
        runs: dict[str, Run] = {
            REFERENCE: ([sys.executable, "-c", REFERENCE], environment(HERE, compiled))
        }
        for tree in options.trees or [HERE]:
            runs |= starts(tree.resolve(), address, compiled)
        report(measure(runs, options.turns), options.n)


def starts(tree: Path, address: str, compiled: str) -> dict[str, Run]:
    """What is started of one source tree, and in which environment."""
    environ = {**environment(tree, compiled), "CONSUL_HTTP_ADDR": address}
    tab = {**environ, "_DEMI_COMPLETE": "complete_bash"}
    of_a_command = {**tab, "COMP_CWORD": "1", "COMP_WORDS": "demi\nu"}
    of_a_service = {**tab, "COMP_CWORD": "2", "COMP_WORDS": "demi\nurl\n"}
    command = [sys.executable, "-c", START]
    return {
        f"{tree.name}: --help": ([*command, "--help"], environ),
        f"{tree.name}: version": ([*command, "version"], environ),
        f"{tree.name}: url": ([*command, "url", SERVICE], environ),
        f"{tree.name}: Tab, a command": (command, of_a_command),
        f"{tree.name}: Tab, a service": (command, of_a_service),
    }


def environment(tree: Path, compiled: str) -> dict[str, str]:
    """A person's, with the packages of one tree."""
    own = ("DEMI_", "CONSUL_", "PYTHON")
    others = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    packages = (str(tree / part) for part in ("adapters", "registrator", "cli", "ui"))
    return {**others, "PYTHONPATH": os.pathsep.join(packages), "PYTHONPYCACHEPREFIX": compiled}


def measure(runs: Mapping[str, Run], turns: int) -> dict[str, list[float]]:
    """Milliseconds of each turn; the first one, which compiles, does not count."""
    took: dict[str, list[float]] = defaultdict(list)
    for turn in range(turns + 1):
        for name, (command, environ) in runs.items():
            began = time.perf_counter()
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
            if turn:
                took[name].append((time.perf_counter() - began) * 1000)
    return took


def report(took: Mapping[str, Sequence[float]], services: int) -> None:
    """Medians, and how many times that of the reference."""
    reference = median(took[REFERENCE])
    print(f"milliseconds with {services} services, {len(took[REFERENCE])} turns")
    for name, values in took.items():
        print(
            f"{name:34} median {median(values):7.1f}  least {min(values):7.1f}"
            f"  {median(values) / reference:5.2f} x"
        )


@contextmanager
def consul(given: str | None) -> Iterator[str]:
    """The address of the one that was given, or of one for the while."""
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = ConsulServer(find_or_install_consul(print), folder / "c", log=folder / "c.log")
        with server:
            yield server.http_address


@contextmanager
def services(address: str, number: int) -> Iterator[None]:
    """So many services with their keys, as a registrator writes them."""
    connection = http.client.HTTPConnection(address)

    def send(method: str, path: str, body: object = None) -> None:
        connection.request(method, f"/v1/{path}", json.dumps(body))
        answer = connection.getresponse()
        if answer.read() and answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status}")

    names = [f"s{each}" for each in range(number)]
    try:
        for name in names:
            meta = {"demi_site": SITE, "demi_stack": "stack", "demi_service": name}
            meta["demi_url"] = f"http://pc1:80/{name}"
            send("PUT", "agent/service/register", {"Name": f"{SLUG}-{name}", "Meta": meta})
            for key in KEYS:
                send("PUT", f"kv/demi/{SITE}/stack/{name}/{key}", "something")
        yield
    finally:
        for name in names:
            send("PUT", f"agent/service/deregister/{SLUG}-{name}")
        send("DELETE", f"kv/demi/{SITE}/?recurse")


if __name__ == "__main__":
    main()

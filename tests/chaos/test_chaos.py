"""After whatever has happened, Consul holds what the running containers say, and nothing else."""

import time

import docker
import pytest

from chaos.acts import ContainerActs
from chaos.arena import Arena
from chaos.faults import FaultActs
from chaos.operations import Operation, bursts
from chaos.settings import OPERATIONS, SEED
from chaos.tampering import TamperActs


@pytest.mark.parametrize(
    "seed", [pytest.param(SEED, id=f"CHAOS_SEED={SEED} CHAOS_OPS={OPERATIONS}")]
)
def test_consul_follows_the_containers_through_any_faults(arena: Arena, seed: int) -> None:
    """Bursts of operations and faults; after each, everything is in step within two resyncs."""
    acts = (ContainerActs(arena), FaultActs(arena), TamperActs(arena))
    began = time.monotonic()
    arena.calm()
    arena.settle()
    number = 0
    for burst in bursts(seed, OPERATIONS):
        for operation in burst:
            number += 1
            print(f"{time.strftime('%H:%M:%S')} {number:5} {operation}"[:400], flush=True)
            said = _do(acts, operation)
            if said:
                print(f"{'':15}{said}")
            arena.assert_it_lives()
        arena.calm()
        took_s = arena.settle()
        print(
            f"{'':15}in step after {took_s:.1f} s, {time.monotonic() - began:.0f} s in all",
            flush=True,
        )
    arena.assert_it_rests()


def _do(acts: tuple[object, ...], operation: Operation) -> str:
    """Call the method of its name; what Docker refuses is told, and no matter."""
    [method] = [m for actor in acts if (m := getattr(actor, operation.name, None))]
    try:
        method(**operation.arguments)
    except docker.errors.APIError as error:
        return f"Docker refused: {error.explanation}"[:150]
    return ""

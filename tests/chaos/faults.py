"""Faults of the network, of Consul, of the engine, and of the registrator itself."""

import os
import signal
import time

from chaos.arena import Arena
from chaos.proxy import Mode

# Silence is only noticed by its duration: the registrator's own time-outs, and a full comparison.
_TIME_OUT_S = {"consul": 20.0, "docker": 30.0}


class FaultActs:
    """One method for each fault, called by its name; `Arena.calm` ends them all."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena

    def wait(self, for_s: float) -> None:
        """Let it work."""
        time.sleep(for_s)

    def network(self, which: str, mode: str) -> None:
        """The way to Consul or to Docker changes for the worse, or for the better."""
        self._arena.networks[which].behave(Mode(mode))

    def cut(self, which: str) -> None:
        """Every connection to one of them breaks."""
        self._arena.networks[which].cut_all()

    def forget(self, which: str) -> None:
        """Connections that there are carry nothing more, and nobody says so; new ones work."""
        self._arena.networks[which].forget_all()
        self._arena.patience_s = max(self._arena.patience_s, _TIME_OUT_S[which])

    # -- Consul -----------------------------------------------------------------------------

    def stop_consul(self, kill: bool) -> None:
        """Consul ends and keeps its data."""
        if kill:
            self._arena.consul.kill()
        else:
            self._arena.consul.stop()

    def start_consul(self) -> None:
        """Consul is back with its data."""
        self._arena.consul.start()

    def wipe_consul(self) -> None:
        """Consul starts again with nothing; other people are the first to be back."""
        arena, network = self._arena, self._arena.networks["consul"]
        before = network.mode
        network.behave(Mode.REFUSE)
        arena.pins.unpin_all()
        arena.consul.stop()
        arena.consul.wipe()
        arena.consul.start()
        arena.others.create()
        network.behave(before)

    def freeze_consul(self, for_s: float) -> None:
        """Consul stands still."""
        _freeze(self._arena.consul.pid, for_s)

    # -- the engine -------------------------------------------------------------------------

    def stop_engine(self, kill: bool) -> None:
        """The engine ends; its containers run on."""
        self._arena.processes.look()
        if kill:
            self._arena.engine.kill()
        else:
            self._arena.engine.stop(keep_containers=True)

    def start_engine(self) -> None:
        """The engine is back, and finds its containers."""
        self._arena.engine.start()

    def freeze_engine(self, for_s: float) -> None:
        """The engine stands still."""
        _freeze(self._arena.engine.pid, for_s)

    # -- the registrator --------------------------------------------------------------------

    def kill_registrator(self, after_s: float) -> None:
        """It ends without a chance to do anything about it."""
        time.sleep(after_s)
        self._arena.assert_it_lives()
        if self._arena.registrator:
            self._arena.registrator.kill()
        self._arena.registrator = None

    def stop_registrator(self) -> None:
        """It is asked to end, and does."""
        self._arena.assert_it_lives()
        if self._arena.registrator:
            status = self._arena.registrator.stop()
            assert status == 0, f"it ended with {status}:\n{self._arena.log()}"
        self._arena.registrator = None

    def start_registrator(self) -> None:
        """It starts."""
        self._arena.start_registrator()

    def freeze_registrator(self, for_s: float) -> None:
        """It stands still."""
        if self._arena.registrator:
            _freeze(self._arena.registrator.process.pid, for_s)


def _freeze(pid: int, for_s: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(for_s)
    finally:
        os.kill(pid, signal.SIGCONT)

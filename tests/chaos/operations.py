"""What is going to happen: bursts of operations that follow from the seed alone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from chaos.labels import random_spec

SLOTS = 12


@dataclass(frozen=True)
class Operation:
    """One method of `Acts` with its arguments."""

    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        words = (f"{key}={value}" for key, value in self.arguments.items())
        return " ".join((self.name, *words)).encode("unicode_escape").decode()


@dataclass(frozen=True)
class _Move:
    """An operation on a container: how likely, from which states, into which (None: the same)."""

    weight: int
    before: tuple[str, ...]
    after: str | None = None


_MOVES: Mapping[str, _Move] = {
    "run": _Move(34, ("none",), "running"),
    "stop": _Move(4, ("running",), "exited"),
    "kill": _Move(4, ("running",), "exited"),
    "start": _Move(7, ("exited",), "running"),
    "restart": _Move(5, ("running",)),
    "remove": _Move(8, ("running", "paused", "exited"), "none"),
    "rename": _Move(2, ("running", "paused", "exited")),
    "pause": _Move(4, ("running",), "paused"),
    "unpause": _Move(6, ("paused",), "running"),
    "toggle_health": _Move(6, ("running",)),
    "crash": _Move(5, ("running",)),
}


class _Story:
    """What is believed of the world while operations are made up, so that each makes sense."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._slots = dict.fromkeys(range(SLOTS), "none")
        self._toggles: set[int] = set()
        self._restarting: set[int] = set()
        self._engine = self._consul = self._registrator = True
        self._holes: set[str] = set()

    def calm(self) -> None:
        """All faults are over."""
        self._engine = self._consul = self._registrator = True
        self._holes.clear()

    def next(self) -> Operation:
        """The next operation."""
        choices: list[tuple[int, Callable[[], Operation]]] = [
            *self._container_choices(),
            *self._fault_choices(),
            *(self._tamper_choices() if self._consul else ()),
        ]
        weights = [weight for weight, _ in choices]
        [(_, make)] = self._random.choices(choices, weights)
        return make()

    # -- containers -------------------------------------------------------------------------

    def _container_choices(self) -> Iterator[tuple[int, Callable[[], Operation]]]:
        for name, move in _MOVES.items():
            slots = [s for s, state in self._slots.items() if state in move.before]
            if name == "toggle_health":
                slots = [s for s in slots if s in self._toggles]
            if slots and (self._engine or name == "crash"):
                # The emptier the engine, the likelier another container.
                weight = move.weight * len(slots) // SLOTS if name == "run" else move.weight
                yield weight, lambda name=name, slots=slots: self._move(name, slots)  # type: ignore[misc]

    def _move(self, name: str, slots: list[int]) -> Operation:
        slot = self._random.choice(slots)
        move = _MOVES[name]
        self._slots[slot] = move.after or self._slots[slot]
        if name == "crash" and slot not in self._restarting:
            self._slots[slot] = "exited"
        if name != "run":
            return Operation(name, {"slot": slot})
        spec = random_spec(self._random)
        for kind, members in (
            (spec.health == "toggle", self._toggles),
            (spec.restarts, self._restarting),
        ):
            (members.add if kind else members.discard)(slot)
        return Operation(name, {"slot": slot, "spec": spec})

    # -- faults -----------------------------------------------------------------------------

    def _fault_choices(self) -> Iterator[tuple[int, Callable[[], Operation]]]:
        yield 8, self._wait
        yield 12, lambda: self._network("consul")
        yield 8, lambda: self._network("docker")
        yield 2, lambda: Operation("cut", {"which": "consul"})
        yield 3, lambda: Operation("cut", {"which": "docker"})
        yield 1, lambda: Operation("forget", {"which": self._random.choice(("consul", "docker"))})
        yield (3, self._start_consul) if not self._consul else (3, self._stop_consul)
        if self._consul:
            yield 2, lambda: Operation("wipe_consul")
            yield 1, lambda: Operation("freeze_consul", {"for_s": self._seconds(0.2, 1.5)})
        yield (3, self._start_engine) if not self._engine else (3, self._stop_engine)
        if self._engine:
            yield 1, lambda: Operation("freeze_engine", {"for_s": self._seconds(0.2, 1.5)})
        if self._registrator:
            yield 5, self._kill_registrator
            if not self._holes:  # it would wait for an answer from there first
                yield 1, self._stop_registrator
            yield 2, lambda: Operation("freeze_registrator", {"for_s": self._seconds(0.2, 1.5)})
        else:
            yield 6, self._start_registrator

    def _wait(self) -> Operation:
        is_long = self._random.random() < 0.05
        return Operation("wait", {"for_s": self._seconds(*((2, 5) if is_long else (0.05, 0.8)))})

    def _network(self, which: str) -> Operation:
        modes = ("slow", "refuse", "cut", "hole", "errors", "pass")
        mode = self._random.choice(modes)
        (self._holes.add if mode == "hole" else self._holes.discard)(which)
        return Operation("network", {"which": which, "mode": mode})

    def _stop_consul(self) -> Operation:
        self._consul = False
        return Operation("stop_consul", {"kill": self._random.random() < 0.5})

    def _start_consul(self) -> Operation:
        self._consul = True
        return Operation("start_consul")

    def _stop_engine(self) -> Operation:
        self._engine = False
        return Operation("stop_engine", {"kill": self._random.random() < 0.5})

    def _start_engine(self) -> Operation:
        self._engine = True
        return Operation("start_engine")

    def _kill_registrator(self) -> Operation:
        self._registrator = False
        after_s = self._random.choice((0.0, self._seconds(0.0, 0.05), self._seconds(0.0, 0.4)))
        return Operation("kill_registrator", {"after_s": after_s})

    def _stop_registrator(self) -> Operation:
        self._registrator = False
        return Operation("stop_registrator")

    def _start_registrator(self) -> Operation:
        self._registrator = True
        return Operation("start_registrator")

    # -- tampering --------------------------------------------------------------------------

    def _tamper_choices(self) -> Iterator[tuple[int, Callable[[], Operation]]]:
        for weight, name in (
            (3, "destroy_session"),
            (3, "delete_key"),
            (2, "delete_tree"),
            (3, "overwrite_key"),
            (2, "take_key"),
            (3, "deregister_service"),
            (2, "vandalise_service"),
            (1, "maintain_service"),
            (2, "add_check"),
        ):
            yield weight, lambda name=name: self._tamper(name)  # type: ignore[misc]
        yield 1, lambda: Operation("double_session")
        yield 1, lambda: Operation("delete_query")
        if not self._registrator:
            yield 3, lambda: self._tamper("take_service")

    def _tamper(self, name: str) -> Operation:
        return Operation(name, {"which": self._random.randrange(1000)})

    def _seconds(self, least: float, most: float) -> float:
        return round(self._random.uniform(least, most), 2)


def bursts(seed: int, operations: int) -> Iterator[list[Operation]]:
    """All operations, a burst at a time; after each burst the world is calm again.

    A longer run of the same seed begins like a shorter one.
    """
    random = Random(seed)
    story = _Story(random)
    left = operations
    while left > 0:
        size = random.randint(6, 16)
        yield [story.next() for _ in range(min(size, left))]
        left -= size
        story.calm()

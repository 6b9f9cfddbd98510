"""Text to nodes: YAML as compose reads it, within bounds.

PyYAML's own composer follows any nesting until the stack ends, and knows neither doubled keys nor
the lines of keys that a merge brought. So only its events are used.
"""

from collections.abc import Iterator

import yaml

from demi_adapters.problems import shown
from demi_cli.compose.nodes import Budget, Mapping, Node, Place, Scalar, Sequence, fault

_DEEPEST = 64  # a guess: compose files need about 8 levels
_PAIR = 64  # characters that a merged pair counts as in the budget: about what it holds in memory
_MERGE = "<<"

# The C parser is ten times as fast; PyYAML can be built without it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_documents(text: str, file: str, budget: Budget) -> tuple[Node, ...]:
    """The documents of a YAML file.

    Raises:
        ConfigurationError: it is no YAML, or more than is sound.
    """
    try:
        return tuple(_Composer(text, file, budget).documents())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise fault(Place(file, line), f"this is no YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise fault(Place(file, 1), f"this is no YAML: {error}.") from None


class _Composer:
    def __init__(self, text: str, file: str, budget: Budget) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self._file = file
        self._budget = budget
        self._anchors: dict[str, Node] = {}

    def documents(self) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
                yield self._node(next(self._events), 0)

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = Place(self._file, event.start_mark.line + 1 if event.start_mark else 1)
        if depth > _DEEPEST:
            raise fault(place, f"this is nested more than {_DEEPEST} levels deep.")
        if isinstance(event, yaml.AliasEvent):
            name = event.anchor or ""
            if name not in self._anchors:
                raise fault(place, f"alias {shown(name)} has no anchor before it.")
            return self._anchors[name]
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(event.value, place, event.tag or "", bool(event.implicit[0]))
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Sequence(tuple(self._items(depth)), place, event.tag or "")
        else:
            pairs = self._pairs(depth)
            node = Mapping(self._merged(pairs, place), place, getattr(event, "tag", None) or "")
        # Only now, so that a node can't hold itself.
        if anchor := getattr(event, "anchor", None):
            self._anchors[anchor] = node
        return node

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _pairs(self, depth: int) -> dict[str, tuple[Scalar, Node]]:
        found: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise fault(key.place, "a key must be a text, not a list or a map.")
            if key.text in found:
                first = found[key.text][0].place.line
                raise fault(
                    key.place,
                    f"key {shown(key.text)} stands here twice, first in line {first}. Remove one.",
                )
            found[key.text] = key, self._node(next(self._events), depth + 1)
        return found

    def _merged(
        self, pairs: dict[str, tuple[Scalar, Node]], place: Place
    ) -> tuple[tuple[Scalar, Node], ...]:
        """The pairs with those of `<<`: one's own win, and so do earlier maps of a list."""
        key, merged = pairs.get(_MERGE, (None, None))
        if key is None or not key.is_plain:
            return tuple(pairs.values())
        found = {name: pair for name, pair in pairs.items() if name != _MERGE}
        for each in merged.items if isinstance(merged, Sequence) else (merged,):
            if not isinstance(each, Mapping):
                raise fault(place, "a merge key << takes a map or a list of maps.")
            self._budget.spend(_PAIR * len(each.pairs), key.place)
            for name, value in each.pairs:
                found.setdefault(name.text, (name, value))
        return tuple(found.values())

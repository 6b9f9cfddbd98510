"""The contract's own examples: inputs and what they become."""

import json
from pathlib import Path
from typing import Any

import pytest

from demi_adapters.container import from_inspect
from demi_adapters.labels import parse_namespaces
from demi_adapters.registration import Origin, register_all

VECTORS = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))


def subset_of(expected: object, found: object) -> object:
    """`found` cut to the fields that `expected` names, at any depth of nested dictionaries."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {k: subset_of(v, found[k]) for k, v in expected.items() if k in found}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [subset_of(*pair) for pair in zip(expected, found, strict=True)]
    return found


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_a_vector_becomes_what_it_says(path: Path) -> None:
    """Services and problems are those of the vector, in its order."""
    vector: dict[str, Any] = json.loads(path.read_text())
    environ = vector.get("env", {})
    origin = Origin(
        owner=environ.get("DEMI_OWNER", "pc7"),
        host=environ.get("DEMI_HOST", "pc7.lab"),
        sites=parse_namespaces(environ.get("DEMI_NAMESPACE", "")),
    )

    found = register_all(map(from_inspect, vector["inspect"]), origin)

    services = [service.as_dict() for service in found.services]
    problems = [problem.as_dict() for problem in found.problems]
    assert subset_of(vector["services"], services) == vector["services"]
    assert subset_of(vector["problems"], problems) == vector["problems"]


def test_there_are_vectors() -> None:
    """An empty folder would make every vector pass."""
    assert len(VECTORS) >= 12

"""Rules of the house that no linter knows."""

import ast
from pathlib import Path

import pytest

from demi_adapters import errors

ROOT = Path(__file__).parent.parent
CODE = [
    path
    for folder in ("adapters", "registrator", "cli", "ui")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

# Fits on a few screens.
MOST_LINES = 260


def name_of(path: Path) -> str:
    """The path below the repository."""
    return str(path.relative_to(ROOT))


def test_the_drawing_of_the_errors_shows_every_one_below_its_parent() -> None:
    """An error that is not drawn is not found by whoever has to handle it."""
    drawn: dict[str, str | None] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        words = line.replace("│", " ").replace("├──", "   ").replace("└──", "   ").split()
        is_branch = "──" in line or line.strip() == "DemiError"
        if not is_branch:
            continue
        depth = line.index(words[0])
        drawn[words[0]] = above.get(depth - 4)
        above[depth] = words[0]
    defined = {
        name: each.__base__.__name__ if each.__base__ is not Exception else None
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, Exception) and each.__base__
    }
    assert drawn == defined


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_no_module_is_longer_than_a_few_screens(path: Path) -> None:
    """What does not fit has more than one job."""
    assert len(path.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_every_test_is_a_sentence(path: Path) -> None:
    """Its docstring says in one paragraph what the name does not."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            text = ast.get_docstring(node)
            assert text, node.name
            assert "\n\n" not in text, node.name

"""The library's public names: each is there, is explained, and costs nothing until it is used."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import demi_adapters

PAGE = Path(__file__).parents[2] / "docs" / "library.md"


def in_new_process(program: str) -> str:
    """What a program prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_list_and_the_lazy_table_name_the_same() -> None:
    """Sorted, each once."""
    assert sorted(demi_adapters._HOME) == demi_adapters.__all__ == dir(demi_adapters)


def test_the_table_for_type_checkers_names_the_same() -> None:
    """It is a third list, which nothing else would hold against the other two."""
    source = (
        inspect.getsource(demi_adapters).partition("if TYPE_CHECKING:")[2].partition("_MODULES")[0]
    )
    imported = {
        name.strip()
        for names in re.findall(r"import (?:\(([^)]*)\)|(.+))", source)
        for name in "".join(names).split(",")
        if name.strip()
    }
    assert imported == set(demi_adapters.__all__)


@pytest.mark.parametrize("name", demi_adapters.__all__)
def test_each_name_is_explained_where_it_is_made_and_on_the_page(name: str) -> None:
    """With its public methods."""
    found = getattr(demi_adapters, name)
    assert inspect.getdoc(found)
    for own, member in vars(found).items():
        if not own.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
            assert inspect.getdoc(member), f"{name}.{own}"
    assert f"`{name}`" in PAGE.read_text()


def test_the_methods_of_the_async_one_are_those_of_the_other() -> None:
    """Who knows one knows both."""
    pairs = (
        (demi_adapters.AsyncRegistry, demi_adapters.Registry),
        (importable("async_registry", "AsyncKeys"), demi_adapters.Keys),
    )
    for awaited, plain in pairs:
        missing = {n for n in vars(awaited) if not n.startswith("_")} - set(vars(plain))
        assert not missing
        for name, member in vars(awaited).items():
            if inspect.isfunction(member) and not name.startswith("_"):
                assert list(inspect.signature(member).parameters) == list(
                    inspect.signature(getattr(plain, name)).parameters
                ), name


def importable(module: str, name: str) -> type:
    """A name that is not public."""
    return getattr(__import__(f"demi_adapters.{module}", fromlist=[name]), name)  # type: ignore[no-any-return]


def test_a_star_import_gives_all_of_them() -> None:
    """The lazy ones too."""
    program = "from demi_adapters import *; print(sorted(n for n in dir() if n[0] != '_'))"
    assert in_new_process(program) == str(demi_adapters.__all__)


def test_importing_the_package_imports_nothing_else() -> None:
    """A command that needs one error starts fast."""
    program = (
        "import sys, demi_adapters; demi_adapters.ServiceName; "
        "print({'requests', 'urllib3', 'consul', 'yaml', 'asyncio'} & set(sys.modules))"
    )
    assert in_new_process(program) == "set()"


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="has no attribute 'Registrie'"):
        _ = demi_adapters.Registrie

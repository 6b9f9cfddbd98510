"""A YAML file as values that know their line."""

from dataclasses import dataclass

from demi_adapters.errors import ConfigurationError

RESET = "!reset"  # compose specification, "Merge": the value that another file gave goes
OVERRIDE = "!override"  # the same: this value replaces it instead of being merged with it

# Aliases make a small file say a lot. A guess: far more than the largest real project says.
_MOST_CHARACTERS = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One value as it is written; `is_plain` without quotes and without a tag."""

    text: str
    place: Place
    tag: str = ""
    is_plain: bool = False

    @property
    def is_null(self) -> bool:
        """Whether it says that there is no value."""
        return self.is_plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list."""

    items: tuple["Node", ...]
    place: Place
    tag: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Keys and values in the order of the file, merge keys (`<<`) already followed."""

    pairs: tuple[tuple[Scalar, "Node"], ...]
    place: Place
    tag: str = ""

    def get(self, key: str) -> "Node | None":
        """The value of a key; None where it is missing or null."""
        found = next((value for name, value in self.pairs if name.text == key), None)
        return None if isinstance(found, Scalar) and found.is_null and not found.tag else found


Node = Scalar | Sequence | Mapping


class Budget:
    """What one run may read, aliases, ranges and extended services counted as often as used."""

    def __init__(self) -> None:
        self._left = _MOST_CHARACTERS

    def spend(self, characters: int, place: Place) -> None:
        """Count what is about to be made.

        Raises:
            ConfigurationError: it is too much.
        """
        self._left -= characters
        if self._left < 0:
            raise fault(
                place,
                "aliases, ranges and extends make this more than 16 MiB. Split the file.",
            )


def fault(place: Place, message: str) -> ConfigurationError:
    """What ends the reading of a file: it says where and why."""
    return ConfigurationError(f"{place}: {message}")

"""`.env` files as compose reads them (compose specification, "Environment variables")."""

import re
from collections import ChainMap
from collections.abc import Mapping

from demi_adapters.problems import shown
from demi_cli.compose.interpolation import TemplateError, fill
from demi_cli.compose.nodes import Place, fault

_KEY = re.compile(r"[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*(=|:|(?=[\r\n]|\Z))[ \t]*")
_SKIPPED = re.compile(r"\s*(?:#[^\n]*)?(?:\n|\Z)|[^\S\n]+")
_QUOTED = re.compile(r"""(?s)"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""")
_ESCAPED = re.compile(r'\\([nrt"\\$])')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "$": "$$"}


def parse_env(
    text: str, file: str, environ: Mapping[str, str], earlier: Mapping[str, str]
) -> dict[str, str]:
    """The variables of an env file together with those of `earlier` files, over which it wins.

    A value may name variables of its file, of earlier ones and of `environ`, which wins over all.

    Raises:
        ConfigurationError: a line of it can't be read.
    """
    found: dict[str, str] = dict(earlier)
    outer = dict(environ)
    text = text.removeprefix("\ufeff")
    position = 0
    while position < len(text):
        if (skipped := _SKIPPED.match(text, position)) and skipped.end() > position:
            position = skipped.end()
            continue
        place = Place(file, text.count("\n", 0, position) + 1)
        key = _KEY.match(text, position)
        if key is None:
            line = text[position:].partition("\n")[0]
            raise fault(place, f"{shown(line)} is no variable. Write NAME=VALUE.")
        name, is_given = key[1], bool(key[2])
        raw, is_template, position = _value(text, key.end(), place)
        if name in environ:
            found[name] = environ[name]
        elif is_given and is_template:
            found[name] = _expand(raw, ChainMap(found, outer), place)
        elif is_given:
            found[name] = raw
    return found


def _value(text: str, start: int, place: Place) -> tuple[str, bool, int]:
    """The raw value at `start`, whether variables are filled in there, and where its line ends."""
    if text[start : start + 1] in ('"', "'"):
        quoted = _QUOTED.match(text, start)
        if quoted is None:
            raise fault(place, "a quotation mark is not closed.")
        end = text.find("\n", quoted.end())
        is_template = quoted[1] is not None
        inner = _ESCAPED.sub(_unescape, quoted[1]) if is_template else quoted[2].replace(r"\'", "'")
        return inner, is_template, len(text) if end < 0 else end
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    value = re.split(r"\s#", text[start:end], maxsplit=1)[0]
    return value.rstrip(), True, end


def _unescape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[1])


def _expand(raw: str, variables: Mapping[str, str], place: Place) -> str:
    try:
        return fill(raw, variables).text
    except TemplateError as error:
        raise fault(place, str(error)) from None

"""To standard output: JSON or YAML for programs, and text that no terminal takes for commands."""

import os
import sys
from enum import StrEnum


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class ListFormat(StrEnum):
    """How to print services, or whatever else has a name each."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


def print_data(data: object, form: Format | ListFormat) -> None:
    """Print data as JSON or YAML."""
    if form in (Format.YAML, ListFormat.YAML):
        import yaml

        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
        if text.translate(_BIDIRECTIONAL) != text or not is_encodable(text):
            text = yaml.safe_dump(data, sort_keys=False)
        put(text, end="")
    else:
        import json

        text = json.dumps(data, indent=2, ensure_ascii=False)
        if not is_encodable(text):
            text = json.dumps(data, indent=2)
        put(text.translate(_BIDIRECTIONAL))


def put(text: str, end: str = "\n") -> None:
    """Write to standard output; quietly not once its reader has gone (`demi ls | head`)."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), end=end, flush=True)
    except BrokenPipeError:
        # Python documentation, "Note on SIGPIPE": else the interpreter complains when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(message: str) -> None:
    """Words for a person, on standard error."""
    print(printable(message, keep="\n"), file=sys.stderr)


def is_encodable(text: str) -> bool:
    """Whether standard output can carry all of a text."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def printable(text: str, keep: str = "") -> str:
    """Text without anything that a terminal could take for a command."""
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )


# JSON escapes C0 controls by itself; these would still turn a terminal's text around.
_BIDIRECTIONAL = {
    code: f"\\u{code:04x}"
    for code in (
        *range(0x7F, 0xA0),
        0x61C,
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    )
}

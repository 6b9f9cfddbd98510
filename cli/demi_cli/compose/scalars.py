"""What compose makes of a value without quotes: `1.10` is a number, so the label says `1.1`.

Compose reads YAML with Go's yaml.v3 (YAML 1.2, some of 1.1), and prints numbers as Go's `%v` does.
"""

import re
from datetime import datetime

_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_TIME = re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:[Tt]([0-9:]{5,8})Z| ([0-9:]{5,8}))")
_BASES = {"x": 16, "b": 2, "o": 8}
_MOST_DIGITS = 400  # more than the largest float has; Python refuses to convert very long texts


def plain_text(text: str) -> str:
    """The text of a plain scalar once YAML has taken it for what it looks like."""
    if text in ("", "~", "null", "Null", "NULL"):
        return ""
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower()
    if not re.match(r"[-+.0-9]", text) or len(text) > _MOST_DIGITS:
        return text
    return _moment(text) or _number(text.replace("_", "")) or text


def _number(text: str) -> str | None:
    if _INTEGER.fullmatch(text) and -(2**63) <= (value := _integer(text)) < 2**64:
        return str(value)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return _shortest(number) if abs(number) != float("inf") else None
    return None


def _integer(text: str) -> int:
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-").lower()
    if len(digits) > 1 and digits[0] == "0":
        return sign * int(digits[2:] if digits[1] in _BASES else digits, _BASES.get(digits[1], 8))
    return sign * int(digits)


def _shortest(number: float) -> str:
    """Go's strconv.FormatFloat(number, 'g', -1, 64)."""
    mantissa, _, exponent = f"{number!r}".partition("e")
    sign, unsigned = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
    whole, _, fraction = unsigned.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The number is 0.DIGITS times ten to the power of `point`.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if not digits:
        return f"{sign}0"
    if not -4 <= point - 1 < 6:
        tail = f".{digits[1:]}" if digits[1:] else ""
        return f"{sign}{digits[0]}{tail}e{'-' if point < 1 else '+'}{abs(point - 1):02}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[point:]}" if digits[point:] else ""
    return f"{sign}{digits[:point].ljust(point, '0')}{tail}"


def _moment(text: str) -> str | None:
    """A date or a time in UTC as Go prints it; None where it is neither."""
    found = _TIME.fullmatch(text)
    if not found and not _DATE.fullmatch(text):
        return None
    day, clock = (found[1], found[2] or found[3]) if found else (text, "0:0:0")
    try:
        moment = datetime.strptime(f"{day} {clock} +0000", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:  # the 31st of February
        return None
    return f"{moment:%Y-%m-%d %H:%M:%S} +0000 UTC"

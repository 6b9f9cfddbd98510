"""Text of others on our terminal: no commands to it, no markup, no turned-around lines."""

import unicodedata

import pytest

from models.command import Demi, Inspection

# Clears the screen, sets the title, turns the text around, ends a line; and markup of rich.
HOSTILE = (
    "\x1b[2J\x1b]0;title\x07\u202egnp.exe\u2066\u200f\x9b31m\x7f\r\n\x00\u061c\ufeff[bold]b[/]"
)
RAW = {c for c in HOSTILE if not c.isprintable()} - {"\n"}

FORMATS = ("table", "json", "yaml")


def assert_harmless(text: str) -> None:
    """Nothing but printable characters and ends of lines, and tabs between columns."""
    strange = [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert set(strange) <= {"\n", "\t"}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "key", ["description", "category", "url", "host", "health", "hostport", "url_prefix", "x"]
)
def test_a_hostile_value_reaches_no_stream_raw(
    demi: Demi, inspection: Inspection, form: str, key: str
) -> None:
    """Whether it is sound or a problem, in every format."""
    path = inspection(**{key: f"x{HOSTILE}x"})
    result = demi("explain", "--inspect", path, "-o", form)
    assert result.code in (0, 1)
    assert_harmless(result.out)
    assert_harmless(result.err)


@pytest.mark.parametrize("form", FORMATS)
def test_a_hostile_label_reaches_no_stream_raw(
    demi: Demi, inspection: Inspection, form: str
) -> None:
    """Nor does a lone surrogate, which JSON can carry."""
    path = inspection(**{f"x{HOSTILE}": "1", "\ud800": "\udfff"})
    result = demi("explain", "--inspect", path, "-o", form)
    assert result.code == 1
    assert_harmless(result.out)
    assert_harmless(result.err)


def test_hostile_text_comes_back_whole_from_json(demi: Demi, inspection: Inspection) -> None:
    """It is escaped, not cut: a program gets what the label said."""
    result = demi("explain", "--inspect", inspection(x=f"a{HOSTILE}é漢"), "-o", "json")
    (service,) = result.data["services"]
    assert service["kv"]["demi/sr1_lls/felix/api/x"] == f"a{HOSTILE}é漢"
    assert "é漢" in result.out


def test_a_file_name_is_text_of_others_as_well(demi: Demi) -> None:
    """It may have been copied from anywhere."""
    result = demi("explain", "--inspect", HOSTILE.replace("\0", ""))
    assert result.code == 2
    assert_harmless(result.err)

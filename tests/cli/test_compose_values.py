"""Values of compose files: variables, numbers without quotes, env files."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demi_adapters.errors import ConfigurationError
from demi_cli.compose.dotenv import parse_env
from demi_cli.compose.interpolation import TemplateError, fill
from demi_cli.compose.scalars import plain_text

VARIABLES = {"SET": "val", "EMPTY": "", "DOL": "x$SET", "BR": "a}b{c"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$SET ${SET}", "val val"),
        ("${EMPTY-d}${EMPTY:-e}${NO-f}${NO:-g}", "efg"),
        ("${SET+a}${EMPTY+b}${EMPTY:+c}${NO+d}", "ab"),
        ("${SET?x}${SET:?x}${EMPTY?x}", "valval"),
        ("${NO:-${EMPTY:-${SET}}}", "val"),
        ('${NO:-{"a": 1}}', '{"a": 1}'),
        ("${NO:-{x}", "{x"),
        ("${NO:-a}}", "a}"),
        ("$$SET $${SET} $$$SET", "$SET ${SET} $val"),
        ("$1 $ a$", "$1 $ a$"),
        ("$DOL ${BR}", "x$SET a}b{c"),
        ("${NO:-a?b:-c}", "a?b:-c"),
        ("${set}$SET.x", "val.x"),
        ("$SET\n${NO:-a}\n", "val\na\n"),
    ],
)
def test_every_form_of_a_variable_is_filled_in(template: str, text: str) -> None:
    """As compose does it."""
    assert fill(template, VARIABLES).text == text


@pytest.mark.parametrize("template", ["${", "${}", "${1}", "${A", "${A:x}", "${ A}", "${A.b}"])
def test_what_is_no_form_of_a_variable_is_refused(template: str) -> None:
    """Compose refuses it as well; the message says how to write a dollar sign."""
    with pytest.raises(TemplateError, match=r"and \$\$ for a dollar sign"):
        fill(template, VARIABLES)


@pytest.mark.parametrize(
    "template", ["${NO?say}", "${EMPTY:?say}", "${NO?${NO:-say}}", "${SET:-${NO?say}}"]
)
def test_a_required_variable_says_what_its_author_said(template: str) -> None:
    """Also in a default that is not needed, where compose refuses it as well."""
    with pytest.raises(TemplateError, match=r"(NO|EMPTY) is required: 'say'"):
        fill(template, VARIABLES)


def test_variables_that_are_not_set_are_named_once() -> None:
    """In the order of the text; one with a default is not meant."""
    assert fill("$B ${A} $B ${C:-d} ${D+e}", {}).unset == ("B", "A")


@given(st.text())
def test_a_doubled_dollar_sign_keeps_any_text_as_it_is(text: str) -> None:
    """So a value can always be written."""
    assert fill(text.replace("$", "$$"), {}).text == text


@given(st.text(alphabet="${}AB:-?+ \n"))
def test_any_text_is_filled_in_or_refused(text: str) -> None:
    """Nothing else comes out."""
    with contextlib.suppress(TemplateError):
        fill(text, {"A": "1"})


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1.10", "1.1"),
        ("8000", "8000"),
        ("010", "8"),
        ("08", "8"),
        ("0x1F", "31"),
        ("-0b11", "-3"),
        ("0o17", "15"),
        ("1_000", "1000"),
        ("1e3", "1000"),
        ("1000000.0", "1e+06"),
        ("0.00001", "1e-05"),
        ("123456789.5", "1.234567895e+08"),
        ("18446744073709551615", "18446744073709551615"),
        ("99999999999999999999", "1e+20"),
        (".5", "0.5"),
        ("-0.0", "-0"),
        ("TRUE", "true"),
        ("yes", "yes"),
        ("~", ""),
        ("1.2.3", "1.2.3"),
        ("12:30", "12:30"),
        ("2024-01-02", "2024-01-02 00:00:00 +0000 UTC"),
        ("2024-02-31", "2024-02-31"),
        ("9" * 5000, "9" * 5000),
        ("1e400", "1e400"),
        ("-", "-"),
    ],
)
def test_a_value_without_quotes_becomes_what_compose_makes_of_it(written: str, text: str) -> None:
    """A version 1.10 is a number, and its last zero goes."""
    assert plain_text(written) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_stays_the_same_number(number: float) -> None:
    """However it is written."""
    assert float(plain_text(repr(number))) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("V=1", "1"),
        ("export V = sp ace  # c", "sp ace"),
        ("V: yaml", "yaml"),
        ("V=a#b", "a#b"),
        ("V=#b", "#b"),
        ('V="a\\n$Q" # c', "a\nq"),
        ("V='$Q'", "$Q"),
        ("V='it\\'s'", "it's"),
        ('V="two\nlines"\nW=2', "two\nlines"),
        ("V=${NO:-d}$$", "d$"),
        ('V="a\\$b"', "a$b"),
        ("V=$OUTER", "outer"),
        ("\n# c\nV=1\r\n", "1"),
        ("V=a=b", "a=b"),
        ("V=", ""),
    ],
)
def test_an_env_file_is_read_as_compose_reads_it(text: str, value: str) -> None:
    """Quotes, comments, and variables of variables."""
    assert parse_env(f"Q=q\n{text}", ".env", {"OUTER": "outer"}, {})["V"] == value


def test_the_process_environment_wins_over_an_env_file() -> None:
    """And a later file over an earlier one; a name alone says nothing."""
    found = parse_env("A=file\nB=$A\nC=$E\nD\nE=2", ".env", {"A": "process"}, {"E": "1"})
    assert found == {"A": "process", "B": "process", "C": "1", "E": "2"}


@pytest.mark.parametrize("text", ["A=1\n=2", 'A=1\nB="x', "A=1\n$B=2", "A=1\nB=${", "A=1\nB c"])
def test_a_wrong_line_of_an_env_file_is_named(text: str) -> None:
    """By its number."""
    with pytest.raises(ConfigurationError, match=r"^\.env:2: "):
        parse_env(text, ".env", {}, {})


@given(st.text(alphabet="AB=\"'\\$# \n{}:"))
def test_any_env_file_is_read_or_refused(text: str) -> None:
    """And reading it ends."""
    with contextlib.suppress(ConfigurationError):
        parse_env(text, ".env", {}, {})

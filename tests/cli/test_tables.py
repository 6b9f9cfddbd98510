"""Lists in every form: tables on a real terminal, wide and narrow, and plain lines when piped."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping

import pytest
import yaml

ESCAPES = "\x1b[2J\x1b]0;t\x07\u202egnp\u2066\x9b31m\x7f\r\n"
HOSTILE = f"{ESCAPES}[bold red]x[/] \\[b]"
URL = "http://pc1.cern.ch:8080/a/long/way/to/the/documentation?of=felix&and=more#there"
ROWS = [
    ["s/t/first", "passing", "http://pc1:80", "000000000001", "pc1"],
    ["s/t/second", "critical", URL, "000000000002", "pc2"],
    ["s/t/third", "warning", "", "", "pc3"],
    ["s/t/third", "strange", "", "", "pc4"],
]
PROGRAM = """
import json, sys
from demi_cli.output import ListFormat
from demi_cli.tables import CHECK_MARKS, Column, print_list
rows = json.loads(sys.argv[2])
columns = (
    "SERVICE",
    Column("STATUS", marks=CHECK_MARKS),
    "URL",
    Column("CONTAINER", may_go=True),
    Column("OWNER", wide=True),
)
names = [row[0] for row in rows]
print_list(ListFormat(sys.argv[1]), columns, rows, names=names, data=[{"is": n} for n in names])
assert sys.stdout.isatty() or "rich" not in sys.modules
"""
WIDTHS = (40, 80, 200)
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """That of a person's shell, whatever that of the tests is."""
    of_colour = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "CLICOLOR_FORCE")
    others = {k: v for k, v in os.environ.items() if k not in of_colour}
    return {**others, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **settings}


def command(form: str, rows: list[list[str]]) -> list[str]:
    """A process that lists these rows."""
    return [sys.executable, "-c", PROGRAM, form, json.dumps(rows)]


def piped(form: str, rows: list[list[str]] = ROWS, settings: Mapping[str, str] = {}) -> str:
    """What a pipe receives."""
    done = subprocess.run(
        command(form, rows), env=environment(settings), capture_output=True, check=True
    )
    assert done.stderr == b""
    return done.stdout.decode()


def on_a_terminal(
    width: int,
    form: str = "table",
    rows: list[list[str]] = ROWS,
    settings: Mapping[str, str] = {},
) -> str:
    """What a terminal so many characters wide receives."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    received = bytearray()

    def receive() -> None:
        try:
            while some := os.read(ours, 4096):
                received.extend(some)
        except OSError:  # so a terminal ends on Linux
            return

    reader = threading.Thread(target=receive)
    reader.start()
    environ = environment(settings)
    try:
        subprocess.run(
            command(form, rows), stdin=theirs, stdout=theirs, stderr=theirs, env=environ, check=True
        )
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)
    return received.decode(environ["PYTHONIOENCODING"]).replace("\r\n", "\n")


def columns_of(text: str) -> dict[str, str]:
    """What stands below each word of the header, folded pieces put together."""
    header, *lines = text.splitlines()
    begins = [found.start() for found in re.finditer(r"\S+", header)]
    pairs = list(zip(begins, [*begins[1:], None], strict=True))
    return {
        header[first:end].strip(): "".join(line[first:end].strip() for line in lines)
        for first, end in pairs
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_terminal_and_no_url_is_cut(width: int) -> None:
    """It is folded, and all of it is there."""
    text = STYLE.sub("", on_a_terminal(width))
    assert max(map(len, text.splitlines())) <= width
    assert URL in re.sub(r"\s", "", text)
    assert all(row[0] in text for row in ROWS)


def test_a_wide_terminal_shows_all_columns_but_those_for_wide() -> None:
    """A line for each row."""
    text = STYLE.sub("", on_a_terminal(200))
    assert [line.split()[0] for line in text.splitlines()] == ["SERVICE", *(r[0] for r in ROWS)]
    assert list(columns_of(text)) == ["SERVICE", "STATUS", "URL", "CONTAINER"]
    assert list(columns_of(STYLE.sub("", on_a_terminal(200, "wide"))))[-1] == "OWNER"


def test_a_narrow_one_does_without_what_may_go_and_folds_what_is_longest() -> None:
    """What is short stays whole."""
    text = STYLE.sub("", on_a_terminal(80))
    found = columns_of(text)
    assert list(found) == ["SERVICE", "STATUS", "URL"]
    assert found["URL"] == f"http://pc1:80{URL}"
    assert "✘ critical" in text


def test_a_very_narrow_one_shows_a_record_for_each_row() -> None:
    """Columns of three letters each are none; nothing has to go."""
    lines = STYLE.sub("", on_a_terminal(40)).splitlines()
    assert [line.split() for line in lines[:5]] == [
        ["SERVICE", "s/t/first"],
        ["STATUS", "✔", "passing"],
        ["URL", "http://pc1:80"],
        ["CONTAINER", "000000000001"],
        [],
    ]


def test_a_state_has_a_symbol_beside_its_colour() -> None:
    """Not everybody sees the colour, and not every terminal has one."""
    text = on_a_terminal(200)
    assert "\x1b[32m✔ passing" in text
    assert "\x1b[33m! warning" in text
    assert "\x1b[1;31m✘ critical" in text
    assert "strange" in text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_the_symbols_gets_plain_ones(encoding: str) -> None:
    """And escapes for what else it does not have."""
    rows = [*ROWS, ["s/t/冷却", "passing", "", "", ""]]
    text = on_a_terminal(200, rows=rows, settings={"PYTHONIOENCODING": encoding})
    assert "+ passing" in text
    assert "x critical" in text
    assert "\\u51b7" in text


@pytest.mark.parametrize("settings", [{"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_no_colour_is_no_colour(settings: dict[str, str]) -> None:
    """Bold is none (no-color.org)."""
    codes = set(STYLE.findall(on_a_terminal(80, settings=settings)))
    assert codes <= {"\x1b[0m", "\x1b[1m"}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("form", ["table", "wide", "name", "json", "yaml"])
def test_text_of_others_reaches_a_terminal_as_text(width: int, form: str) -> None:
    """No sequence but our own styles, no markup that is obeyed, no line of its own."""
    text = on_a_terminal(width, form, [[HOSTILE] * 5])
    rest = STYLE.sub("", text)
    assert not {c for c in rest if not c.isprintable()} - {"\n"}
    assert set(STYLE.findall(text)) <= {"\x1b[0m", "\x1b[1m"}
    if form in ("table", "wide", "name"):
        assert "[boldred]x[/]\\[b]" in re.sub(r"\s", "", rest)


@pytest.mark.parametrize("settings", [{}, {"FORCE_COLOR": "1"}, {"COLUMNS": "40"}])
def test_piped_rows_are_plain_lines(settings: dict[str, str]) -> None:
    """Whatever the environment says of terminals: tabs, a header, no symbol, nothing cut."""
    lines = [line.split("\t") for line in piped("table", settings=settings).splitlines()]
    assert lines == [["SERVICE", "STATUS", "URL", "CONTAINER"], *(row[:4] for row in ROWS)]
    wide = [line.split("\t") for line in piped("wide", settings=settings).splitlines()]
    assert wide == [["SERVICE", "STATUS", "URL", "CONTAINER", "OWNER"], *ROWS]


def test_names_stand_alone_each_once() -> None:
    """Ready for a loop; two instances are one service."""
    assert piped("name") == "s/t/first\ns/t/second\ns/t/third\n"


def test_data_is_the_same_in_json_and_yaml() -> None:
    """And says what the command gives for it, whatever the columns."""
    data = [{"is": row[0]} for row in ROWS]
    assert json.loads(piped("json")) == yaml.safe_load(piped("yaml")) == data


@pytest.mark.parametrize(
    ("form", "out"),
    [
        ("table", "SERVICE\tSTATUS\tURL\tCONTAINER\n"),
        ("name", ""),
        ("json", "[]\n"),
        ("yaml", "[]\n"),
    ],
)
def test_nothing_to_list_is_said_in_each_form(form: str, out: str) -> None:
    """A program gets what it can read."""
    assert piped(form, []) == out


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_without_rows_breaks_nothing(width: int) -> None:
    """Its header alone, or nothing."""
    assert on_a_terminal(width, rows=[]).count("\n") <= 1

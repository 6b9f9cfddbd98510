"""What strangers register, through every look-up and format: text on the screen, and no more."""

import re
import unicodedata

import pytest
import yaml

from models.command import Demi
from models.place import Place
from models.terminal import on_a_terminal

# Clears the screen, sets the title, turns the text around, ends cells and lines; markup of rich.
HOSTILE = "\x1b[2J\x1b]0;t\x07\u202egnp\u2066\u200f\x9b31m\x7f\r\n\t\u061c\ufeff[bold]b[/] \\[red]"
# Consul takes no control characters but in meta, keys and what checks say.
PRINTED = "[bold]b[/] \\[red]"
OUR_STYLE = re.compile(r"\x1b\[[0-9;]*m")
COMMANDS = (
    *(f"ls -o {form}" for form in ("table", "wide", "json", "yaml", "name")),
    *(f"health */*/api -o {form}" for form in ("table", "wide", "json", "yaml", "name")),
    *(
        f"{command} -o {form}"
        for command in ("tree", "show */*/api")
        for form in ("table", "json", "yaml")
    ),
    *("url --any api", "url --any --swagger api", "url --any --health api", "open --any api"),
    *("url api", "wait api -t 0.2", "dns */*/api -o json", "dns */*/api"),
)
SEPARATORS = {"ls": 5, "ls -o wide": 10, "health */*/api": 3}


def assert_harmless(text: str) -> None:
    """Nothing but printable characters and ends of lines, and tabs between columns."""
    strange = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert strange <= {"\n", "\t"}


@pytest.fixture(
    params=[HOSTILE, "x" * 400 + PRINTED, "../<script>`$(reboot)`;\"'"],
    ids=["escapes", "long", "shell"],
)
def value(request: pytest.FixtureRequest, place: Place) -> str:
    """Stands wherever a stranger can put it, but in the service's own name."""
    value = str(request.param)
    named = ("url", "swagger_url", "category", "description", "owner", "container")
    meta = {f"demi_{name}": value for name in named}
    place.register("sr1_lls/felix/api", 1, "critical", output=value * 9, meta=meta)
    for key in ("health_url", "note"):
        place.key(f"demi/sr1_lls/felix/api/{key}", value * 20)
    return value


@pytest.mark.parametrize("command", COMMANDS)
def test_no_pipe_gets_it_raw(demi: Demi, value: str, command: str) -> None:
    """Whatever the form; a line of a list stays one."""
    result = demi(*command.split())
    assert result.code in (0, 1, 124)
    assert_harmless(result.out)
    assert_harmless(result.err)
    if result.out and (tabs := SEPARATORS.get(command.replace(" -o table", ""))):
        assert {line.count("\t") for line in result.out.splitlines()} == {tabs}


@pytest.mark.parametrize("command", ["ls -o json", "health api -o json", "show api -o json"])
def test_a_program_gets_it_whole(demi: Demi, value: str, command: str) -> None:
    """Escaped, not cut."""
    as_json = demi(*command.split()).data
    as_yaml = yaml.safe_load(demi(*command.replace("json", "yaml").split()).out)
    assert as_json == as_yaml
    found = as_json if isinstance(as_json, dict) else as_json[0]
    assert (found["category"], found["url"]) == (value, value)


@pytest.mark.parametrize(
    "command", ["ls -o wide", "show api", "tree", "health api", "url --any api", "ls -w", "watch"]
)
@pytest.mark.parametrize("width", [40, 120])
def test_no_terminal_gets_it_raw(place: Place, command: str, width: int) -> None:
    """No sequence but our own, and markup stands there as it was written."""
    meta = {"demi_url": HOSTILE, "demi_owner": HOSTILE, "demi_category": HOSTILE}
    place.register("sr1_lls/felix/api", 1, "critical", output=HOSTILE, meta=meta)
    place.key("demi/sr1_lls/felix/api/note", HOSTILE)
    with on_a_terminal(width, *command.split(), CONSUL_HTTP_ADDR=place.address) as terminal:
        terminal.shows("b[/]")
        if command in ("ls -w", "watch"):
            terminal.press("\x03")
        assert terminal.end() in (0, 1, 130)
        rest = OUR_STYLE.sub("", terminal.raw)
    for ours in ("\x1b[?1049h", "\x1b[?1049l", "\x1b[?25l", "\x1b[?25h", "\x1b[H", "^C"):
        rest = rest.replace(ours, "")
    assert_harmless(rest)
    assert "[bold]b[/]" in re.sub(r"\s", "", rest)


@pytest.mark.parametrize("part", ["site", "stack", "service"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_no_registrator_would_give(
    demi: Demi, place: Place, part: str, command: str
) -> None:
    """Anybody can register it; patterns find it, and it breaks nothing."""
    place.register("sr1_lls/felix/api", 1, meta={f"demi_{part}": HOSTILE})
    result = demi(*command.split())
    assert result.code in (0, 1, 3)
    assert_harmless(result.out)
    assert_harmless(result.err)


@pytest.mark.parametrize("text", [HOSTILE, "\udcff", "x" * 10_000, "[bold]", "a\tb", "*" * 300])
@pytest.mark.parametrize("command", ["url", "show", "ls", "tree", "health", "wait", "watch", "dns"])
def test_what_is_typed_is_text_as_well(demi: Demi, place: Place, command: str, text: str) -> None:
    """It may have been pasted: refused or not found, in printable words."""
    place.register("sr1_lls/felix/api", 1)
    if command == "watch" and text in ("x" * 10_000, "[bold]", "*" * 300):
        return  # these may yet appear
    result = demi(command, text)
    assert result.code in (0, 1, 2, 3)
    assert_harmless(result.out)
    assert_harmless(result.err)
    assert len(result.err) < 2000

"""`demi kv ls` and `demi kv get`."""

import re
import unicodedata

import pytest
import yaml

from models.kv import Kv

RUN = "demi/sr1_lls/felix/api/run"
HOSTILE = "\x1b[2J\x1b]0;title\x07\u202egnp\x9b31m\x7f\r\n\t\x00[bold]b[/]"


def assert_harmless(text: str, *, kept: str = "\n\t") -> None:
    """Nothing that a terminal could take for a command."""
    strange = [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert set(strange) <= set(kept)


def test_keys_are_listed_with_values_and_who_holds_them(kv: Kv) -> None:
    """Those below demi/ unless others are asked for."""
    kv.write({RUN: "4711", "other/x": "1"})
    with kv.held({"demi/sr1_lls/felix/api/url": "http://pc7:80"}):
        said = kv("ls")
    assert said.lines == [
        "PATH\tVALUE\tHELD BY",
        f"{RUN}\t4711\t-",
        "demi/sr1_lls/felix/api/url\thttp://pc7:80\tpc7",
    ]
    assert (said.code, said.err) == (0, "")
    assert kv("ls", "/", "-o", "name").lines == [RUN, "other/x"]


def test_a_process_that_registered_itself_is_named_by_its_session(kv: Kv) -> None:
    """It is no registrator."""
    with kv.held({RUN: "1"}, name="demi-process/pc7/12"):
        assert kv("ls").lines[1].endswith("\tdemi-process/pc7/12")


def test_a_prefix_is_whole_parts(kv: Kv) -> None:
    """The stack felix2 is not below felix, with or without a slash."""
    kv.write({"demi/a/felix": "0", "demi/a/felix/x": "1", "demi/a/felix2/x": "2"})
    for prefix in ("demi/a/felix", "demi/a/felix/", "/demi/a/felix"):
        assert kv("ls", prefix, "-o", "name").lines == ["demi/a/felix", "demi/a/felix/x"]


def test_json_and_yaml_say_the_same(kv: Kv) -> None:
    """Bytes that are no text are marked."""
    kv.write({RUN: "1", "demi/x": b"\xff"})
    said = kv("ls", "-o", "json")
    version = kv.version(RUN)
    assert said.data == [
        {"path": RUN, "value": "1", "version": version, "held_by": None},
        {
            "path": "demi/x",
            "value": {"base64": "/w=="},
            "version": kv.version("demi/x"),
            "held_by": None,
        },
    ]
    assert yaml.safe_load(kv("ls", "-o", "yaml").out) == said.data


@pytest.mark.parametrize("form", ["table", "json", "yaml", "name"])
def test_hostile_keys_reach_no_stream_raw(kv: Kv, form: str) -> None:
    """Any program may write one."""
    kv.write({f"demi/{HOSTILE}": HOSTILE})
    said = kv("ls", "-o", form)
    assert said.code == 0
    assert_harmless(said.out.decode())
    assert len(said.lines) == 2 or form in ("json", "yaml", "name")


def test_on_a_terminal_a_long_value_is_cut_to_its_line(kv: Kv) -> None:
    """Piped, it is whole."""
    kv.write({RUN: "v" * 500, "demi/x": HOSTILE})
    kv.write({f"demi/{number}": "12345" for number in range(3)})
    out = re.sub(r"\x1b\[[0-9;]*m", "", kv.on_terminal("ls").out.decode()).replace("\r", "")
    assert_harmless(out)
    assert "…" in out
    assert len(out.strip().splitlines()) == 6
    assert "v" * 500 in kv("ls").out.decode()


@pytest.mark.parametrize(
    ("prefix", "hint"),
    [
        ("sr1_lls/felix", "Write the whole path: demi/sr1_lls/felix."),
        ("demi/sr1_lls/fel", "Did you mean demi/sr1_lls/felix?"),
        ("demi/sr1_lls/feliks", "Did you mean demi/sr1_lls/felix?"),
        ("nobody", "demi kv ls shows those there are."),
    ],
)
def test_nothing_found_is_no_error_and_gets_a_hint(kv: Kv, prefix: str, hint: str) -> None:
    """As `demi ls` does it."""
    kv.write({RUN: "1"})
    said = kv("ls", prefix)
    assert (said.code, len(said.lines)) == (0, 1)
    assert hint in said.err


@pytest.mark.parametrize(
    "value", [b"", b"4711", b"a\n", b"\xff\x00\r\n\x1b[2J", "é漢".encode(), bytes(range(256))]
)
def test_a_piped_value_is_its_bytes(kv: Kv, value: bytes) -> None:
    """No end of line is added, none is changed."""
    kv.write({RUN: value})
    said = kv("get", RUN)
    assert (said.code, said.out, said.err) == (0, value, "")


def test_a_value_on_a_terminal_is_harmless(kv: Kv) -> None:
    """It ends its line, and bytes that are no text are told of."""
    kv.write({RUN: HOSTILE, "demi/x": b"\xff\x1b[2J"})
    text = kv.on_terminal("get", RUN).out.decode().replace("\r\n", "\n")
    assert_harmless(text)
    assert text.endswith("[bold]b[/]\n")
    assert "It is no text" in kv.on_terminal("get", "demi/x").out.decode()


def test_all_about_a_key(kv: Kv) -> None:
    """Whoever compares and sets needs the version."""
    with kv.held({RUN: "1"}):
        said = kv("get", f"/{RUN}", "-o", "json")
        version = kv.version(RUN)
    assert said.data == {"path": RUN, "value": "1", "version": version, "held_by": "pc7"}


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("sr1_lls/felix/api/run", f"Write the whole path: {RUN}."),
        ("felix/api/run", f"Did you mean {RUN}?"),
        ("demi/sr1_lls/felix/api/rum", f"Did you mean {RUN}?"),
        ("demi/sr1_lls/felix", "It is a folder: demi kv ls demi/sr1_lls/felix"),
        ("x", "demi kv ls shows those there are."),
    ],
)
def test_a_missing_key_is_3_with_what_was_meant(kv: Kv, path: str, hint: str) -> None:
    """Nothing on standard output, which a script takes for the value."""
    kv.write({RUN: "1"})
    said = kv("get", path)
    assert (said.code, said.out) == (3, b"")
    assert hint in said.err


@pytest.mark.parametrize("path", ["", "/", "demi//x", "demi/../x", "demi/x/", "demi/\x1b[2J", "."])
def test_what_is_no_path_is_wrong_usage(kv: Kv, path: str) -> None:
    """It never reaches Consul, whose own paths it could become."""
    for arguments in (["get", path], ["put", path, "1"], ["rm", path]):
        said = kv(*arguments)
        assert (said.code, said.out) == (2, b"")
        assert_harmless(said.err)


def test_without_consul_it_is_4(kv: Kv) -> None:
    """As for every other command."""
    for arguments in (["ls"], ["get", RUN], ["put", RUN, "1"], ["rm", RUN], ["export"]):
        assert kv(*arguments, "--consul-addr", "127.0.0.1:1").code == 4

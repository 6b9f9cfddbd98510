"""`demi kv put` and `demi kv rm`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.kv import Kv

RUN = "demi/sr1_lls/felix/api/run"
URL = "demi/sr1_lls/felix/api/url"


def test_a_value_is_written_as_it_stands(kv: Kv, tmp_path: Path) -> None:
    """From the command line, standard input or a file; nothing is said to a script."""
    file = tmp_path / "value"
    file.write_bytes(b"\xff\x00\n")
    said = kv("put", RUN, "4711")
    assert (said.code, said.out, said.err) == (0, b"", "")
    assert kv("put", "/demi/a", "-", stdin=b"\xfe\r\n").code == 0
    assert kv("put", "demi/b", "--file", str(file)).code == 0
    assert kv("put", "demi/c", "").code == 0
    assert kv("put", "demi/d", "--", "-5").code == 0
    assert kv.tree == {
        RUN: b"4711",
        "demi/a": b"\xfe\r\n",
        "demi/b": b"\xff\x00\n",
        "demi/c": b"",
        "demi/d": b"-5",
    }


def test_bytes_on_the_command_line_stay_bytes(kv: Kv) -> None:
    """A shell hands over what is no UTF-8 as well."""
    command = [sys.executable.encode(), b"-m", b"demi_cli", b"kv", b"put", RUN.encode(), b"\xff"]
    subprocess.run(command, check=True, env={**os.environ, "CONSUL_HTTP_ADDR": kv.address})
    assert kv.tree == {RUN: b"\xff"}


@pytest.mark.parametrize("arguments", [[], ["x", "--file", "y"], ["-", "--file", "-"]])
def test_one_value_is_wanted(kv: Kv, arguments: list[str]) -> None:
    """A forgotten one would else be an empty one."""
    assert kv("put", RUN, *arguments).code == 2
    assert kv.tree == {}


@pytest.mark.parametrize("size", [300 * 1024, 400 * 1024, 512 * 1024])
def test_a_large_value_is_written_up_to_the_limit(kv: Kv, size: int) -> None:
    """Compare-and-set holds for it as well."""
    assert kv("put", RUN, "-", stdin=b"x" * size).code == 0
    assert kv("put", RUN, "-", "--if-version", "1", stdin=b"y" * size).code == 1
    assert kv("put", RUN, "-", "--if-version", "0", stdin=b"y" * size).code == 1
    assert kv.tree == {RUN: b"x" * size}


def test_a_value_beyond_the_limit_is_refused(kv: Kv) -> None:
    """Before anything is sent."""
    said = kv("put", RUN, "-", stdin=b"x" * (512 * 1024 + 1))
    assert said.code == 2
    assert "512 KiB" in said.err


def test_compare_and_set(kv: Kv) -> None:
    """A version that has passed is 1, with what to do; 0 is for a key that is not there."""
    assert kv("put", RUN, "1", "--if-version", "0").code == 0
    version = str(kv.version(RUN))
    assert kv("put", RUN, "2", "--if-version", version).code == 0
    for passed in (version, "0"):
        said = kv("put", RUN, "3", "--if-version", passed)
        assert said.code == 1
        assert f"demi kv get {RUN} -o json" in said.err
    assert kv.tree == {RUN: b"2"}


def test_a_held_key_is_refused_with_its_owner(kv: Kv) -> None:
    """Exit status 5, for writing and removing."""
    with kv.held({URL: "http://pc7"}):
        for arguments in (["put", URL, "x"], ["rm", URL]):
            said = kv(*arguments)
            assert said.code == 5
            assert "the registrator 'pc7'" in said.err
        assert kv.tree == {URL: b"http://pc7"}


@pytest.mark.parametrize(("option", "value"), [("--json", "{x"), ("--yaml", "a: b: c")])
def test_a_value_of_the_wrong_form_is_not_written(kv: Kv, option: str, value: str) -> None:
    """The sound ones are."""
    said = kv("put", RUN, value, option)
    assert (said.code, kv.tree) == (2, {})
    assert RUN in said.err
    assert kv("put", RUN, '{"a": 1}', option).code == 0


def test_a_path_outside_of_demi_is_written_and_told_of(kv: Kv) -> None:
    """Where there is such a site; other paths are anybody's."""
    kv.write({RUN: "1"})
    said = kv("put", "sr1_lls/felix/api/run", "2")
    assert said.code == 0
    assert f"did you mean {RUN}?" in said.err
    assert kv("put", "other/x", "2").err == ""


def test_several_keys_are_removed_whatever_becomes_of_one(kv: Kv) -> None:
    """The exit status is that of the first that could not be."""
    kv.write({RUN: "1", "demi/a": "1"})
    said = kv("rm", "demi/a", "demi/nobody", RUN)
    assert (said.code, said.out, kv.tree) == (3, b"", {})
    assert "demi/nobody" in said.err


def test_all_below_is_removed_but_what_is_held(kv: Kv) -> None:
    """It says how many were left; folders and odd paths of others go as well."""
    kv.write({RUN: "1", "demi/sr1_lls/f/": "", "demi/sr1_lls//\x1b": "", "demi/sr1_lls2/x": "1"})
    kv.write({f"demi/sr1_lls/n/{number}": "1" for number in range(70)})
    with kv.held({URL: "http://pc7"}):
        said = kv("rm", "-r", "demi/sr1_lls", "--yes")
        assert kv.tree == {URL: b"http://pc7", "demi/sr1_lls2/x": b"1"}
    assert (said.code, said.out) == (0, b"")
    assert said.err == "Removed 73 keys. Left 1 key that registrators hold.\n"


@pytest.mark.parametrize(("typed", "is_left"), [(b"n\n", True), (b"\n", True), (b"y\n", False)])
def test_a_person_is_asked_before_all_below_is_removed(kv: Kv, typed: bytes, is_left: bool) -> None:
    """Whoever says no, or nothing, keeps the keys."""
    kv.write({RUN: "1"})
    said = kv.on_terminal("rm", "-r", "demi/sr1_lls", types=typed)
    assert (RUN in kv.tree) is is_left
    assert said.code == (1 if is_left else 0)
    assert RUN in said.out.decode()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["demi/sr1_lls"], 2), (["/", "--yes"], 2), (["demi/nobody", "demi/sr1_lls", "--yes"], 3)],
)
def test_removing_all_below_is_refused(kv: Kv, arguments: list[str], code: int) -> None:
    """Without a person or --yes, for all of Consul, and where a path is mistyped."""
    kv.write({RUN: "1"})
    assert kv("rm", "-r", *arguments).code == code
    assert kv.tree == {RUN: b"1"}

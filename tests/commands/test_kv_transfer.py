"""`demi kv export` and `demi kv import`."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demi_adapters.consul_reader import ConsulReader
from demi_adapters.consul_types import Key, Operation
from models.kv import Kv

RUN = "demi/sr1_lls/felix/api/run"
URL = "demi/sr1_lls/felix/api/url"

letters = st.characters(
    exclude_categories=("C", "Z"), exclude_characters="/", include_characters=" "
).filter(str.isprintable)
part = st.text(letters, min_size=1, max_size=8).filter(lambda text: text not in (".", ".."))
paths = st.builds(lambda parts: "demi/" + "/".join(parts), st.lists(part, min_size=1, max_size=3))
trees = st.dictionaries(paths, st.binary() | st.text().map(str.encode), max_size=6)


def results(lines: list[str]) -> dict[str, str]:
    """What the table of an import says, by path."""
    return {row.split("\t")[1]: row.split("\t")[0] for row in lines[1:]}


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tree=trees, form=st.sampled_from(["yaml", "json"]))
def test_export_import_export_is_the_same(kv: Kv, tree: dict[str, bytes], form: str) -> None:
    """Whatever the bytes are, and the tree as well."""
    kv.wipe()
    kv.write(tree)
    first = kv("export", "-o", form)
    kv.wipe()
    assert kv("import", stdin=first.out).code == 0
    assert kv.tree == tree
    assert kv("export", "-o", form).out == first.out
    assert kv("import", "--dry-run", stdin=first.out).lines[1:] == [
        f"same\t{path}\t" for path in sorted(tree)
    ]


def test_held_keys_are_left_out_unless_they_are_asked_for(kv: Kv) -> None:
    """They come back by themselves. The order is that of the paths."""
    kv.write({"demi/b": "1", "demi/a": b"\xff", "other/x": "1"})
    with kv.held({URL: "http://pc7"}):
        said = kv("export")
        everything = kv("export", "--all", "-o", "json")
    assert said.out == b"demi/a:\n  base64: /w==\ndemi/b: '1'\n"
    assert (said.code, said.err) == (0, "")
    assert list(everything.data) == ["demi/a", "demi/b", URL]


def test_lines_of_text_stay_lines(kv: Kv) -> None:
    """So that a diff of two exports can be read."""
    kv.write({"demi/a": "x: 1\n  y: 2\n", "demi/b": "long " * 50})
    said = kv("export")
    assert said.lines == ["demi/a: |", "  x: 1", "    y: 2", f"demi/b: '{'long ' * 50}'"]


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_hostile_text_is_escaped_and_comes_back(kv: Kv, form: str) -> None:
    """In paths, too; but such a path is not written."""
    hostile = "\x1b[2J\x9b\u202e\x7f\ufeff\u2028\r\n\x00é漢"
    kv.write({"demi/a": hostile, "demi/\x1b": "x"})
    said = kv("export", "-o", form)
    assert all(c.isprintable() for line in said.lines for c in line)
    kv.wipe()
    again = kv("import", stdin=said.out)
    assert again.code == 1
    assert results(again.lines) == {"demi/a": "new", "demi/\\x1b": "refused"}
    assert kv.tree == {"demi/a": hostile.encode()}


def test_an_export_of_nothing_is_an_empty_file_that_can_be_imported(kv: Kv) -> None:
    """And a person is told."""
    said = kv("export", "demi/nobody")
    assert (said.code, said.out) == (0, b"{}\n")
    assert "demi/nobody" in said.err
    assert kv("import", stdin=said.out).code == 0


def test_the_file_counts_and_each_key_is_reported(kv: Kv) -> None:
    """A rehearsal says the same and writes nothing."""
    kv.write({RUN: "1", "demi/same": "1"})
    file = json.dumps({RUN: "2", "demi/same": "1", "demi/new": "1", "demi/../x": "1", URL: "x"})
    with kv.held({URL: "http://pc7"}):
        before = kv.tree
        rehearsal = kv("import", "-", "--dry-run", stdin=file.encode())
        assert kv.tree == before
        said = kv("import", stdin=file.encode())
        assert kv.tree == {**before, RUN: b"2", "demi/new": b"1"}
    assert results(said.lines) == {
        RUN: "changed",
        "demi/same": "same",
        "demi/new": "new",
        "demi/../x": "refused",
        URL: "held",
    }
    assert said.code == rehearsal.code == 1
    assert said.lines == rehearsal.lines
    assert "pc7 holds it" in said.out.decode()
    assert said.err == "Keys: 1 changed, 1 held, 1 new, 1 refused, 1 same.\n"


def test_a_held_key_that_has_the_value_already_is_no_failure(kv: Kv) -> None:
    """`export --all` can be imported where nothing has changed."""
    with kv.held({URL: "http://pc7"}):
        said = kv("import", "-o", "json", stdin=json.dumps({URL: "http://pc7"}).encode())
    assert (said.code, said.data) == (0, [{"path": URL, "result": "same", "why": ""}])


def test_other_values_are_left_where_that_is_wanted(kv: Kv) -> None:
    """It is no failure then."""
    kv.write({RUN: "1"})
    said = kv("import", "--no-overwrite", stdin=json.dumps({RUN: "2", "demi/a": "1"}).encode())
    assert (said.code, results(said.lines)) == (0, {RUN: "kept", "demi/a": "new"})
    assert kv.tree == {RUN: b"1", "demi/a": b"1"}


def test_what_etcdctl_prints_is_moved_below_another_prefix(kv: Kv) -> None:
    """Slashes at the beginning go; the longest prefix counts; an empty value is left out there."""

    def encoded(text: bytes) -> str:
        return base64.b64encode(text).decode()

    kvs = [
        {"key": encoded(b"/daq/felix/run"), "value": encoded(b"\xff"), "version": 3},
        {"key": encoded(b"/daq/felix/empty")},
        {"key": encoded(b"/daq/hv/x"), "value": encoded(b"1")},
        {"key": encoded(b"demi.flat"), "value": encoded(b"1")},
        {"key": encoded(b"\xff"), "value": encoded(b"1")},
        {"key": encoded(b"/broken"), "value": "?"},
    ]
    file = json.dumps({"header": {"cluster_id": 1}, "kvs": kvs, "count": 6}).encode()
    moves = ["--prefix", "/daq/=demi/sr1/", "--prefix", "/daq/hv=demi/hv"]
    said = kv("import", *moves, stdin=file)
    assert said.code == 1
    assert kv.tree == {
        "demi/sr1/felix/run": b"\xff",
        "demi/sr1/felix/empty": b"",
        "demi/hv/x": b"1",
        "demi.flat": b"1",
    }
    assert said.err == "Keys: 4 new, 2 refused.\n"
    nothing = json.dumps({"header": {"cluster_id": 1}, "count": 0}).encode()
    assert kv("import", stdin=nothing).code == 0


def test_many_and_large_values_go_in_parts_that_consul_takes(kv: Kv) -> None:
    """More than 64, more than 512 KiB, and single ones up to the limit."""
    tree = {f"demi/{number // 3}/{number}": b"v" for number in range(200)}
    tree |= {f"demi/large/{size}": b"x" * size * 1024 for size in (100, 300, 350, 385, 512)}
    file = {path: value.decode() for path, value in tree.items()}
    file["demi/huge"] = "x" * (512 * 1024 + 1)
    said = kv("import", stdin=json.dumps(file).encode())
    assert said.err == "Keys: 205 new, 1 refused.\n"
    assert kv.tree == tree


def test_a_path_that_consul_takes_in_no_address_keeps_nothing_from_the_others(kv: Kv) -> None:
    """It knows fewer letters than Python does, and refuses the others there."""
    tree = {"demi/\U00030000/x": b"1", "demi/a/b": b"2", "\U00030000": b"3"}
    file = json.dumps({path: value.decode() for path, value in tree.items()}).encode()
    assert kv("import", stdin=file).code == 0
    assert kv.tree == tree
    assert kv("import", stdin=file).err == "Keys: 3 same.\n"


def test_a_key_that_somebody_writes_at_that_moment_is_not_overwritten(
    kv: Kv, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All others of its transaction are written."""
    kv.write({RUN: "1"})
    tree = {f"demi/{number}": "v" for number in range(5)} | {RUN: "2"}
    transact = ConsulReader.transact
    late = [Operation("cas", RUN, value="late", index=kv.version(RUN))]

    def interrupted(self: ConsulReader, operations: list[Operation]) -> list[Key]:
        if late:
            transact(self, [late.pop()])
        return transact(self, operations)

    monkeypatch.setattr(ConsulReader, "transact", interrupted)
    said = kv("import", stdin=json.dumps(tree).encode())
    assert said.code == 1
    assert kv.tree == {**dict.fromkeys(tree, b"v"), RUN: b"late"}
    assert results(said.lines)[RUN] == "conflict"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "is empty"),
        (b"- 1\n", "must hold lines"),
        (b"a: b: c", "is no YAML"),
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"\x80", "is no text"),
        (b"a: 1\n---\nb: 2\n", "is no YAML"),
    ],
)
def test_a_file_of_something_else_is_wrong_usage(kv: Kv, file: bytes, words: str) -> None:
    """Nothing of it is written."""
    said = kv("import", stdin=file)
    assert (said.code, said.out, kv.tree) == (2, b"", {})
    assert words in said.err


def test_a_file_that_is_not_there_is_wrong_usage(kv: Kv) -> None:
    """So is a prefix of no such form."""
    assert kv("import", "/nobody/here").code == 2
    assert kv("import", "--prefix", "x", stdin=b"{}").code == 2

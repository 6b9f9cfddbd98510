"""Files of keys, and what is to be done with them; without any Consul."""

import json
from typing import cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from demi_adapters.consul_reader import ConsulReader
from demi_adapters.consul_types import Operation
from demi_adapters.errors import PermissionDenied
from demi_cli.commands.kv.applying import mapped, parse_prefixes, sorted_out
from demi_cli.commands.kv.documents import Item, as_data, as_yaml, read_items
from demi_cli.commands.kv.writing import batches, write_all

values = st.binary() | st.text().map(str.encode)
texts = st.text(alphabet=" \n\t\r:#-|>'\"a\u2028\x85é", max_size=30)


@given(
    st.dictionaries(st.text(min_size=1), values | texts.map(str.encode)),
    st.sampled_from(["utf-8", "latin-1", "ascii"]),
)
def test_yaml_says_every_value(tree: dict[str, bytes], encoding: str) -> None:
    """To us and to any other reader."""
    data = {path: as_data(value) for path, value in tree.items()}
    text = as_yaml(data, encoding)
    assert yaml.safe_load(text) == data
    assert text.encode(encoding)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert read_items(text.encode(), "it") == [Item(path, value) for path, value in tree.items()]


@given(st.dictionaries(st.text(min_size=1), values))
def test_json_says_every_value(tree: dict[str, bytes]) -> None:
    """A tree that looks like another program's file is rare enough."""
    text = json.dumps({path: as_data(value) for path, value in tree.items()})
    assert read_items(text.encode(), "it") == [Item(path, value) for path, value in tree.items()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 017\nb: no\nc:\nd: 1.50", {"a": b"017", "b": b"no", "c": b"", "d": b"1.50"}),
        ('{"a": 17, "b": false, "d": 1.50}', {"a": b"17", "b": b"false", "d": b"1.50"}),
        ("a: !!binary eA==", {"a": b"x"}),
        ('[{"key": "a", "flags": 0, "value": "eA=="}]', {"a": b"x"}),
        ('[{"key": "a", "flags": 0, "value": null}]', {"a": b""}),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_values_are_text_as_it_is_written(
    text: str, expected: dict[str, bytes], encoding: str
) -> None:
    """Of people and of `consul kv export`, on any system."""
    assert {i.path: i.value for i in read_items(text.encode(encoding), "it")} == expected


@pytest.mark.parametrize(
    "text",
    [
        "a: [1]",
        "a: {b: 1}",
        "a: {base64: '?'}",
        "a: {base64: [1]}",
        "a: {[1]: 1}",
        "? [1]\n: 1",
        'a: "\\ud800"',
        '{"a": null}',
        '{"a": {}}',
        '{"a": ["base64"]}',
        '{"a": {"base64": 1}}',
        '{"a": {"base64": "é"}}',
        '{"a": "\\ud800"}',
        "[1]",
        '[{"value": "eA=="}]',
        '{"kvs": [1, {}, {"key": 1}]}',
    ],
)
def test_a_value_of_another_form_is_told_of_and_stops_nothing(text: str) -> None:
    """One item for each, with words."""
    items = read_items(text.encode(), "it")
    assert items
    assert all(item.value is None and item.why for item in items)


def test_a_second_value_of_one_path_is_refused() -> None:
    """Nobody knows which one was meant; the same value twice is none."""
    items = [Item("/demi/a", b"1"), Item("demi/a", b"2"), Item("demi/a", b"1")]
    wanted, refused = sorted_out(items, [])
    assert wanted == {"demi/a": b"1"}
    assert [outcome.path for outcome in refused] == ["demi/a"]


def test_a_folder_of_consuls_page_is_a_key_like_others() -> None:
    """It ends in a slash."""
    assert sorted_out([Item("demi/a/", b"")], []) == ({"demi/a/": b""}, [])


@pytest.mark.parametrize(
    ("prefixes", "path", "expected"),
    [
        ([], "//a/b", "a/b"),
        (["/a=/demi/x"], "/a/b", "demi/x/b"),
        (["a/=x/", "a/b=y"], "a/b/c", "y/c"),
        (["=demi/"], "/a", "demi/a"),
        (["b=c"], "a/b", "a/b"),
    ],
)
def test_prefixes(prefixes: list[str], path: str, expected: str) -> None:
    """Slashes at the beginning mean nothing; the longest prefix counts."""
    assert mapped(path, parse_prefixes(prefixes)) == expected


@given(st.lists(st.sampled_from([0, 1, 1000, 100_000, 300_000, 524_288]), max_size=200))
def test_transactions_are_as_large_as_consul_takes(sizes: list[int]) -> None:
    """At most 64 steps and 512 KiB of text, except for a large value alone; in the same order."""
    operations = [Operation("cas", f"a/{n}", value=b"x" * size) for n, size in enumerate(sizes)]
    parts = list(batches(operations))
    assert [each for part in parts for each in part] == operations
    for part in parts:
        text = json.dumps([operation.body for operation in part])
        assert 0 < len(part) <= 64
        assert len(text) <= 512 * 1024 or len(part) == 1


class Guarded:
    """A Consul that refuses whatever has `denied` in its path, and the transaction around it."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def transact(self, operations: list[Operation]) -> None:
        """Do all or none."""
        if any("denied" in operation.path for operation in operations):
            raise PermissionDenied("no")
        self.written += [operation.path for operation in operations]

    def put_key(self, path: str, value: bytes, index: int) -> None:
        """Write one."""
        self.transact([Operation("cas", path, value=value, index=index)])


def test_a_key_that_is_denied_keeps_no_other_from_being_written() -> None:
    """Its transaction is taken apart until it is alone."""
    paths = [f"demi/{'denied' if number in (3, 64) else 'x'}/{number}" for number in range(100)]
    consul = Guarded()
    operations = [Operation("cas", path) for path in paths]
    done = list(write_all(cast(ConsulReader, consul), operations))
    assert [operation for operation, _ in done] == operations
    assert [operation.path for operation, error in done if error] == [paths[3], paths[64]]
    assert consul.written == [path for path in paths if "x" in path]

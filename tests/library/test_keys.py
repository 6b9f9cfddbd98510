"""Keys: read, written, watched, and guarded."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chaos.proxy import Mode, Proxy
from demi_adapters import ConfigurationError, ConflictError, KeyHeld, Keys, NotFound, Registry
from library.lab import Collector, Lab, eventually, measured

LARGE = 512 * 1024


@pytest.fixture
def keys(lab: Lab) -> Keys:
    """The keys of an empty tree."""
    return Registry(lab.address).keys


@pytest.mark.parametrize("value", ["", "ä\r\n", b"", b"\x00\xff", "x" * LARGE, b"\xfe" * LARGE])
def test_values_come_back_as_they_were(keys: Keys, value: str | bytes) -> None:
    """Text or bytes, empty ones and those of the greatest size."""
    keys.put("demi/a", value)
    expected = value.encode() if isinstance(value, str) else value
    assert keys["demi/a"].value == expected
    assert isinstance(value, bytes) or keys["demi/a"].text == value


@pytest.mark.parametrize("name", [*"?#%&+:;=*'\"\\ ä€", "%2F", "a..b", "...", "\U0001f600"])
def test_every_path_means_itself(keys: Keys, name: str) -> None:
    """Also with characters that mean something in a URL."""
    path = f"demi/{name}/x"
    keys.put(path, name)
    keys.put("demi/other", "stays")
    assert keys[path].text == name
    assert [e.path for e in keys.list(f"demi/{name}")] == [path]
    keys.delete(path)
    assert keys.get(path) is None
    assert [e.path for e in keys.list()] == ["demi/other"]


@pytest.mark.parametrize("path", ["", "/demi", "demi/../acl", "demi//x", "a\nb", "x" * 513, "a/"])
def test_what_is_no_path_is_refused(keys: Keys, path: str) -> None:
    """Before anything is asked, for reading and writing."""
    for act in (keys.get, keys.delete, lambda p: keys.put(p, "x")):
        with pytest.raises(ConfigurationError, match="is no path of a key"):
            act(path)


@pytest.mark.parametrize("prefix", ["/demi", "demi/../", "//"])
def test_what_is_no_prefix_is_refused(keys: Keys, prefix: str) -> None:
    """For listing and for watching."""
    for act in (keys.list, keys.watch):
        with pytest.raises(ConfigurationError, match="is no path of a key"):
            act(prefix)


def test_all_of_a_prefix_are_listed_by_path(keys: Keys) -> None:
    """The empty prefix stands for the whole tree."""
    keys.put_all({"demi/b": "2", "demi/a": b"1", "other": "3"})
    assert [(e.path, e.text) for e in keys.list()] == [("demi/a", "1"), ("demi/b", "2")]
    assert len(keys.list("")) == 3
    assert keys.list("none/") == []


def test_what_is_not_there_is_none_or_an_error(keys: Keys) -> None:
    """As the caller likes; deleting it is no error."""
    assert keys.get("demi/none") is None
    with pytest.raises(NotFound, match="no key 'demi/none'"):
        keys["demi/none"]
    keys.delete("demi/none")


@pytest.mark.parametrize("value", [{"run": 7, "text": "ä"}, [1, None, 2.5], "text", None])
def test_json_and_yaml_come_back_as_they_were(keys: Keys, value: Any) -> None:
    """Values that both know."""
    keys.put_json("demi/json", value)
    keys.put_yaml("demi/yaml", value)
    assert keys["demi/json"].json() == value
    assert keys["demi/yaml"].yaml() == value


def test_what_is_no_json_or_yaml_is_refused(keys: Keys) -> None:
    """Written as well as read: other languages read no NaN."""
    for bad in (math.nan, math.inf, object()):
        with pytest.raises(ConfigurationError, match="demi/a: JSON has no such value"):
            keys.put_json("demi/a", bad)
    with pytest.raises(ConfigurationError, match="demi/a: YAML has no such value"):
        keys.put_yaml("demi/a", object())
    keys.put("demi/a", "{: ]\x00")
    with pytest.raises(ConfigurationError, match="demi/a holds no JSON"):
        keys["demi/a"].json()
    with pytest.raises(ConfigurationError, match="demi/a holds no YAML"):
        keys["demi/a"].yaml()


def test_a_version_guards_a_write(keys: Keys) -> None:
    """0 means that there is none yet; the error says to read again."""
    keys.put("demi/a", "1", version=0)
    with pytest.raises(ConflictError, match="read again"):
        keys.put("demi/a", "2", version=0)
    version = keys["demi/a"].version
    keys.put("demi/a", "2", version=version)
    acts: tuple[Callable[[], None], ...] = (
        lambda: keys.put("demi/a", "3", version=version),
        lambda: keys.delete("demi/a", version=version),
    )
    for act in acts:
        with pytest.raises(ConflictError, match=f"not {version}: read again"):
            act()
    keys.delete("demi/a", version=keys["demi/a"].version)


def test_several_are_written_together_or_not_at_all(keys: Keys) -> None:
    """One that has changed keeps all the others from being written."""
    keys.put_all({"demi/a": "1", "demi/b": "1"})
    stale = keys["demi/a"].version
    keys.put("demi/a", "2")
    with pytest.raises(ConflictError, match="demi/a is version"):
        keys.put_all({"demi/a": "3", "demi/b": "3", "demi/c": "3"}, versions={"demi/a": stale})
    assert [e.text for e in keys.list()] == ["2", "1"]


def test_the_limits_of_one_transaction_are_errors_before_anything_is_written(keys: Keys) -> None:
    """64 keys, 512 KiB for one value, 384 KiB for all of several, and versions of what is there."""
    keys.put_all({f"demi/{n}": "x" for n in range(64)})
    for values, words in (
        ({f"demi/{n}": "y" for n in range(65)}, "65 keys are more than"),
        ({"demi/a": "y" * (LARGE + 1)}, "512 KiB at most"),
        ({"demi/a": "y" * LARGE, "demi/b": "y"}, "384 KiB"),
        ({"demi/a": "\ud800"}, "no UTF-8"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            keys.put_all(values)
    with pytest.raises(ConfigurationError, match="'demi/b' has a version, but no value"):
        keys.put_all({"demi/a": "y"}, versions={"demi/b": 1})
    assert {e.text for e in keys.list()} == {"x"}
    keys.put_all({"demi/a": "y" * 190_000, "demi/b": "y" * 190_000})


@pytest.mark.parametrize(
    ("session", "owner"),
    [("demi-registrator/pc7", "the registrator 'pc7'"), ("demi-process/pc8/77", "process/pc8/77")],
)
def test_a_held_key_is_refused_with_its_owners_name(
    lab: Lab, keys: Keys, session: str, owner: str
) -> None:
    """For writing and deleting, alone or among others; reading it is fine."""
    made = {"Name": session, "Behavior": "delete", "LockDelay": "0s"}
    held = lab.put("/v1/session/create", made)["ID"]
    lab.put(f"/v1/kv/demi/held?acquire={held}", "theirs")
    assert keys["demi/held"].is_held
    acts: tuple[Callable[[], None], ...] = (
        lambda: keys.put("demi/held", "mine"),
        lambda: keys.put("demi/held", "mine", version=keys["demi/held"].version),
        lambda: keys.put_all({"demi/free": "mine", "demi/held": "mine"}),
        lambda: keys.delete("demi/held"),
    )
    for act in acts:
        with pytest.raises(KeyHeld, match=f"held by .*{owner}.*of your own beside it"):
            act()
    assert [(e.path, e.json()) for e in keys.list()] == [("demi/held", "theirs")]
    lab.put(f"/v1/session/destroy/{held}")


def test_counting_by_many_threads_loses_nothing(lab: Lab, keys: Keys) -> None:
    """With versions, each sees when another one was faster."""
    keys.put("demi/n", "0")

    def count() -> None:
        for _ in range(10):
            while True:
                now = keys["demi/n"]
                try:
                    keys.put("demi/n", str(int(now.text) + 1), version=now.version)
                except ConflictError:
                    continue
                break

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(count) for _ in range(4)]:
            done.result()
    assert keys["demi/n"].text == "40"


def test_a_watch_tells_each_change_once_over_an_outage(lab: Lab, proxy: Proxy) -> None:
    """First what is there appears; what happens while Consul is away comes afterwards."""
    here = Registry(lab.address).keys
    here.put_all({"demi/a": "1", "demi/b": "1"})
    with Registry(proxy.address).keys.watch() as watch:
        changes = Collector(watch)
        eventually(
            lambda: _told(changes), [("appeared", "demi/a", "1"), ("appeared", "demi/b", "1")]
        )
        here.put("demi/a", "2")
        here.put("other", "1")
        eventually(lambda: _told(changes)[2:], [("changed", "demi/a", "2")])
        changes.take()
        proxy.behave(Mode.REFUSE)
        here.delete("demi/b")
        here.put("demi/c", "1")
        time.sleep(0.7)
        proxy.behave(Mode.PASS)
        eventually(lambda: _told(changes), [("gone", "demi/b", "1"), ("appeared", "demi/c", "1")])
        with measured(2):
            watch.close()
            changes.thread.join()
    assert changes.error is None
    assert proxy.requests < 40


def test_a_watch_of_nothing_waits(lab: Lab, proxy: Proxy) -> None:
    """A prefix without keys is not asked for over and over."""
    with Registry(proxy.address).keys.watch("nothing/") as watch:
        changes = Collector(watch)
        time.sleep(1)
        assert proxy.requests <= 3
    changes.thread.join(2)
    assert not changes.thread.is_alive()


def _told(changes: "Collector[Any]") -> list[tuple[str, str, str]]:
    return [(c.kind.value, c.entry.path, c.entry.text) for c in changes.seen]

"""`demi lint` of files that compose would refuse, or that say far too much."""

import json
import os
import time
from pathlib import Path

import pytest

from models.command import Demi


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "compose.yaml") -> str:
    """A file in the test's folder."""
    Path(name).write_text(text)
    return name


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "empty"),
        ("- a", 1, "no compose file"),
        ("services: 5", 1, "must be a map"),
        ("services:\n  a: hello", 2, "must be a map"),
        ("services:\n\ta: {}", 2, "no YAML"),
        ("a: [\n", 2, "no YAML"),
        ("a: \x01", 1, "no YAML"),
        ("a: *b", 1, "no anchor"),
        ("a: &a [*a]", 1, "no anchor"),
        ("a: 1\na: 2", 2, "twice"),
        ("? [a]\n: 1", 1, "must be a text"),
        ("a: {<<: 5}", 1, "merge key"),
        ("[" * 100_000, 1, "nested"),
        ("services: {a: {labels: [k: v]}}", 1, "KEY=VALUE"),
        ("services: {a: {labels: {k: [v]}}}", 1, "one text"),
        ("services: {a: {labels: 5}}", 1, "a list"),
        ("services: {a: {ports: 5}}", 1, "a list"),
        ("services: {a: {ports: [[5]]}}", 1, "a port"),
        ("services: {a: {ports: ['x:80']}}", 1, "no port"),
        ("services: {a: {ports: ['1-2:5-8']}}", 1, "differ"),
        ("services: {a: {ports: ['80/foo']}}", 1, "no protocol"),
        ("services: {a: {ports: ['localhost:1:2']}}", 1, "no address"),
        ("services: {a: {healthcheck: 5}}", 1, "must be a map"),
        ("services: {a: {network_mode: []}}", 1, "must be a text"),
        ("services: {a: {extends: []}}", 1, "must be"),
        ("services: {a: {extends: {file: b}}}", 1, "must name"),
        ("services: {a: {extends: zz}}", 1, "no such service"),
        ("services: {a: {extends: {service: b, file: no.yaml}}}", 1, "no.yaml can't be read"),
        ("services: {a: {extends: {service: b, file: /dev/zero}}}", 1, "no file"),
        ("services: {a: {extends: {service: b, file: '\\0'}}}", 1, "can't be read"),
        ("services:\n  a: {extends: b}\n  b: {extends: a}", 3, "circle"),
        ("services: {a: {labels: ['k=${A:?say it}']}}", 1, "say it"),
        ("services: {a: {labels: ['k=${A']}}", 1, "no variable"),
        ("services: {a: {labels: ['k=" + "${A:-" * 99 + "}" * 99 + "']}}", 1, "nested"),
    ],
)
def test_what_compose_would_refuse_is_a_usage_error_with_its_line(
    demi: Demi, text: str, line: int, said: str
) -> None:
    """And nothing is printed to standard output."""
    result = demi("lint", write(text), "-o", "json")
    assert (result.code, result.out) == (2, "")
    assert f"compose.yaml:{line}: " in result.err
    assert said in result.err


def test_a_pipe_that_a_file_names_is_not_waited_for(demi: Demi) -> None:
    """Nobody writes into it."""
    os.mkfifo("pipe")
    file = write("services: {a: {extends: {service: b, file: pipe}}}")
    assert "no file" in demi("lint", file).err


def bomb() -> str:
    """Ten levels of ten aliases each: ten thousand million labels."""
    levels = ["l0: &l0 {demi.a.b.c.x: 1}"]
    for level in range(1, 11):
        pairs = ", ".join(f"k{level}{i}: *l{level - 1}" for i in range(10))
        levels.append(f"l{level}: &l{level} {{{pairs}}}")
    return "\n".join((*levels, "services: {s: {labels: *l10}}"))


@pytest.mark.parametrize(
    "text",
    [
        bomb(),
        "x: &x {" + ", ".join(f"k{i}: 1" for i in range(9999)) + "}\ny: {<<: ["
        + ", ".join(["*x"] * 9999) + "]}",
        "x: &x {" + ", ".join(f"k{i}: 1" for i in range(9999)) + "}\nservices:\n"
        + "".join(f"  s{i}: {{labels: *x}}\n" for i in range(9999)),
        "services:\n" + "".join(f"  s{i}: {{ports: ['1-65535']}}\n" for i in range(999)),
        "services:\n" + "".join(f"  s{i}: {{extends: s{i + 1}}}\n" for i in range(2000)),
        "---\nservices: {" + ", ".join(f"s{i}: {{extends: s{i + 1}}}" for i in range(40))
        + ", s40: {}}\n---\nservices: {"
        + ", ".join(f"s{i}: {{extends: s{i + 1}}}" for i in range(40)) + "}",
        "a" * 3_000_000,
    ],
    ids=["aliases", "merges", "shared labels", "ranges", "a long chain", "documents", "size"],
)  # fmt: skip
def test_a_small_file_that_says_a_lot_ends_soon(demi: Demi, text: str) -> None:
    """With an error, before it takes the machine's memory."""
    start = time.monotonic()
    result = demi("lint", write(text))
    assert (result.code, result.out) == (2, "")
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_hostile_text_of_a_file_reaches_no_stream_raw(demi: Demi, form: str) -> None:
    """Neither of values, nor of keys, nor of the file's name."""
    hostile = "\x1b[2J\u202e\x9b31m\r\n\x07"
    text = json.dumps({"services": {"s": {"labels": {
        "demi.a.b.c.hostport": hostile,
        f"demi.{hostile}.b.c.d": "1",
        "demi.a.b.d.url": f"http://x/{hostile}",
        "demi.a.b.e.description": hostile,
        "demi.a.b.e.hostport": "1",
    }}}})  # fmt: skip
    for file in (write(text), write(text, f"x{hostile}.yaml"), write(f"a: *{hostile}", "b.yaml")):
        result = demi("lint", file, "-o", form)
        assert result.code in (1, 2)
        assert not {c for c in result.out + result.err if not c.isprintable()} - {"\n", "\t"}

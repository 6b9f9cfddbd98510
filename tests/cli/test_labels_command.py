"""`demi labels`: a block to paste into a compose file, which `demi lint` reads back."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from demi_adapters.names import ServiceName
from demi_cli.compose import block, draft
from demi_cli.compose.project import read_project
from models.command import Demi

NAME = ServiceName("sr1_lls", "felix", "api")


def test_the_block_is_ready_to_paste(demi: Demi) -> None:
    """Quoted, since YAML would take some values for something else."""
    result = demi("labels", "sr1_lls/felix/api", "--port", "8000", "--set", "price=5$")
    assert result.out == (
        'labels:\n  demi.sr1_lls.felix.api.port: "8000"\n  demi.sr1_lls.felix.api.price: "5$$"\n'
    )
    assert "URL: http://HOST:?\n" in result.err
    assert result.code == 0


def test_each_option_is_a_label(demi: Demi) -> None:
    """And the list says the same as the map."""
    given = {
        "description": "a: b # c", "category": "UI", "host": "pc7.cern.ch", "port": "1",
        "url-prefix": "/api", "url-postfix": "/docs", "protocol": "https", "health": "/health",
    }  # fmt: skip
    options = [f"--{option}={value}" for option, value in given.items()]
    as_map = yaml.safe_load(demi("labels", "a/b/c", *options).out)["labels"]
    assert as_map == {f"demi.a.b.c.{k.replace('-', '_')}": v for k, v in given.items()}
    as_list = yaml.safe_load(demi("labels", "a/b/c", *options, "--form", "list").out)["labels"]
    assert as_list == [f"{label}={value}" for label, value in as_map.items()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a/b/c"], "at least"),
        (["a/b", "--port", "1"], "SITE/STACK/SERVICE"),
        (["a/b/c.d", "--port", "1"], "SITE/STACK/SERVICE"),
        (["a/b/c", "--port", "x"], "'x' is no port. Write a number in 1..65535."),
        (["a/b/c", "--port", ""], "no port"),
        (["a/b/c", "--protocol", "javascript"], "could run code"),
        (["a/b/c", "--host", "0.0.0.0"], "every address"),
        (["a/b/c", "--health", "http://elsewhere.cern.ch/"], "another host"),
        (["a/b/c", "--set", "health_interval=10"], "no duration"),
        (["a/b/c", "--set", "b@d=1"], "KEY"),
        (["a/b/c", "--set", "=1"], "incomplete"),
        (["a/b/c", "--set", "x"], "write KEY=VALUE"),
        (["a/b/c", "--port", "1", "--set", "port=2"], "twice"),
        (["a/b/c", "--description", "\udcff"], "UTF-8"),
        (["a/b/c", "--url-prefix", "x" * 600], "512"),
    ],
)
def test_what_the_registrator_would_refuse_is_not_printed(
    demi: Demi, arguments: list[str], said: str
) -> None:
    """With the registrator's own words."""
    result = demi("labels", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_a_warning_is_said_and_the_block_printed(demi: Demi) -> None:
    """A key of the registrator's is not refused by it either."""
    result = demi("labels", "a/b/c", "--set", "hostport=1", "--set", "image=x")
    assert result.code == 0
    assert "warning reserved-key" in result.err


def test_a_site_with_dots_has_to_be_configured(demi: Demi) -> None:
    """Else the registrator would take its second part for the stack."""
    result = demi("labels", "a.b/c/d", "--port", "1")
    assert "demi.a.b.c.d.port" in result.out
    assert "DEMI_NAMESPACE=demi.a.b" in result.err


def test_hostile_values_reach_no_stream_raw(demi: Demi) -> None:
    """They were pasted from somewhere."""
    text = "\x1b[2J\u202e\x9b\r\n\x07\ufeff"
    result = demi("labels", "a/b/c", "--description", text, "--set", f"hostport=1{text}x")
    assert result.code == 2
    result = demi("labels", "a/b/c", "--description", text)
    assert yaml.safe_load(result.out)["labels"] == {"demi.a.b.c.description": text}
    assert not {c for c in result.out + result.err if not c.isprintable()} - {"\n"}


def test_lint_takes_what_labels_prints(demi: Demi) -> None:
    """As a person would paste it."""
    value = 'it\'s "5$" ${X} #1: {é}'
    lines = demi("labels", "a/b/c", "--port", "80", "--description", value).out.splitlines()
    pasted = "".join(f"    {line}\n" for line in lines)
    text = f"services:\n  s:\n    image: x\n    ports: ['80']\n{pasted}"
    result = demi("lint", "-", "-o", "json", stdin=text)
    assert (result.code, result.data["problems"]) == (0, [])
    assert result.data["services"][0]["kv"]["demi/a/b/c/description"] == value


@given(
    values=st.dictionaries(
        st.from_regex(r"[a-z_][a-z0-9_]{0,8}(\.[a-z]{1,3})?", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs"])),
        min_size=1,
    ),
    as_list=st.booleans(),
)
def test_any_value_comes_back_as_it_was(values: dict[str, str], as_list: bool) -> None:
    """Through YAML's quotes and compose's variables."""
    labels = draft.named(NAME, values)
    lines = (block.render_list if as_list else block.render_map)(labels).splitlines()
    pasted = "".join(f"    {line}\n" for line in lines)
    project = read_project({"f": f"services:\n  s:\n{pasted}"}, {}, lambda *_: "")
    found = {name: label.value for name, label in project.services[0].part.labels.items()}
    assert found == labels
    assert project.remarks == ()

"""What the Tab key offers, by the protocol between the shells' scripts and the command."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
import requests
import responses
import typer

from demi_cli import completion
from demi_cli.completion import keys, rejoin, service_tails, sites, stacks
from models.command import Demi, Result

KV = "http://127.0.0.1:8500/v1/kv/demi/"
PATHS = [
    *(f"demi/sr1_lls/felix/api/{key}" for key in ("host", "port", "url")),
    "demi/sr1_lls/felix/web-ui/host",
    "demi/sr1.sr2/daq/api/host",
]
# What a shell would run, and what is no service's key: anybody may write there.
STRANGE = [
    "demi/$(reboot)/t/v/host",
    "demi/s/`reboot`/v/host",
    'demi/s/t/\\";reboot;\\"/host',
    "demi/s/t/v\x1b[2J/host",
    "demi/s/t v/u/host",
    "demi/*/t/v/host",
    "demi/s/t/v\u202e/host",
    "demi/README",
    "demi/a/b",
    "demi//t/v/host",
]

Complete = Callable[..., Result]


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no slow Consul."""
    monkeypatch.setattr(completion, "TIMEOUT_S", 10)


@pytest.fixture
def consul() -> Iterator[responses.RequestsMock]:
    """Answers as Consul does about keys: those below a prefix, or nothing, with an index."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def answer(consul: responses.RequestsMock, *paths: str, begun: str = "") -> None:
    """Let there be keys."""
    found = [path for path in paths if path.startswith(f"demi/{begun}")]
    consul.get(
        f"{KV}{begun}",
        headers={"X-Consul-Index": "1"},
        **({"json": found} if found else {"status": 404}),
    )


@pytest.fixture
def complete(demi: Demi, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Asks as bash does for what may stand in the last of these words."""

    def ask(*words: str) -> Result:
        monkeypatch.setenv("_DEMI_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(["demi", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        return demi()

    return ask


def context(**params: str) -> typer.Context:
    """A command that is being typed."""
    made = object.__new__(typer.Context)
    made.params = dict(params)
    return made


def test_commands_and_their_options_are_offered(complete: Complete) -> None:
    """Without importing the commands for it."""
    assert complete("pl").out == "plan\n"
    assert complete("ls", "--o").out == "--output\n"
    assert complete("ls", "-o", "").out.split() == ["table", "wide", "json", "yaml", "name"]
    assert complete("explain", "-o", "").out.split() == ["table", "json", "yaml"]


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("", ["sr1.sr2/daq/api", "sr1_lls/felix/api", "sr1_lls/felix/web-ui"]),
        ("sr1_", ["sr1_lls/felix/api", "sr1_lls/felix/web-ui"]),
        ("sr1_lls/felix/w", ["sr1_lls/felix/web-ui"]),
        ("sr1_lls/felix/api", ["sr1_lls/felix/api"]),
    ],
)
def test_exact_names_of_services_are_offered_once(
    complete: Complete, consul: responses.RequestsMock, begun: str, offered: list[str]
) -> None:
    """Consul is asked once, for what was begun alone."""
    answer(consul, *PATHS, begun=begun)
    result = complete("url", begun)
    assert (result.code, result.out.split(), result.err) == (0, offered, "")
    assert len(consul.calls) == 1


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("felix", ["felix/api", "felix/web-ui"]),
        ("w", ["web-ui"]),
        ("api", ["api"]),
        ("x", []),
    ],
)
def test_ends_of_names_are_offered_where_no_name_begins_so(
    complete: Complete, consul: responses.RequestsMock, begun: str, offered: list[str]
) -> None:
    """As they may be typed; for that, Consul is asked for all."""
    answer(consul, *PATHS, begun=begun)
    answer(consul, *PATHS)
    result = complete("url", begun)
    assert (result.code, result.out.split(), result.err) == (0, offered, "")


def test_what_a_shell_would_run_is_not_offered(
    complete: Complete, consul: responses.RequestsMock
) -> None:
    """Nor what a terminal would obey: sound names have neither."""
    answer(consul, *STRANGE, *PATHS)
    assert complete("url", "").out.split() == sorted({p[5:].rpartition("/")[0] for p in PATHS})


@pytest.mark.parametrize("begun", ["$(", "a b", "../", "sr1_lls?", "é", '"sr1'])
def test_what_can_begin_no_name_is_not_asked_for(
    complete: Complete, consul: responses.RequestsMock, begun: str
) -> None:
    """Only a quote is seen through."""
    answer(consul, *PATHS, begun="sr1")
    assert complete("url", begun).out.split() == (
        sorted({p[5:].rpartition("/")[0] for p in PATHS}) if begun == '"sr1' else []
    )


@pytest.mark.parametrize("words", [("--consul-addr", "pc7:85"), ("--consul-addr=pc7:85",)])
def test_consul_is_asked_where_the_line_says(
    complete: Complete, consul: responses.RequestsMock, words: tuple[str, ...]
) -> None:
    """Bash takes words apart at colons and equals signs."""
    consul.get("http://pc7:85/v1/kv/demi/", json=PATHS[:1], headers={"X-Consul-Index": "1"})
    apart = [part for word in words for part in word.replace("=", "\n=\n").split("\n")]
    apart = [part for word in apart for part in word.replace(":", "\n:\n").split("\n")]
    assert complete("url", *apart, "").out == "sr1_lls/felix/api\n"


@pytest.mark.parametrize(
    ("apart", "whole"),
    [
        (["demi", "url", ""], ["demi", "url", ""]),
        (["demi", "ls", "-o", "="], ["demi", "ls", "-o="]),
        (["demi", "ls", "--output", "=", "j"], ["demi", "ls", "--output=j"]),
        (["demi", "url", "--a", "=", "h", ":", "1", "x"], ["demi", "url", "--a=h:1", "x"]),
        (["demi", "url", "h", ":", "1", ""], ["demi", "url", "h:1", ""]),
        (["demi", "url", "::", "1"], ["demi", "url::1"]),
    ],
)
def test_words_are_put_together_again(apart: list[str], whole: list[str]) -> None:
    """Whether there was a space is not known; nobody puts one there."""
    environ = {"COMP_WORDS": "\n".join([*apart]), "COMP_CWORD": str(len(apart) - 1)}
    rejoin(environ)
    assert environ["COMP_WORDS"].split("\n") == whole
    assert environ["COMP_CWORD"] == str(len(whole) - 1)


def test_words_behind_the_cursor_do_not_count() -> None:
    """The line is completed where the cursor is."""
    environ = {"COMP_WORDS": "demi\nurl\n\n--consul-addr\nx", "COMP_CWORD": "2"}
    rejoin(environ)
    assert environ == {"COMP_WORDS": "demi\nurl\n", "COMP_CWORD": "2"}


@pytest.mark.parametrize(
    "said",
    [
        {"body": requests.ConnectionError("refused")},
        {"status": 403, "body": "Permission denied"},
        {"status": 500, "body": "No cluster leader"},
        {"body": "<html>"},
        {"body": RuntimeError("a bug")},
        {"json": {"a": 1}, "headers": {"X-Consul-Index": "1"}},
    ],
)
def test_a_failure_is_silence(
    complete: Complete, consul: responses.RequestsMock, said: dict[str, object]
) -> None:
    """A message would end up in the line that is being typed."""
    consul.get(KV, **said)
    result = complete("url", "")
    assert (result.code, result.out.strip(), result.err) == (0, "", "")


def test_a_wrong_setting_is_silence(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command itself will say what is wrong."""
    monkeypatch.setenv("CONSUL_HTTP_ADDR", "ftp://x")
    result = complete("url", "")
    assert (result.code, result.out.strip(), result.err) == (0, "", "")


def test_a_slow_consul_is_not_waited_for(
    complete: Complete, consul: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is that is slow: the look-up of a name has no time-out of its own."""

    def slow(_: object) -> tuple[int, dict[str, str], str]:
        time.sleep(1.5)
        return 200, {"X-Consul-Index": "1"}, json.dumps(PATHS)

    monkeypatch.setattr(completion, "TIMEOUT_S", 0.05)
    consul.add_callback(responses.GET, KV, callback=slow)
    began = time.monotonic()
    assert complete("url", "").out.strip() == ""
    assert time.monotonic() - began < 1.2


def test_a_tail_is_offered_where_no_whole_name_begins_so(consul: responses.RequestsMock) -> None:
    """As it was begun, or the shell would replace what was typed."""
    for begun in ("", "sr1.", "felix/", "a", "x"):
        answer(consul, *PATHS, begun=begun)
    assert service_tails(context(), "sr1.") == ["sr1.sr2/daq/api"]
    assert service_tails(context(), "felix/") == ["felix/api", "felix/web-ui"]
    assert service_tails(context(), "a") == ["api"]
    assert service_tails(context(), "x") == []


def test_sites_and_stacks_are_offered(consul: responses.RequestsMock) -> None:
    """Sites alone need only the top of the tree."""
    answer(consul, *PATHS)
    assert stacks(context(), "") == ["daq", "felix"]
    answer(consul, "demi/sr1_lls/", "demi/sr1.sr2/", "demi/README")
    consul.replace(
        responses.GET,
        KV,
        json=["demi/sr1_lls/", "demi/sr1.sr2/", "demi/a b/"],
        headers={"X-Consul-Index": "1"},
        match=[responses.matchers.query_param_matcher({"separator": "/"}, strict_match=False)],
    )
    assert sites(context(), "") == ["sr1.sr2", "sr1_lls"]
    assert sites(context(), "sr1_lls/") == []


def test_keys_are_offered_part_by_part(consul: responses.RequestsMock) -> None:
    """As a shell does it with files; what a shell might take for a command is left out."""
    assert keys(context(), "") == ["demi/"]
    assert keys(context(), "config/") == []
    for begun, said in {
        "": ["demi/sr1_lls/", "demi/$(reboot)/", "demi/notes"],
        "sr1_lls/felix/api/p": ["demi/sr1_lls/felix/api/port"],
    }.items():
        consul.get(
            f"{KV}{begun}",
            json=said,
            headers={"X-Consul-Index": "1"},
            match=[responses.matchers.query_param_matcher({"separator": "/"}, strict_match=False)],
        )
    assert keys(context(), "demi/") == ["demi/notes", "demi/sr1_lls/"]
    assert keys(context(), "demi/sr1_lls/felix/api/p") == ["demi/sr1_lls/felix/api/port"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_shown(
    demi: Demi, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    """By the name of the program that is installed, however it was started."""
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: shell)
    result = demi("--show-completion")
    assert (result.code, result.err) == (0, "")
    assert f"_DEMI_COMPLETE=complete_{shell}" in result.out

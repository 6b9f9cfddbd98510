"""Whatever goes wrong on the way to Consul becomes one of our errors, said so that it helps."""

import inspect
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from consul import base
from responses import matchers

from demi_adapters.consul_client import ConsulClient
from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.consul_transport import translated
from demi_adapters.consul_types import Operation
from demi_adapters.errors import (
    ConflictError,
    ConsulFailure,
    ConsulUnavailable,
    DemiError,
    NotFound,
    PermissionDenied,
    RefusedError,
)

URL = "http://127.0.0.1:8500"
TOKEN = "5f2d7e0c-0000-4000-8000-0123456789ab"
HTML = "<html><body>Welcome to the proxy</body></html>"

Call = Callable[[ConsulClient], object]

READS: dict[str, Call] = {
    "agent": lambda c: c.agent(),
    "agent_services": lambda c: c.agent_services(),
    "agent_checks": lambda c: c.agent_checks(),
    "keys": lambda c: c.keys("demi/"),
    "keys_blocking": lambda c: c.keys("demi/", index=7, wait_s=60),
    "paths": lambda c: c.paths("demi/"),
    "paths_to_a_separator": lambda c: c.paths("demi/", separator="/"),
    "sessions": lambda c: c.sessions("pc7"),
    "queries": lambda c: c.queries(),
    "nodes": lambda c: c.nodes(),
    "node_services": lambda c: c.node_services("pc7"),
    "health_checks": lambda c: c.health_checks(),
}
ANSWERED_WRITES: dict[str, Call] = {
    "transact": lambda c: c.transact([Operation("lock", "demi/a", "v", session="s")]),
    "create_session": lambda c: c.create_session("demi-registrator/pc7"),
    "create_query": lambda c: c.create_query({"Name": "q"}),
}
SILENT_WRITES: dict[str, Call] = {
    "register_service": lambda c: c.register_service({"ID": "a", "Name": "a"}),
    "deregister_service": lambda c: c.deregister_service("a"),
    "update_ttl_check": lambda c: c.update_ttl_check("service:a", "passing", "healthy"),
    "update_query": lambda c: c.update_query("id", {"Name": "q"}),
    "destroy_session": lambda c: c.destroy_session("id"),
}
ALL = READS | ANSWERED_WRITES | SILENT_WRITES


def each(calls: dict[str, Call]) -> pytest.MarkDecorator:
    """The test runs once for each of these calls."""
    return pytest.mark.parametrize("call", [pytest.param(c, id=name) for name, c in calls.items()])


@pytest.fixture
def consul() -> Iterator[ConsulClient]:
    """A client with a token."""
    with ConsulClient(ConsulSettings(token=TOKEN)) as client:
        yield client


@pytest.fixture
def server() -> Iterator[responses.RequestsMock]:
    """Answers in Consul's place; a request without an answer is a refused connection."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def answer(server: responses.RequestsMock, **what: Any) -> None:
    """Give this answer to every request."""
    for method in ("GET", "PUT", "POST", "DELETE"):
        server.add(responses.Response(method, re.compile(".*"), **what))


@each(ALL)
@pytest.mark.parametrize(
    "answered",
    [
        (500, "No cluster leader", ConsulFailure),
        (503, HTML, ConsulFailure),
        (429, "rate limit reached", ConsulFailure),
        (403, "Permission denied", PermissionDenied),
        (403, "", PermissionDenied),
        (500, "rpc error making call: Permission denied", PermissionDenied),
        (500, "ACL not found", PermissionDenied),
        (401, "ACL support disabled", RefusedError),
        (400, "Bad request", RefusedError),
        (405, HTML, RefusedError),
        (409, '{"Errors":[{"OpIndex":0,"What":"lock is held"}]}', ConflictError),
    ],
)
def test_a_refusal_is_an_error_of_its_own_class(
    consul: ConsulClient,
    server: responses.RequestsMock,
    call: Call,
    answered: tuple[int, str, type[DemiError]],
) -> None:
    """It says where, and what Consul said, and never shows the token."""
    status, body, error = answered
    answer(server, status=status, body=body)
    with pytest.raises(error) as caught:
        call(consul)
    assert type(caught.value) is error
    assert URL in str(caught.value)
    assert body[:20] in str(caught.value)
    assert TOKEN not in str(caught.value)


@each(READS)
def test_a_404_that_is_not_consuls_is_no_empty_answer(
    consul: ConsulClient, server: responses.RequestsMock, call: Call
) -> None:
    """Else a proxy's page would look like a Consul without services, keys and sessions."""
    answer(server, status=404, body=HTML)
    with pytest.raises(ConsulUnavailable, match=r"does not speak like Consul.*CONSUL_HTTP_ADDR"):
        call(consul)


def test_keys_that_are_not_there_are_an_empty_answer(
    consul: ConsulClient, server: responses.RequestsMock
) -> None:
    """Consul's own 404 comes with an index to wait on."""
    answer(server, status=404, headers={"X-Consul-Index": "42"})
    assert consul.keys("demi/") == (42, [])
    assert consul.paths("demi/") == []


@each({k: v for k, v in SILENT_WRITES.items() if k != "destroy_session"})
def test_a_404_of_a_write_means_that_the_thing_is_not_there(
    consul: ConsulClient, server: responses.RequestsMock, call: Call
) -> None:
    """Such as a service that was deregistered already."""
    answer(server, status=404, body="Unknown service ID")
    with pytest.raises(NotFound, match="Unknown service ID"):
        call(consul)


@each(READS | ANSWERED_WRITES)
@pytest.mark.parametrize("body", [HTML, "", "[", "\xff", '{"a":'])
def test_an_answer_that_is_not_consuls_is_unavailability(
    consul: ConsulClient, server: responses.RequestsMock, call: Call, body: str
) -> None:
    """A page or half an answer with status 200; it asks whether the address is right."""
    answer(server, status=200, body=body, headers={"X-Consul-Index": "1"})
    with pytest.raises(ConsulUnavailable, match=r"CONSUL_HTTP_ADDR"):
        call(consul)


@each({k: v for k, v in READS.items() if k not in {"queries", "health_checks"}})
@pytest.mark.parametrize("body", ["5", '"text"', "[5]", '["a"]', "true"])
def test_json_of_another_shape_is_unavailability(
    consul: ConsulClient, server: responses.RequestsMock, call: Call, body: str
) -> None:
    """What is read out of an answer must be there."""
    answer(server, status=200, body=body, headers={"X-Consul-Index": "1"})
    with pytest.raises(ConsulUnavailable, match="does not speak like Consul"):
        call(consul)


@each({"keys": READS["keys"], "keys_blocking": READS["keys_blocking"]})
@pytest.mark.parametrize("headers", [{}, {"X-Consul-Index": "x"}])
def test_keys_without_an_index_are_unavailability(
    consul: ConsulClient, server: responses.RequestsMock, call: Call, headers: dict[str, str]
) -> None:
    """There would be nothing to wait on."""
    answer(server, status=200, body="[]", headers=headers)
    with pytest.raises(ConsulUnavailable, match=URL):
        call(consul)


@each(ALL)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    consul: ConsulClient, server: responses.RequestsMock, call: Call, status: int
) -> None:
    """The token would go to another machine; and nothing was done."""
    answer(server, status=status, headers={"Location": "http://evil.org/v1/agent/self"})
    with pytest.raises(ConsulUnavailable, match=URL):
        call(consul)
    assert len(server.calls) == 1


@each(ALL)
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.exceptions.ConnectTimeout("slow"), "in time"),
        (requests.exceptions.ReadTimeout("slow"), "in time"),
        (requests.exceptions.SSLError("bad certificate"), "CONSUL_CACERT"),
        (requests.exceptions.ConnectionError("reset"), "CONSUL_HTTP_ADDR"),
        (requests.exceptions.ChunkedEncodingError("cut"), "CONSUL_HTTP_ADDR"),
    ],
)
def test_a_broken_connection_is_unavailability(
    consul: ConsulClient, server: responses.RequestsMock, call: Call, error: Exception, words: str
) -> None:
    """Its message says what to look at."""
    answer(server, body=error)
    with pytest.raises(ConsulUnavailable, match=words):
        call(consul)


def test_a_refused_connection_says_so() -> None:
    """In the operating system's words."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with (
            ConsulClient(ConsulSettings(port=port)) as consul,
            pytest.raises(ConsulUnavailable, match=f"{port} can't be reached: Connection refused"),
        ):
            consul.agent()


def test_a_ca_file_that_has_gone_is_unavailability(tmp_path: Path) -> None:
    """It was there when the program started; requests raises a bare OSError."""
    settings = ConsulSettings(scheme="https", verify=str(tmp_path / "gone.pem"))
    with (
        ConsulClient(settings) as consul,
        pytest.raises(ConsulUnavailable, match=r"gone\.pem.*CONSUL_CACERT"),
    ):
        consul.agent()


@each(ALL)
def test_the_token_goes_in_its_header_only(
    consul: ConsulClient, server: responses.RequestsMock, call: Call
) -> None:
    """Never in a URL, which proxies log, nor in a body: a query would keep it."""
    answer(server, status=403)
    with pytest.raises(PermissionDenied):
        call(consul)
    (made,) = server.calls
    assert made.request.headers["X-Consul-Token"] == TOKEN
    assert TOKEN not in str(made.request.url)
    assert TOKEN not in str(made.request.body)


def test_a_token_that_no_header_can_carry_is_not_shown(server: responses.RequestsMock) -> None:
    """The library would put it into its message."""
    with (
        ConsulClient(ConsulSettings(token=f"{TOKEN}\n")) as consul,
        pytest.raises(RefusedError) as caught,
    ):
        consul.agent()
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_a_token_no_header_is_sent(server: responses.RequestsMock) -> None:
    """The agent's own default token then counts."""
    answer(server, status=403)
    with ConsulClient(ConsulSettings()) as consul, pytest.raises(PermissionDenied):
        consul.register_service({"ID": "a"})
    assert "X-Consul-Token" not in server.calls[0].request.headers


def test_the_environment_of_the_process_changes_nothing(
    server: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither Consul's variables, nor proxies, nor .netrc: the settings were read before."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    for name, value in {
        "CONSUL_HTTP_ADDR": "evil.org:1",
        "CONSUL_HTTP_TOKEN": "other",
        "CONSUL_HTTP_SSL": "true",
        "CONSUL_HTTP_SSL_VERIFY": "false",
        "HTTP_PROXY": "http://evil.org:3128",
        "http_proxy": "http://evil.org:3128",
        "ALL_PROXY": "http://evil.org:3128",
        "NETRC": str(netrc),
        "REQUESTS_CA_BUNDLE": str(netrc),
    }.items():
        monkeypatch.setenv(name, value)
    ours = matchers.request_kwargs_matcher({"verify": "/ca.pem", "proxies": {}})
    server.get(f"{URL}/v1/agent/services", json={}, match=[ours])

    with ConsulClient(ConsulSettings(token=TOKEN, verify="/ca.pem")) as consul:
        assert consul.agent_services() == {}

    request = server.calls[0].request
    assert request.headers["X-Consul-Token"] == TOKEN
    assert "Authorization" not in request.headers


def timeout_of(server: responses.RequestsMock) -> tuple[float, float]:
    """The times to connect and to read, in seconds, of the only request that was made."""
    (made,) = server.calls
    timeout: tuple[float, float] = made.request.req_kwargs["timeout"]  # type: ignore[attr-defined]
    return timeout


@pytest.mark.parametrize(
    ("index", "wait_s", "longest_s"),
    [(7, 60.0, 60), (7, 0.5, 0.5), (7, 600.0, 600), (7, None, 300), (None, None, 0)],
)
def test_a_blocking_query_may_last_longer_than_its_wait(
    consul: ConsulClient,
    server: responses.RequestsMock,
    index: int | None,
    wait_s: float | None,
    longest_s: float,
) -> None:
    """By a sixteenth, which Consul adds; without a wait Consul takes five minutes."""
    answer(server, json=[], headers={"X-Consul-Index": "8"})
    consul.keys("demi/", index=index, wait_s=wait_s)
    connect_s, read_s = timeout_of(server)
    assert 0 < connect_s < 30
    assert longest_s * 17 / 16 < read_s < longest_s * 17 / 16 + 60


@each({name: READS[name] for name in ("keys", "keys_blocking", "sessions", "nodes")})
def test_a_server_that_has_just_started_is_not_asked_for_its_memories(
    consul: ConsulClient, server: responses.RequestsMock, call: Call
) -> None:
    """It would answer from any moment of the past until its log is replayed."""
    answer(server, json=[], headers={"X-Consul-Index": "8"})
    call(consul)
    assert "consistent=1" in str(server.calls[0].request.url)


@each(ALL)
def test_no_call_waits_for_ever(
    consul: ConsulClient, server: responses.RequestsMock, call: Call
) -> None:
    """Each has a time-out to connect and one to read."""
    answer(server, status=500)
    with pytest.raises(DemiError):
        call(consul)
    assert all(0 < part < 120 for part in timeout_of(server))


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda c: c.update_ttl_check("service:a-1", "passing", ""), "check/update/service:a-1"),
        (lambda c: c.deregister_check("service:a 1"), "check/deregister/service:a%201"),
        (lambda c: c.deregister_service("a b%?#"), "service/deregister/a%20b%25%3F%23"),
    ],
)
def test_an_id_is_escaped_once(
    consul: ConsulClient, server: responses.RequestsMock, call: Call, path: str
) -> None:
    """Twice, and Consul would look for another one."""
    answer(server, status=200)
    call(consul)
    assert server.calls[0].request.url == f"{URL}/v1/agent/{path}"


def test_a_registration_leaves_the_checks_of_others_alone(
    consul: ConsulClient, server: responses.RequestsMock
) -> None:
    """Consul isn't told to replace what is there; the definition is sent as it is."""
    answer(server, status=200)
    consul.register_service({"ID": "a", "Name": "a", "Meta": {"x": "ü"}})
    request = server.calls[0].request
    assert request.url == f"{URL}/v1/agent/service/register"
    assert json.loads(str(request.body)) == {"ID": "a", "Name": "a", "Meta": {"x": "ü"}}


def exceptions_of(module: Any, root: type[Exception]) -> list[type[Exception]]:
    """All of a module's own exception classes; requests keeps some warnings there as well."""
    return [
        cls
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, root) and not issubclass(cls, Warning)
    ]


LIBRARY_ERRORS = exceptions_of(base, base.ConsulException) + exceptions_of(
    requests.exceptions, requests.exceptions.RequestException
)


@pytest.mark.parametrize("cls", LIBRARY_ERRORS, ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_no_exception_of_the_libraries_is_forgotten(cls: type[Exception]) -> None:
    """Each becomes one of ours, with what was tried and where."""
    error = cls("text", "document", 0) if issubclass(cls, json.JSONDecodeError) else cls("text")
    with pytest.raises(DemiError, match=f"do it.*{URL}") as caught, translated("do it", URL):
        raise error
    assert caught.value.__cause__ in (error, None)


def test_the_libraries_have_exceptions_to_walk_over() -> None:
    """An empty walk would pass."""
    assert {base.ACLPermissionDenied, requests.exceptions.ReadTimeout} <= set(LIBRARY_ERRORS)
    assert len(LIBRARY_ERRORS) > 20


def test_a_bug_of_ours_is_not_taken_for_a_fault_of_consuls() -> None:
    """What is neither a library's error nor a malformed answer passes through."""
    with pytest.raises(ZeroDivisionError), translated("do it", URL):
        raise ZeroDivisionError
    with pytest.raises(ConflictError), translated("do it", URL):
        raise ConflictError

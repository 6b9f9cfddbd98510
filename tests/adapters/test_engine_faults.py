"""Whatever goes wrong on the way to the Docker Engine becomes one of our errors."""

import gc
import inspect
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import docker.errors
import pytest
import requests

from demi_adapters.engine import Engine, Event, _translated
from demi_adapters.errors import (
    ConfigurationError,
    DemiError,
    EngineUnavailable,
    NotFound,
    PermissionDenied,
    RefusedError,
)

# The library does not close a Unix socket that it could not connect; gc.collect() in these tests
# keeps the warning out of whichever test comes next.
docker_leaves_sockets_open = pytest.mark.filterwarnings("ignore::ResourceWarning")

Call = Callable[[Engine], object]
CALLS: dict[str, Call] = {
    "info": lambda e: e.info(),
    "containers": lambda e: e.containers(),
    "inspect": lambda e: e.inspect("one"),
    "container": lambda e: e.container("one"),
    "events": lambda e: list(e.events()),
}

VERSION = json.dumps({"ApiVersion": "1.44", "Version": "25.0"}).encode()
START = {
    "Type": "container",
    "Action": "start",
    "Actor": {"ID": "abc", "Attributes": {"demi.s.t.v.port": "1", "name": "one"}},
}


class FakeEngine(ThreadingHTTPServer):
    """Answers `/version` like an engine, and everything else with the one answer it was given."""

    daemon_threads = True
    status = 200
    body = b"{}"
    chunks: tuple[bytes, ...] | None = None
    version = VERSION
    targets: list[str]


class Handler(BaseHTTPRequestHandler):
    """One request; with `chunks`, the answer is a stream that is cut before its end."""

    protocol_version = "HTTP/1.1"
    server: FakeEngine

    def do_GET(self) -> None:
        """Answer, and end the connection."""
        self.server.targets.append(self.path)
        is_version = self.path.endswith("/version")
        status = 200 if is_version else self.server.status
        body = self.server.version if is_version else self.server.body
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        if self.server.chunks is not None and not is_version:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"".join(self.server.chunks))
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def fake() -> Iterator[FakeEngine]:
    """An engine on a TCP port."""
    with FakeEngine(("127.0.0.1", 0), Handler) as server:
        server.targets = []
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def connected(fake: FakeEngine) -> Iterator[Engine]:
    """An engine client of the fake."""
    with Engine({"DOCKER_HOST": f"tcp://127.0.0.1:{fake.server_port}"}) as engine:
        yield engine


def chunk(data: object) -> bytes:
    """One chunk of a stream: a JSON text and a new line."""
    text = json.dumps(data).encode() + b"\n"
    return b"%x\r\n%s\r\n" % (len(text), text)


def each(names: list[str]) -> pytest.MarkDecorator:
    """The test runs once for each of these calls."""
    return pytest.mark.parametrize("call", [pytest.param(CALLS[name], id=name) for name in names])


@each(list(CALLS))
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFound),
        (403, PermissionDenied),
        (400, RefusedError),
        (409, RefusedError),
        (500, EngineUnavailable),
        (503, EngineUnavailable),
    ],
)
@pytest.mark.parametrize("body", [b'{"message": "it says no"}', b"it says no"])
def test_a_refusal_is_an_error_of_its_own_class(
    fake: FakeEngine, call: Call, status: int, error: type[DemiError], body: bytes
) -> None:
    """It says what the engine said."""
    fake.status, fake.body = status, body
    with connected(fake) as engine, pytest.raises(error, match="it says no") as caught:
        call(engine)
    assert type(caught.value) is error


@each(["info", "containers", "inspect", "container"])
@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[", b"\xff\xfe", b"5", b'"text"', b"null", b"[5]"]
)
def test_an_answer_that_is_not_the_engines_is_unavailability(
    fake: FakeEngine, call: Call, body: bytes
) -> None:
    """Also JSON of another shape; it asks whether the address is right."""
    fake.body = body
    with connected(fake) as engine, pytest.raises(EngineUnavailable, match="DOCKER_HOST"):
        call(engine)


@pytest.mark.parametrize("version", [b"<html>", b"{}", b"[]", b'{"ApiVersion": 5}', b"null", b""])
def test_what_is_no_engine_is_found_out_at_once(fake: FakeEngine, version: bytes) -> None:
    """The version is asked for when the client is made."""
    fake.version = version
    with pytest.raises(EngineUnavailable, match=f"127.0.0.1:{fake.server_port}"), connected(fake):
        pass


def test_a_refused_connection_names_the_address_and_what_to_look_at() -> None:
    """The engine may not run, or the user may not be in its group."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(EngineUnavailable, match=f"{address} can't be reached.*group docker"):
            Engine({"DOCKER_HOST": address})


@docker_leaves_sockets_open
def test_a_missing_socket_names_its_path(tmp_path: Path) -> None:
    """Which is where a wrong mount shows."""
    path = tmp_path / "docker.sock"
    with pytest.raises(EngineUnavailable, match=str(path)):
        Engine({"DOCKER_HOST": f"unix://{path}"})
    gc.collect()


@pytest.mark.parametrize("address", ["foo://bar", "tcp://", "http://", "tcp://h:x", "h:x"])
def test_a_wrong_docker_host_is_a_configuration_error(address: str) -> None:
    """Trying again would not help."""
    with pytest.raises(ConfigurationError, match="DOCKER_HOST"):
        Engine({"DOCKER_HOST": address})


@pytest.mark.parametrize("variable", ["DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"])
def test_tls_without_certificates_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    """It names the variables."""
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {"DOCKER_HOST": "tcp://127.0.0.1:2376", variable: str(tmp_path)}
    with pytest.raises(ConfigurationError, match=r"DOCKER_CERT_PATH.*DOCKER_TLS_VERIFY"):
        Engine(environ)


@docker_leaves_sockets_open
def test_only_the_given_environment_counts(
    fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is empty: the address in messages is the one that is used."""
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{fake.server_port}")
    with suppress(EngineUnavailable):
        Engine({}).close()
    gc.collect()
    assert fake.targets == []


@pytest.mark.parametrize(
    "end",
    [b"", b"4", b"40\r\n{", b"zz\r\n", b"5\r\n{\xff\xfe\xfd}\r\n", b"1\r\n{\r\n0\r\n\r\n"],
    ids=["cut", "in a length", "in a chunk", "no length", "no text", "in an object"],
)
def test_events_that_are_cut_short_end_or_are_unavailability(fake: FakeEngine, end: bytes) -> None:
    """What came before the cut is delivered; no other exception escapes."""
    fake.chunks = (chunk(START), end)
    seen: list[Event] = []
    with connected(fake) as engine, suppress(EngineUnavailable):
        seen += iter(engine.events())
    assert seen in ([], [Event("abc", "start", labelled=True)])


def test_events_of_the_wrong_shape_are_unavailability(fake: FakeEngine) -> None:
    """JSON that is no event, in a stream that is one."""
    for odd in (5, "x", [1], {"Actor": 5}, {"Actor": {"Attributes": 5}}):
        fake.chunks = (chunk(odd), b"0\r\n\r\n")
        with connected(fake) as engine, pytest.raises(EngineUnavailable, match="read events"):
            list(engine.events())


def test_a_whole_stream_is_read_to_its_end(fake: FakeEngine) -> None:
    """Podman's old form of an event is understood as well."""
    old = {"status": "die", "id": "def"}
    fake.chunks = (chunk(START), chunk(old), b"0\r\n\r\n")
    with connected(fake) as engine:
        assert list(engine.events()) == [
            Event("abc", "start", labelled=True),
            Event("def", "die", labelled=False),
        ]


@pytest.mark.parametrize("body", [b"<html>", b"", b"[", b"5", b"null", b"[5]"])
def test_events_that_are_no_stream_end_or_are_unavailability(fake: FakeEngine, body: bytes) -> None:
    """A page with status 200 holds no event."""
    fake.body = body
    with connected(fake) as engine, suppress(EngineUnavailable):
        assert list(engine.events()) == []


def exceptions_of(module: ModuleType) -> list[type[Exception]]:
    """All exception classes of a module; requests keeps some warnings there as well."""
    classes = [cls for _, cls in inspect.getmembers(module, inspect.isclass)]
    return [c for c in classes if issubclass(c, Exception) and not issubclass(c, Warning)]


LIBRARY_ERRORS = exceptions_of(docker.errors) + [
    c
    for c in exceptions_of(requests.exceptions)
    if issubclass(c, requests.exceptions.RequestException)
]

# Their constructors ask for more than a message.
OTHER_ARGUMENTS: dict[str, tuple[object, ...]] = {
    "ContainerError": ("one", 1, "run", "image", "stderr"),
    "BuildError": ("reason", []),
    "JSONDecodeError": ("text", "document", 0),
}


@pytest.mark.parametrize("cls", LIBRARY_ERRORS, ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_no_exception_of_the_libraries_is_forgotten(cls: type[Exception]) -> None:
    """Each becomes one of ours, with what was tried."""
    error = cls(*OTHER_ARGUMENTS.get(cls.__name__, ("text",)))
    with pytest.raises(DemiError, match=r"do it.*Docker Engine"), _translated("do it"):
        raise error


def test_the_libraries_have_exceptions_to_walk_over() -> None:
    """An empty walk would pass."""
    assert {docker.errors.StreamParseError, requests.exceptions.Timeout} <= set(LIBRARY_ERRORS)


def test_closing_a_stream_that_has_ended_does_no_harm(fake: FakeEngine) -> None:
    """Nor does closing it twice."""
    fake.chunks = (b"0\r\n\r\n",)
    with connected(fake) as engine:
        stream = engine.events()
        assert list(stream) == []
        stream.close()
        stream.close()


def test_events_are_filtered_by_the_engine(fake: FakeEngine) -> None:
    """Else each run of a HEALTHCHECK would send three."""
    fake.chunks = (b"0\r\n\r\n",)
    with connected(fake) as engine:
        list(engine.events())
    assert "exec" not in fake.targets[-1]
    assert "health_status" in fake.targets[-1]


@pytest.mark.parametrize("nothing", [None, "", [], {}, 0])
def test_an_odd_container_does_not_hide_the_others(fake: FakeEngine, nothing: object) -> None:
    """Whatever is missing from it: it has no labels of ours, or is registered without a port."""
    labels = {"demi.s.t.v.port": "1"}
    parts = dict.fromkeys(("Names", "Ports", "HostConfig", "Image", "Created", "Status"), nothing)
    fake.body = json.dumps(
        [
            {"Id": "stranger", "State": "running", "Labels": nothing, **parts},
            {"Id": "odd", "State": "running", "Labels": labels, **parts},
            {"Id": "sound", "State": "running", "Labels": labels, "Ports": [{"PrivatePort": 1}]},
            {"Id": "null", "State": "running", "Labels": labels | {"demi.s.t.v.x": nothing}},
        ]
    ).encode()
    with connected(fake) as engine:
        assert [c.id for c in engine.containers()] == ["odd", "sound", "null"]
    fake.body = json.dumps(
        {"Id": "odd", "State": {"Running": True}, "Config": {"Labels": labels, "Env": nothing}}
    ).encode()
    with connected(fake) as engine:
        assert engine.container("odd").labels == labels

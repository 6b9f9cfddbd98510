"""The one connection to Consul's HTTP API: python-consul2 on a pooled, timed transport of ours."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from consul import base

from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.consul_sockets import InterruptibleAdapter
from demi_adapters.errors import (
    ConflictError,
    ConsulFailure,
    ConsulUnavailable,
    DemiError,
    NotFound,
    PermissionDenied,
    RefusedError,
)
from demi_adapters.problems import shown
from demi_adapters.urls import bracketed

CONNECT_TIMEOUT_S = 3.0  # a guess: lab networks answer in milliseconds
READ_TIMEOUT_S = 10.0  # a guess: a leader election takes a few seconds
_DEFAULT_WAIT = "5m"  # Consul API, blocking queries
_INDEX = "X-Consul-Index"
_POOL_SIZE = 10  # a few writers, the watches, and one to spare

_Params = list[tuple[str, Any]] | None
_Callback = Callable[[base.Response], Any]


class Transport(base.HTTPClient):  # type: ignore[misc]  # python-consul2 has no types
    """python-consul2's HTTP client with time-outs that know how long a blocking query waits."""

    def __init__(self, settings: ConsulSettings) -> None:
        super().__init__(bracketed(settings.host), settings.port, settings.scheme)
        # Requests go straight to the adapter: a requests.Session would look for proxies, .netrc and
        # a CA bundle in the environment, where Consul's own variables decide, and take three times
        # as long for it.
        self._adapter = InterruptibleAdapter(pool_connections=1, pool_maxsize=_POOL_SIZE)
        self._verify = settings.verify
        self._cert = settings.client_cert
        self._is_shut = False

    def get(self, callback: _Callback, path: str, params: _Params = None, **rest: Any) -> Any:
        """Send a GET; the callback turns the response into the answer."""
        return self._send("GET", callback, path, params, **rest)

    def put(self, callback: _Callback, path: str, params: _Params = None, **rest: Any) -> Any:
        """Send a PUT."""
        return self._send("PUT", callback, path, params, **rest)

    def delete(self, callback: _Callback, path: str, params: _Params = None, **rest: Any) -> Any:
        """Send a DELETE."""
        return self._send("DELETE", callback, path, params, **rest)

    def post(self, callback: _Callback, path: str, params: _Params = None, **rest: Any) -> Any:
        """Send a POST."""
        return self._send("POST", callback, path, params, **rest)

    def close(self) -> None:
        """Close idle connections."""
        self._adapter.close()

    def shut_down(self) -> None:
        """End all connections, in the middle of a request as well; no more can be made."""
        self._is_shut = True
        self._adapter.interrupt()

    def _send(
        self, method: str, callback: _Callback, path: str, params: _Params, **rest: Any
    ) -> Any:
        request = requests.Request(
            method,
            self.uri(path, params),
            data=rest.get("data") or None,
            headers=rest.get("headers") or {},
        )
        if self._is_shut:
            raise requests.exceptions.ConnectionError("it was closed")
        try:
            answer = self._adapter.send(
                request.prepare(),
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S + _longest_wait_s(params)),
                verify=self._verify,
                cert=self._cert,
                proxies={},
            )
        except requests.exceptions.Timeout:
            self._adapter.close()  # the other idle connections are as dead: wait for one alone
            raise
        answer.encoding = "utf-8"
        if 300 <= answer.status_code < 400:
            raise ValueError(f"it redirects, with status {answer.status_code}")
        if answer.status_code == 404 and method == "GET" and _INDEX not in answer.headers:
            # A missing key comes with an index; python-consul2 would take this for an empty list.
            raise ValueError(f"it knows no {path}")
        return callback(
            base.Response(answer.status_code, answer.headers, answer.text, answer.content)
        )


class Connection(base.Consul):  # type: ignore[misc]
    """python-consul2's endpoints on our transport.

    Its own constructor is passed over: it reads the environment, lets it win over arguments, and
    fails on addresses that it does not know. Only the endpoints that we use are made.
    """

    def __init__(self, settings: ConsulSettings) -> None:
        self.http = Transport(settings)
        self.token = settings.token
        self.scheme = settings.scheme
        # A leader that has just started would answer from before its log is replayed: sessions and
        # keys of the past (Consul API, consistency modes). Asked so, it waits until it knows.
        self.consistency = "consistent"
        self.dc = None
        self.agent = base.Consul.Agent(self)
        self.catalog = base.Consul.Catalog(self)
        self.health = base.Consul.Health(self)
        self.kv = base.Consul.KV(self)
        self.query = base.Consul.Query(self)
        self.session = base.Consul.Session(self)
        self.txn = base.Consul.Txn(self)

    @property
    def headers(self) -> dict[str, str]:
        """What a call past python-consul2 has to send."""
        return {"X-Consul-Token": self.token} if self.token else {}


def checked(response: base.Response) -> base.Response:
    """The response as it came, unless its status is an error; for calls past python-consul2."""
    # CB.bool would take a 404 for a quiet False.
    base.CB._status(response, allow_404=False)  # noqa: SLF001 - python-consul2's only status check
    return response


@contextmanager
def translated(doing: str, where: str) -> Iterator[None]:
    """Turn the exceptions of `consul` and `requests` into ours.

    Args:
        doing: what failed, for the message, e.g. "register api-1".
        where: the API's address.
    """
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise ConsulUnavailable(
            f"{doing}: TLS with Consul at {where} failed: {_root(error)}. Check CONSUL_CACERT, "
            "CONSUL_CLIENT_CERT and the address."
        ) from error
    except requests.exceptions.Timeout as error:
        raise ConsulUnavailable(
            f"{doing}: Consul at {where} did not answer in time. Is the agent overloaded, or "
            "without a leader (consul operator raft list-peers)?"
        ) from error
    except requests.exceptions.InvalidHeader:
        # Its message, and its traceback, would show the token.
        raise RefusedError(
            f"{doing}: the token can't be sent to {where}: it holds characters that no header may."
        ) from None
    except requests.exceptions.InvalidURL as error:
        raise RefusedError(f"{doing}: the request to {where} can't be sent: {error}") from error
    except requests.exceptions.RequestException as error:
        raise ConsulUnavailable(
            f"{doing}: Consul at {where} can't be reached: {_root(error)}. Is it running, and is "
            "CONSUL_HTTP_ADDR right?"
        ) from error
    except base.ConsulException as error:
        raise _translate(error, doing, where) from error
    except OSError as error:  # requests: the CA file is gone
        raise ConsulUnavailable(
            f"{doing}: Consul at {where} can't be reached: {error}. Check CONSUL_CACERT and "
            "CONSUL_CLIENT_CERT."
        ) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConsulUnavailable(
            f"{doing}: what answers at {where} does not speak like Consul ({error}). Is "
            "CONSUL_HTTP_ADDR right?"
        ) from error


def _translate(error: base.ConsulException, doing: str, where: str) -> DemiError:
    text = str(error).strip()
    said = f"{doing}: Consul at {where} said {shown(text, 300)}"
    denied = "Permission denied" in text or "ACL not found" in text
    if denied or isinstance(error, base.ACLPermissionDenied):
        return PermissionDenied(f"{said}. Give the token (CONSUL_HTTP_TOKEN) that right.")
    status = text.partition(" ")[0]
    if isinstance(error, base.NotFound):
        return NotFound(said)
    if status == "409":
        return ConflictError(said)
    if status in ("408", "429"):
        return ConsulFailure(f"{said}. It asks to be called less often.")
    if isinstance(error, base.BadRequest | base.ClientError | base.ACLDisabled):
        return RefusedError(said)
    return ConsulFailure(said)


def _longest_wait_s(params: _Params) -> float:
    """How long a blocking query may take: its `wait` plus up to a 16th (Consul API, blocking)."""
    given = dict(params or ())
    wait = given.get("wait", _DEFAULT_WAIT if "index" in given else "0s")
    found = re.fullmatch(r"([0-9.]+)(ms|s|m)", str(wait))
    if found is None:
        return 0.0
    seconds = float(found.group(1)) * {"ms": 0.001, "s": 1, "m": 60}[found.group(2)]
    return seconds * 17 / 16


def _root(error: BaseException) -> str:
    """The operating system's own words, without the layers of library around them."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        reason = getattr(cause, "reason", None)
        args = [a for a in cause.args if isinstance(a, BaseException)]
        below = args[0] if args else cause.__cause__
        cause = reason if isinstance(reason, BaseException) else below
    return type(error).__name__

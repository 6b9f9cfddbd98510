"""The least a registrator can do, to compare with: the standard library, one event at a time.

A start costs one inspection and one registration (with `--check` one that carries a check), a
death one deregistration. There are no keys, no plan, no second look and no error handling.

Run: python bench/bare.py /path/of/docker.sock CONSUL_HOST:PORT [--check]
"""

import http.client
import json
import socket
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_FILTERS = quote(json.dumps({"type": ["container"], "event": ["start", "die"]}))


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def main() -> None:
    """Follow the engine's events until killed; says `ready` once it would miss none."""
    docker_socket, consul_address, *options = sys.argv[1:]
    engine, consul = UnixConnection(docker_socket), http.client.HTTPConnection(consul_address)
    events = UnixConnection(docker_socket)
    events.request("GET", f"/events?filters={_FILTERS}")
    stream = events.getresponse()
    print("ready", flush=True)
    while line := stream.readline():
        event = json.loads(line)
        service = service_of(event["Actor"]["Attributes"])
        service_id = f"{service}-{event['Actor']['ID'][:12]}"
        if event["Action"] == "die":
            send(consul, "PUT", f"/v1/agent/service/deregister/{service_id}")
            continue
        found = json.loads(send(engine, "GET", f"/containers/{event['Actor']['ID']}/json"))
        port = int(found["NetworkSettings"]["Ports"]["8000/tcp"][0]["HostPort"])
        definition = {"ID": service_id, "Name": service, "Address": "127.0.0.1", "Port": port}
        if options:
            definition["Check"] = {"TCP": f"127.0.0.1:{port}", "Interval": "10s", "Timeout": "3s"}
        send(consul, "PUT", "/v1/agent/service/register", definition)


def service_of(labels: Mapping[str, str]) -> str:
    """The Consul name of the one service that a container carries."""
    label = next(label for label in labels if label.startswith("demi."))
    return "-".join(label.split(".")[1:4]).replace("_", "-")


def send(
    connection: http.client.HTTPConnection, method: str, path: str, body: object = None
) -> bytes:
    """One call and its answer's body."""
    data: Any = None if body is None else json.dumps(body)
    connection.request(method, path, data, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{method} {path}: {answer.status} {content!r}")
    return content


if __name__ == "__main__":
    main()

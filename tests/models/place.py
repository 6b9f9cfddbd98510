"""A Consul, what stands in it, and the command as a person runs it there."""

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from demi_adapters.names import ServiceName
from demi_adapters.urls import bracketed
from models.command import Result

PROGRAM = (sys.executable, "-m", "demi_cli")
_OF_OTHERS = ("DEMI_", "CONSUL_", "DOCKER_")
_OF_TERMINALS = {
    *("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "CLICOLOR_FORCE"),
    *("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"),
}


def environment(**settings: str) -> dict[str, str]:
    """That of a person's shell, whatever that of the tests is."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OF_OTHERS) and name not in _OF_TERMINALS
    }
    return {**kept, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **settings}


class Place:
    """A Consul at an address; services stand in it as a registrator would have put them."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address = address
        self._token = token

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Ask Consul's HTTP API; JSON or None."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://{self.address}/v1/{path}",
            data=None if body is None else data,
            method=method,
            headers={"X-Consul-Token": self._token} if self._token else {},
        )
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def register(
        self,
        name: str,
        number: int = 1,
        status: str | None = "passing",
        *,
        output: str = "",
        address: str | None = None,
        meta: Mapping[str, str] = {},
    ) -> str:
        """Let a service have this instance; without status it has no check. Returns its ID."""
        exact = ServiceName(*name.split("/"))
        host = f"pc{number}.cern.ch" if address is None else address
        id_ = f"{exact.consul_name}-{number:012}"
        body = {
            "Name": exact.consul_name,
            "ID": id_,
            "Address": host,
            "Port": 8000 + number,
            "Tags": ["demi"],
            "Meta": {
                "demi_site": exact.site,
                "demi_stack": exact.stack,
                "demi_service": exact.service,
                "demi_owner": f"pc{number}",
                "demi_container": f"{number:012}",
                "demi_url": f"http://{bracketed(host)}:{8000 + number}",
                **meta,
            },
            **({"Check": {"CheckID": f"service:{id_}", "TTL": "1h"}} if status else {}),
        }
        self.call("PUT", "agent/service/register", body)
        if status:
            self.say(id_, status, output)
        return id_

    def say(self, id_: str, status: str, output: str = "") -> None:
        """Let the check of an instance find this."""
        found = {"Status": status, "Output": output}
        self.call("PUT", f"agent/check/update/service:{id_}", found)

    def remove(self, id_: str) -> None:
        """Let an instance be gone."""
        self.call("PUT", f"agent/service/deregister/{id_}", "")

    def key(self, path: str, value: str) -> None:
        """Write a key."""
        self.call("PUT", f"kv/{path}", value)

    def clear(self) -> None:
        """Let nothing be registered, and no key be there."""
        for id_ in self.call("GET", "agent/services"):
            self.remove(urllib.parse.quote(id_))
        self.call("DELETE", "kv/?recurse", "")

    def demi(self, *arguments: str, **settings: str) -> Result:
        """Run the command in a process of its own, both streams piped."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            env=environment(CONSUL_HTTP_ADDR=self.address, **settings),
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert b"Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

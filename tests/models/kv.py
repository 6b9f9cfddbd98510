"""The command group `demi kv` beside a Consul, as a user runs it."""

import json
import os
import pty
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from demi_adapters.consul_reader import ConsulReader
from demi_adapters.consul_types import Operation


@dataclass(frozen=True)
class Said:
    """Exit status and streams; standard output as it is, byte by byte."""

    code: int
    out: bytes
    err: str

    @property
    def data(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """The output's lines."""
        return self.out.decode().splitlines()


@dataclass(frozen=True)
class Kv:
    """Runs `demi kv`, and reads and writes past it."""

    run: Callable[..., Said]
    consul: ConsulReader
    address: str

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Said:
        """Run it in this process."""
        return self.run("kv", *arguments, stdin=stdin)

    def write(self, values: Mapping[str, str | bytes]) -> None:
        """Write keys as any program may."""
        for path, value in values.items():
            self.consul.transact([Operation("cas", path, value=value, index=self.version(path))])

    @property
    def tree(self) -> dict[str, bytes]:
        """All keys."""
        _, keys = self.consul.keys("")
        return {key.path: key.value for key in keys}

    def version(self, path: str) -> int:
        """The version of a key; 0 where there is none."""
        return next((k.modify_index for k in self.consul.keys("")[1] if k.path == path), 0)

    @contextmanager
    def held(self, values: Mapping[str, str], name: str = "demi-registrator/pc7") -> Iterator[None]:
        """Keys that a registrator holds for as long as this lasts."""
        session = self.consul.create_session(name)
        try:
            for path, value in values.items():
                self.consul.transact([Operation("lock", path, value=value, session=session)])
            yield
        finally:
            self.consul.destroy_session(session)

    def wipe(self) -> None:
        """Remove all keys."""
        request = urllib.request.Request(
            f"http://{self.address}/v1/kv/?recurse=true", method="DELETE"
        )
        urllib.request.urlopen(request, timeout=10).close()

    def on_terminal(self, *arguments: str, types: bytes = b"", columns: int = 80) -> Said:
        """The same on a terminal, which gets both streams; `types` is what a person types."""
        terminal, inside = pty.openpty()
        environ = {**os.environ, "CONSUL_HTTP_ADDR": self.address, "COLUMNS": str(columns)}
        with subprocess.Popen(
            [sys.executable, "-m", "demi_cli", "kv", *arguments],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=environ,
        ) as process:
            os.close(inside)
            os.write(terminal, types)
            out = _all_of(terminal)
        os.close(terminal)
        return Said(process.returncode, out, "")


def _all_of(terminal: int) -> bytes:
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:  # Linux: nobody writes to it any more
        pass
    return b"".join(parts)

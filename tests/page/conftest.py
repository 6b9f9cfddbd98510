"""A real browser, a real Consul and the page's server between them."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from demi_local import wire
from demi_local.chromium import find_or_install_chromium
from demi_local.consul import ConsulServer, find_or_install_consul
from demi_local.ports import LOOPBACK, free_port
from demi_local.processes import Process, indent, wait_until
from library.lab import Lab

_START_S = 30.0


@dataclass
class Visitor:
    """A browser's window on the page, and what went wrong or elsewhere in it."""

    base: str
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        """Open the page in a new tab, and wait until it shows something."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        page.on("request", lambda request: self._note(request.url))
        page.on("websocket", lambda socket: self._note(socket.url))
        page.goto(f"{self.base}{path}")
        page.locator(".demi-row, .demi-wall, .demi-nothing").first.wait_for()
        return page

    def _note(self, url: str) -> None:
        host = self.base.partition("://")[2]
        if not url.startswith(("data:", f"http://{host}/", f"ws://{host}/")):
            self.elsewhere.append(url)


class PageServer:
    """`demi ui` as a process of its own."""

    def __init__(self, consul: ConsulServer, folder: Path) -> None:
        self.port = free_port()
        self.base = f"http://{LOOPBACK}:{self.port}"
        self.process = Process("page", folder / "page.pid", log=folder / "page.log")
        self._consul = consul

    def start(self, *options: str) -> None:
        """Start it, and wait until it answers."""
        # NiceGUI thinks that it is being tested where it finds pytest's own variable.
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "NICEGUI"))}
        env |= {"CONSUL_HTTP_ADDR": self._consul.http_address}
        command = [sys.executable, "-m", "demi_cli", "ui", "--port", str(self.port), *options]
        self.process.start(command, env)
        is_up = wait_until(self._answers, _START_S, lambda: self.process.running)
        assert is_up, indent(self.process.last_lines())

    def health(self) -> Any:
        """What `/healthz` says."""
        return wire.request(self.base, "GET", "/healthz").json()

    def _answers(self) -> bool:
        return wire.request(self.base, "GET", "/healthz").ok


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a screen.

    For one module: as long as it lives, this thread runs Playwright's event loop, and no other.
    """
    program = find_or_install_chromium(print)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page_consul(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsulServer]:
    """A Consul server that tests may stop, as long as they start it again."""
    folder = tmp_path_factory.mktemp("page-consul")
    with ConsulServer(
        find_or_install_consul(print),
        folder / "consul",
        extra={"node_name": "testnode"},
        log=folder / "consul.log",
    ) as server:
        yield server


@pytest.fixture(scope="module")
def server(
    page_consul: ConsulServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PageServer]:
    """The page's server."""
    server = PageServer(page_consul, tmp_path_factory.mktemp("page"))
    server.start()
    yield server
    server.process.stop()


@pytest.fixture
def lab(page_consul: ConsulServer) -> Iterator[Lab]:
    """Services of one test, at `sr1_lls/felix`."""
    lab = Lab(page_consul)
    yield lab
    lab.clear()


@pytest.fixture
def visitor(server: PageServer, browser: Browser) -> Iterator[Visitor]:
    """Somebody with a fresh browser; at the end, nothing was complained of or asked elsewhere."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    visitor = Visitor(server.base, context)
    yield visitor
    context.close()
    assert not visitor.elsewhere
    assert not visitor.complaints

"""The page's server: before Consul, behind a path, and as it ends and begins again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from demi_local import wire
from demi_local.consul import ConsulServer, find_or_install_consul
from library.lab import Lab, eventually
from page.conftest import PageServer

pytestmark = pytest.mark.real


@pytest.fixture
def consul(tmp_path: Path) -> Iterator[ConsulServer]:
    """One that is not started yet."""
    log = tmp_path / "consul.log"
    server = ConsulServer(find_or_install_consul(print), tmp_path / "consul", log=log)
    yield server
    server.stop()


@pytest.fixture
def own_server(consul: ConsulServer, tmp_path: Path) -> Iterator[PageServer]:
    """One that is not started yet."""
    server = PageServer(consul, tmp_path)
    yield server
    server.process.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody's browser."""
    context = browser.new_context()
    yield context
    context.close()


def test_it_waits_for_consul(
    consul: ConsulServer, own_server: PageServer, context: BrowserContext
) -> None:
    """And an open page needs no reload when it comes."""
    own_server.start()
    page = context.new_page()
    page.goto(own_server.base)
    expect(page.get_by_role("heading", name="Consul does not answer")).to_be_visible()
    expect(page.get_by_text("It says: connection refused.")).to_be_visible()
    consul.start()
    Lab(consul).register("api")
    expect(page.locator(".demi-row")).to_have_count(1, timeout=20_000)


def test_a_page_outlives_its_server(
    consul: ConsulServer, own_server: PageServer, context: BrowserContext
) -> None:
    """It says that it is old, keeps what it knows, and finds the next server by itself."""
    consul.start()
    Lab(consul).register("api", description="Interface")
    own_server.start()
    page = context.new_page()
    page.goto(f"{own_server.base}/?q=felix")
    expect(page.locator(".demi-row")).to_contain_text("Interface")
    own_server.process.stop(grace_s=10)
    assert own_server.process.exit_code == 0
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This page has lost its server", timeout=30_000)
    expect(page.locator(".demi-row")).to_contain_text("Interface")
    Lab(consul).register("ui", 2)
    own_server.start()
    expect(page.locator(".demi-row")).to_have_count(2, timeout=60_000)
    expect(page).to_have_url(re.compile(r"\?q=felix$"))


def test_below_a_path_every_address_begins_with_it(
    consul: ConsulServer, own_server: PageServer
) -> None:
    """As the proxy shows it, which takes the path off before it asks."""
    own_server.start("--root-path", "/demi/")
    text = wire.request(own_server.base, "GET", "/").body.decode()
    addresses = re.findall(r'(?:src|href)="(/[^"]*)"', text)
    assert addresses
    assert all(address.startswith("/demi/") for address in addresses)
    eventually(lambda: own_server.health()["consul"], "connection refused")

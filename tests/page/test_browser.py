"""What a person sees, in a real browser, of a real Consul."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from demi_local.consul import ConsulServer
from library.lab import Lab
from page.conftest import PageServer, Visitor

pytestmark = pytest.mark.real

HOSTILE = {
    "markup": "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
    "template": "{{constructor.constructor('window.hacked=1')()}} ${window.hacked=1} `",
    "control": "a\x00b\x1b[31mred\x07",
    "direction": "user\u202egnp.exe",
}


def row(page: Page, service: str) -> Locator:
    """The row of a service of `sr1_lls/felix`."""
    return page.locator(f"[data-demi-key='sr1_lls/felix/{service}']")


def test_a_service_appears_and_goes_without_a_reload(lab: Lab, visitor: Visitor) -> None:
    """From an empty registry, which says what to do."""
    page = visitor.open()
    expect(page.get_by_text("No service is registered yet")).to_be_visible()
    page.evaluate("window.stayed = true")
    id_ = lab.register("api", description="Interface to FELIX")
    expect(row(page, "api")).to_contain_text("Interface to FELIX")
    expect(row(page, "api")).to_contain_text("passing")
    lab.register("ui", 2)
    expect(page.get_by_text("All 2 services are well")).to_be_visible()
    lab.remove(id_)
    expect(row(page, "api")).to_have_count(0)
    assert page.evaluate("window.stayed")


def test_a_service_that_fails_says_why_in_the_list(lab: Lab, visitor: Visitor) -> None:
    """And comes first, with the time since then; the tab's title tells as well."""
    lab.register("aaa", 1)
    id_ = lab.register("zzz", 2)
    page = visitor.open()
    expect(page.locator(".demi-row")).to_have_count(2)
    expect(page.locator(".demi-row").first).to_contain_text("aaa")
    lab.say(
        id_, "critical", 'HTTP GET http://x/h: 503 No Output: {"detail": "HV channel 3 tripped"}'
    )
    expect(page.locator(".demi-row").first).to_contain_text("503: HV channel 3 tripped")
    expect(page.get_by_text("zzz is critical")).to_be_visible()
    expect(row(page, "zzz").locator(".demi-since")).to_have_text(re.compile(r"^[0-9] s$"))
    expect(page).to_have_title("(1) DeMi registry")
    lab.say(id_, "passing")
    expect(page.get_by_text("All 2 services are well")).to_be_visible()


def test_focus_stays_where_it_is_while_things_change(lab: Lab, visitor: Visitor) -> None:
    """The row under it is the same element, even as it moves."""
    lab.register("aaa", 1)
    id_ = lab.register("bbb", 2)
    page = visitor.open()
    expect(page.locator(".demi-row")).to_have_count(2)
    row(page, "aaa").focus()
    row(page, "aaa").evaluate("element => element.mine = true")
    lab.say(id_, "critical", "connection refused")
    expect(page.locator(".demi-row").first).to_contain_text("bbb")
    assert page.evaluate("document.activeElement.mine")


def test_consul_away_is_said_and_what_is_known_stays(
    lab: Lab, visitor: Visitor, page_consul: ConsulServer, server: PageServer
) -> None:
    """It recovers by itself; the server counts as well meanwhile."""
    lab.register("api")
    page = visitor.open()
    expect(row(page, "api")).to_be_visible()
    page_consul.stop()
    try:
        banner = page.get_by_role("alert")
        expect(banner).to_contain_text("Consul has not answered for")
        expect(banner).to_contain_text("(connection refused)")
        expect(page.get_by_text("Stale", exact=True)).to_be_visible()
        expect(row(page, "api")).to_be_visible()
        assert server.health()["status"] == "ok"
        assert server.health()["consul"] == "connection refused"
    finally:
        page_consul.start()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(row(page, "api")).to_be_visible()


def test_a_view_can_be_shared(lab: Lab, visitor: Visitor, browser: Browser) -> None:
    """It is in the address, and the Back button goes back."""
    lab.register("api", 1, category="DAQ")
    lab.register("ui", 2, "critical", category="UI")
    page = visitor.open()
    expect(page.locator(".demi-row")).to_have_count(2)
    tiles = page.get_by_role("group", name="Show only one state")
    tiles.get_by_role("button", name="Critical").click()
    expect(page.locator(".demi-row")).to_have_count(1)
    page.get_by_label("Search services").fill("ui")
    expect(page).to_have_url(re.compile(r"\?state=critical&q=ui$"))
    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(other.locator(".demi-row")).to_have_count(1)
    expect(other.get_by_label("Search services")).to_have_value("ui")
    other.context.close()
    page.go_back()
    expect(page.locator(".demi-row")).to_have_count(2)
    page.get_by_label("Category").select_option("DAQ")
    expect(page.locator(".demi-row")).to_have_count(1)
    page.get_by_role("button", name="Remove filter Category DAQ").click()
    expect(page.locator(".demi-row")).to_have_count(2)
    page.get_by_label("Search services").fill("nonesuch")
    page.get_by_role("button", name="Show all services").click()
    expect(page.locator(".demi-row")).to_have_count(2)
    expect(page.get_by_label("Search services")).to_have_value("")


def test_it_can_be_used_without_a_mouse(lab: Lab, visitor: Visitor) -> None:
    """`/` searches, arrows walk, Enter opens, Escape closes."""
    for number, service in enumerate(("aaa", "bbb", "ccc"), 1):
        lab.register(service, number)
    page = visitor.open()
    expect(page.locator(".demi-row")).to_have_count(3)
    page.keyboard.press("/")
    expect(page.get_by_label("Search services")).to_be_focused()
    page.keyboard.type("felix")
    page.keyboard.press("ArrowDown")
    expect(row(page, "aaa")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    expect(row(page, "ccc")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Details of bbb")).to_be_visible()
    expect(page).to_have_url(re.compile(r"service=sr1_lls%2Ffelix%2Fbbb"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    expect(row(page, "bbb")).to_be_focused()


def test_details_tell_where_it_runs_and_can_be_copied(lab: Lab, visitor: Visitor) -> None:
    """Addresses, names and keys; the keys follow the service's changes."""
    id_ = lab.register("api", swagger_url="http://127.0.0.1:8001/docs", container="abc123")
    lab.put("/v1/kv/demi/sr1_lls/felix/api/container", None)
    lab.put("/v1/kv/demi/sr1_lls/felix/api/run", 42)
    page = visitor.open("/?service=sr1_lls/felix/api")
    detail = page.get_by_role("complementary", name="Details of api")
    expect(detail.get_by_role("link", name="Swagger")).to_have_attribute(
        "href", "http://127.0.0.1:8001/docs"
    )
    expect(detail).to_contain_text("api.felix.sr1-lls.query.consul")
    expect(detail).to_contain_text("42")
    lab.say(id_, "critical", "dial tcp: i/o timeout")
    expect(detail).to_contain_text("timed out")
    expect(detail).to_contain_text("dial tcp: i/o timeout")
    # A page that came by plain http from another host has no clipboard but the old one.
    page.evaluate("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page.evaluate("document.addEventListener('copy', () => (window.copied = getSelection() + ''))")
    detail.get_by_role("button", name="Copy host 127.0.0.1").click()
    expect(detail.get_by_text("Copied host 127.0.0.1")).to_be_attached()


def test_hostile_labels_are_text(lab: Lab, visitor: Visitor) -> None:
    """In the list, in the details, and in the address."""
    for number, (name, text) in enumerate(HOSTILE.items(), 1):
        lab.register(name, number, description=text, category=text[:60], url="javascript:alert(1)")
        lab.put(f"/v1/kv/demi/sr1_lls/felix/{name}/text", text)
    lab.register("links", 8, url="http://0.0.0.0:80/", swagger_url="data:text/html,x")
    lab.put("/v1/kv/demi/sr1_lls/felix/links/long", "x" * 10_000)
    id_ = lab.register("fails", 9)
    lab.say(id_, "critical", HOSTILE["markup"])
    page = visitor.open()
    expect(row(page, "fails")).to_contain_text("<img src=x onerror=window.hacked=1>")
    expect(row(page, "markup")).to_contain_text("<script>window.hacked=1</script><img src=x")
    expect(row(page, "control")).to_contain_text("a\\x00b\\x1b[31mred\\x07")
    expect(row(page, "direction")).to_contain_text("user\\u202egnp.exe")
    for name in (*HOSTILE, "links", "fails"):
        row(page, name).click()
        detail = page.get_by_role("complementary", name=f"Details of {name}")
        expect(detail.locator(".demi-key, .demi-output").first).to_be_visible()
        links = page.locator("a").evaluate_all("all => all.map(each => each.href)")
        assert all(link.startswith("http://127.0.0.1:") for link in links)
    page.goto(f"{visitor.base}/?q=<script>window.hacked=1</script>&service=<b>x</b>")
    expect(page.locator(".demi-row")).to_have_count(2)
    expect(page.get_by_text("It is not registered now")).to_be_visible()
    assert page.evaluate("window.hacked") is None


def test_the_wall_shows_what_is_wrong_and_that_it_lives(lab: Lab, visitor: Visitor) -> None:
    """Its clock goes; Escape leads back."""
    lab.register("api", 1)
    lab.register("ui", 2, "critical")
    page = visitor.open("/?wall=1")
    expect(page.get_by_role("heading", name="ui is critical")).to_be_visible()
    expect(page.locator(".demi-wall-tile")).to_have_count(1)
    before = page.locator("time").inner_text()
    expect(page.locator("time")).not_to_have_text(before)
    page.keyboard.press("Escape")
    expect(page.locator(".demi-row")).to_have_count(2)


def test_colours_can_be_chosen_and_stay(lab: Lab, visitor: Visitor) -> None:
    """By the system's choice until then."""
    lab.register("api")
    page = visitor.open()
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(colour)
    assert light != dark
    page.get_by_role("button", name="Colours").click()
    assert page.evaluate(colour) == light
    page.reload()
    expect(row(page, "api")).to_be_visible()
    assert page.evaluate(colour) == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/?service=sr1_lls/felix/api", "/?wall=1", "/?q=nonesuch"])
def test_axe_finds_nothing_against_it(lab: Lab, visitor: Visitor, path: str, scheme: str) -> None:
    """Contrast, names, roles and landmarks, in both colours."""
    lab.register("api", 1, "critical", description="Interface", category="Microservice")
    lab.register("ui", 2, "warning", swagger_url="http://127.0.0.1:1/docs")
    lab.register("bare", 3, None)
    page = visitor.open(path)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    expect(page.locator(".demi-wall-tile, .demi-row, .demi-nothing").first).to_be_visible()
    found = Axe().run(page)
    assert found.response["passes"]
    assert not found.response["violations"], found.generate_report()


@pytest.mark.parametrize("width", [360, 768, 1440, 2560])
def test_nothing_is_wider_than_the_window(lab: Lab, visitor: Visitor, width: int) -> None:
    """From a phone to a wide screen."""
    lab.register("api", 1, "critical", description="d" * 200, category="c" * 60)
    page = visitor.open("/?service=sr1_lls/felix/api")
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.get_by_role("complementary")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width

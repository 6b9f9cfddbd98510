"""Section 3 of the contract: `url` labels, and full URLs of health checks."""

from collections.abc import Callable

import pytest

from demi_adapters.registration import Registrations

Register = Callable[..., Registrations]


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://monitoring.lab:3443/grafana/d/abc", "monitoring.lab", 3443),
        ("http://monitoring.lab", "monitoring.lab", 80),
        ("https://monitoring.lab/", "monitoring.lab", 443),
        ("http://monitoring.lab:/", "monitoring.lab", 80),
        ("HTTPS://Monitoring.lab", "Monitoring.lab", 443),
        ("http://h:8080/a?b=c&d=e#f", "h", 8080),
        ("http://h?b=c", "h", 80),
        ("http://[2001:db8::1]:3000/x", "2001:db8::1", 3000),
        ("opc.tcp://plc7:4840/server", "plc7", 4840),
        ("ftp://h:21/pub", "h", 21),
    ],
)
def test_a_url_label_replaces_the_generated_one(
    register_api: Register, url: str, host: str, port: int
) -> None:
    """Host and port are those of the URL, and no published port is needed."""
    found = register_api({"url": url, "host": "other.lab", "port": "1"}, ports={})
    service = found.services[0]
    assert (service.registered, service.url) == (True, url)
    assert (service.host, service.hostport) == (host, port)
    assert service.kv["demi/sr1_lls/felix/api/url"] == url
    assert service.kv["demi/sr1_lls/felix/api/host"] == host
    assert service.kv["demi/sr1_lls/felix/api/hostport"] == str(port)
    assert found.problems == ()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/path",
        "host:80",
        "//host/x",
        "http://",
        "http:///x",
        "http:/host",
        "mailto:a@b",
        "javascript:alert(1)",
        "javascript://h/%0aalert(1)",
        "JavaScript://h:1/",
        "data://h:1/x",
        "vbscript://h:1/",
        "file://h:1/etc/passwd",
        "file:///etc/passwd",
        "data:text/html,x",
        "http://h:0/",
        "http://h:65536/",
        "http://h:x/",
        "http://h:-1/",
        "http://h:80:80/",
        "http://a b/",
        "http://h\n.lab/",
        "http://h/\r\nX: y",
        "http://h/\u202e",
        "http://ü.ch/",
        "http://evil.org\\@h/",
        "http://[::1/",
        "http://[::g]/",
        "http://1.2.3/",
        "http://h%00/",
        "http://h:" + "9" * 5000 + "/",
        "http://h:" + "0" * 5000 + "80/",
    ],
)
def test_what_is_no_absolute_url_with_a_host_is_a_bad_url(register_api: Register, url: str) -> None:
    """A refused scheme never reaches the KV tree, where somebody may click it."""
    found = register_api({"url": url})
    assert [(p.code, p.severity) for p in found.problems] == [("bad-url", "error")]
    service = found.services[0]
    assert (service.registered, service.url) == (False, None)
    assert "demi/sr1_lls/felix/api/url" not in service.kv


@pytest.mark.parametrize(
    ("url", "code"), [("redis://h/0", "no-port"), ("http://h/" + "x" * 600, "bad-url")]
)
def test_a_url_that_can_not_be_registered_is_left_out_of_the_tree(
    register_api: Register, url: str, code: str
) -> None:
    """One without a port that the contract knows, or longer than Consul's meta."""
    found = register_api({"url": url})
    assert [p.code for p in found.problems] == [code]
    assert [s.registered for s in found.services] == [False]
    assert "demi/sr1_lls/felix/api/url" not in found.services[0].kv


@pytest.mark.parametrize(
    ("host", "health"),
    [
        ("pc7.lab", "http://pc7.lab:9000/health"),
        ("pc7.lab", "https://pc7.lab/health"),
        ("pc7.lab", "HTTP://PC7.LAB/Health"),
        ("PC7.lab", "http://pc7.LAB/"),
        ("pc7.lab", "http://user:pass@pc7.lab:9000/"),
        ("2001:db8::1", "http://[2001:DB8:0::1]:1/"),
    ],
)
def test_a_full_health_url_on_the_services_own_host_is_taken(
    register_api: Register, host: str, health: str
) -> None:
    """On any port, with http or https."""
    found = register_api({"host": host, "health": health})
    service = found.services[0]
    assert (service.registered, service.health_url) == (True, health)
    assert service.check is not None
    assert (service.check.kind, service.check.target) == ("http", health)


@pytest.mark.parametrize(
    "health",
    [
        "http://evil.org/",
        "http://pc7.lab.evil.org/",
        "http://evil.org:32768/health",
        "http://pc7.lab@evil.org/",
        "http://pc7.lab:32768@evil.org/",
        "http://evil.org#@pc7.lab/",
        "http://evil.org?@pc7.lab/",
        "http://evil.org\\@pc7.lab/",
        "http://127.0.0.1/",
        "ftp://pc7.lab/health",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http:health",
        "http://pc7.lab:0/",
        "http://",
        "http:///health",
        "http://pc7.lab:99999/",
        "gopher://pc7.lab/",
        "http://169.254.169.254/latest/meta-data",
        "http://pc7.lab:" + "9" * 5000,
    ],
)
def test_labels_can_not_aim_the_health_checker_at_other_machines(
    register_api: Register, health: str
) -> None:
    """A health URL elsewhere, or of another scheme, is a bad-health problem."""
    found = register_api({"health": health})
    assert [(p.code, p.severity) for p in found.problems] == [("bad-health", "error")]
    service = found.services[0]
    assert (service.registered, service.health_url, service.check) == (False, None, None)
    assert "demi/sr1_lls/felix/api/health" not in service.kv


def test_a_bad_health_url_is_found_also_where_no_port_is_published(register_api: Register) -> None:
    """Whose host it names does not depend on the port."""
    found = register_api({"health": "http://evil.org/"}, ports={})
    assert [p.code for p in found.problems] == ["bad-health", "no-port"]
    assert "demi/sr1_lls/felix/api/health" not in found.services[0].kv


def test_the_health_of_a_url_label_belongs_to_that_urls_host(register_api: Register) -> None:
    """The host label and the default host no longer count."""
    url = "http://monitoring.lab:3000/d?x=1#y"
    sound = register_api({"url": url, "health": "http://monitoring.lab/health"})
    aimed = register_api({"url": url, "health": "http://pc7.lab/health"})
    below = register_api({"url": url, "health": "/health"})

    assert sound.services[0].health_url == "http://monitoring.lab/health"
    assert [p.code for p in aimed.problems] == ["bad-health"]
    assert below.services[0].health_url == "http://monitoring.lab:3000/d/health"

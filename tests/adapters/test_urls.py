"""Section 3 of the contract: URLs made from labels."""

from collections.abc import Callable

import pytest

from demi_adapters.registration import Registrations

Register = Callable[..., Registrations]

HERE = "http://pc7.lab:32768"


@pytest.mark.parametrize(
    ("prefix", "postfix", "url", "swagger_url"),
    [
        ("", "", "", None),
        ("", "docs", "", "/docs"),
        ("", "/docs", "", "/docs"),
        ("", "/docs/", "", "/docs/"),
        ("/", "", "/", None),
        ("/", "docs", "/", "/docs"),
        ("/", "/", "/", "/"),
        ("api", "", "/api", None),
        ("/api", "docs", "/api", "/api/docs"),
        ("api/", "docs", "/api/", "/api/docs"),
        ("/api/", "/docs", "/api/", "/api/docs"),
        ("/api/v1", "/docs", "/api/v1", "/api/v1/docs"),
        ("//api", "//docs", "/api", "/api/docs"),
        ("a b", "ü", "/a%20b", "/a%20b/%C3%BC"),
        ("a%20b", "100%", "/a%20b", "/a%20b/100%25"),
        ("@evil.org", "", "/@evil.org", None),
        ("\\evil.org", "", "/%5Cevil.org", None),
        ('"><script>', "", "/%22%3E%3Cscript%3E", None),
    ],
)
def test_joints_get_exactly_one_slash(
    register_api: Register, prefix: str, postfix: str, url: str, swagger_url: str | None
) -> None:
    """An empty part adds none, and a trailing slash the user wrote stays."""
    found = register_api({"url_prefix": prefix, "url_postfix": postfix}).services[0]
    assert found.url == f"{HERE}{url}"
    assert found.swagger_url == (None if swagger_url is None else f"{HERE}{swagger_url}")


@pytest.mark.parametrize(
    ("prefix", "health", "health_url"),
    [
        ("", "health", "/health"),
        ("", "/health", "/health"),
        ("/", "/health", "/health"),
        ("api/", "health/", "/api/health/"),
        ("api", "health?deep=1", "/api/health?deep=1"),
        ("api", "//evil.org/health", "/api/evil.org/health"),
        ("api", "@evil.org/", "/api/@evil.org/"),
    ],
)
def test_a_health_path_stands_below_the_services_url(
    register_api: Register, prefix: str, health: str, health_url: str
) -> None:
    """What looks like another authority in it stays a path."""
    found = register_api({"url_prefix": prefix, "health": health})
    assert [s.health_url for s in found.services] == [f"{HERE}{health_url}"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("host", "shown", "in_url"),
    [
        ("wupp-charon.cern.ch", "wupp-charon.cern.ch", "wupp-charon.cern.ch"),
        ("PC_7", "PC_7", "PC_7"),
        ("192.168.1.5", "192.168.1.5", "192.168.1.5"),
        ("2001:db8::1", "2001:db8::1", "[2001:db8::1]"),
        ("[2001:db8::1]", "2001:db8::1", "[2001:db8::1]"),
        ("pc7.lab.", "pc7.lab.", "pc7.lab."),
        ("::1", "::1", "[::1]"),
    ],
)
def test_an_ipv6_host_is_bracketed_in_urls_only(
    register_api: Register, host: str, shown: str, in_url: str
) -> None:
    """With or without brackets in the label; a check's target has them too."""
    service = register_api({"host": host}).services[0]
    assert (service.host, service.url) == (shown, f"http://{in_url}:32768")
    assert service.check is not None
    assert service.check.target == f"{in_url}:32768"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a b",
        "a/b",
        "http://pc7",
        "pc7:80",
        "user@pc7",
        "-a",
        "a-",
        "a..b",
        ".a",
        "ü.ch",
        "[pc7]",
        "[1.2.3.4]",
        "1.2.3",
        "999.1.1.1",
        "0x7f.1",
        "fe80::1%eth0",
        "::g",
        "a" * 64,
        "a\u202eb",
        "pc7\x00",
        "[::1",
        "a.b." * 100,
        "\u0663",
        "pc7?x",
        "pc7#x",
        "pc7%2e",
    ],
)
def test_what_is_no_host_name_or_address_is_a_bad_host(register_api: Register, host: str) -> None:
    """Also names that a resolver would read as an IPv4 address."""
    found = register_api({"host": host})
    assert [(p.code, p.severity) for p in found.problems] == [("bad-host", "error")]
    assert [(s.registered, s.host, s.url) for s in found.services] == [(False, None, None)]


@pytest.mark.parametrize(
    "protocol", ["http", "https", "HTTP", "redis", "grpc+tls", "coap", "h2.c-"]
)
def test_the_protocol_is_lower_cased(register_api: Register, protocol: str) -> None:
    """Any RFC 3986 scheme will do."""
    service = register_api({"protocol": protocol}).services[0]
    assert service.url == f"{protocol.lower()}://pc7.lab:32768"
    assert service.kv["demi/sr1_lls/felix/api/protocol"] == protocol.lower()


@pytest.mark.parametrize(
    "protocol",
    [
        "",
        "javascript",
        "JavaScript",
        "data",
        "vbscript",
        "FILE",
        "1http",
        "ht tp",
        "http:",
        "ü",
        "http://",
        "+a",
        "java\tscript",
        "\u017f",
    ],
)
def test_a_scheme_that_browsers_run_is_a_bad_protocol(
    register_api: Register, protocol: str
) -> None:
    """So is what is no scheme at all."""
    found = register_api({"protocol": protocol})
    assert [(p.code, p.severity) for p in found.problems] == [("bad-protocol", "error")]
    assert [(s.registered, s.url) for s in found.services] == [(False, None)]
    assert "demi/sr1_lls/felix/api/protocol" not in found.services[0].kv


@pytest.mark.parametrize("path", ["`id`", "a|b", "<b>", '"', "a\\b", "a b", "a\tb"])
def test_what_may_not_stand_in_a_url_is_percent_encoded(register_api: Register, path: str) -> None:
    """Double quotes, back-ticks, pipes and angle brackets are percent-encoded in paths."""
    url = register_api({"url_prefix": path}).services[0].url
    assert url is not None
    assert set(url).isdisjoint('"`<>|\\ \t')

"""Hostile text, reasons and links."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demi_ui.text import one_line, plain, safe_link, short_reason

GET = "HTTP GET http://pc1:1/h:"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ('Get "http://pc1:1": dial tcp [::1]:1: connect: connection refused', "connection refused"),
        ("dial tcp 10.0.0.1:80: i/o timeout", "timed out"),
        ('Get "http://pc1/h": context deadline exceeded (Client.Timeout exceeded)', "timed out"),
        ('Get "http://nope/h": dial tcp: lookup nope: no such host', "no such host"),
        ("x509: certificate signed by unknown authority", "certificate not trusted"),
        ("Agent not live or unreachable", "its host does not answer"),
        ("TTL expired (last output before timeout follows): ok", "not confirmed in time"),
        (
            f'{GET} 503 Not now Output: {{"detail": "HV channel 3 tripped"}}',
            "503: HV channel 3 tripped",
        ),
        (f"{GET} 429 Too Many Requests Output: queue  93 %\nfull", "429: queue 93 % full"),
        (f"{GET} 500 Internal Server Error Output: ", "500: Internal Server Error"),
        (f"{GET} 404 Not Found Output: <html><b>Not here</b></html>", "404: Not here"),
        (f"{GET} 503 Service Unavailable", "503: Service Unavailable"),
        ("the interlock is open", "the interlock is open"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_reason_is_a_few_words(said: str, reason: str) -> None:
    """As Consul and Go word it, and what is left for a person."""
    assert short_reason(said) == reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\x1b[31mb\x00", "a\\x1b[31mb\\x00"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("lone \ud800", "lone \\ud800"),
        ("two\nlines\tand", "two\nlines\tand"),
        ("grüße 你好", "grüße 你好"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, expected: str) -> None:
    """Markup stays as it is: whoever shows it shows it as text."""
    assert plain(text) == expected


@given(st.text(st.characters()), st.integers(1, 50))
def test_any_text_can_be_sent_and_shown(text: str, limit: int) -> None:
    """It is UTF-8, has nothing invisible, and one line is one line."""
    for shown in (plain(text), one_line(text, limit), short_reason(text)):
        json.dumps(shown).encode()
        shown.encode()
        assert shown.replace("\n", "").replace("\t", "").isprintable()
    assert "\n" not in one_line(text, limit)


def test_long_text_is_cut() -> None:
    """A label may be 10 kB; a row is not."""
    assert len(one_line("x" * 10_000)) == 160
    assert plain("x" * 10_000) == "x" * 10_000


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("http://pc1:8000/docs?a=b#c", "http://pc1:8000/docs?a=b#c"),
        ("HTTPS://pc1", "HTTPS://pc1"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("javascript:alert(1)", None),
        ("javascript://pc1/%0aalert(1)", None),
        ("JaVaScRiPt:alert(1)", None),
        (" javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://pc1/", None),
        ("tcp://pc1:1/", None),
        ("//evil.example/", None),
        ("/path", None),
        ("http://0.0.0.0:80/", None),
        ("http://[::]:80/", None),
        ("http://pc1@evil.example/", None),
        ("http://pc1\u202e/", None),
        ("", None),
        (None, None),
    ],
)
def test_only_http_and_https_to_a_host_become_links(url: str | None, link: str | None) -> None:
    """Everything else is shown as text."""
    assert safe_link(url) == link


@given(st.text())
def test_no_text_becomes_a_link_that_is_not_http(text: str) -> None:
    """Whatever a label says."""
    for candidate in (text, f"http://{text}", f"http:{text}"):
        link = safe_link(candidate)
        assert link is None or link.lower().startswith(("http://", "https://"))
        assert link is None or not set(link) & set("\"'<>` \n\t\\") - {"'"}

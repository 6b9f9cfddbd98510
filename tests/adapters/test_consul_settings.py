"""Consul's environment variables become settings, or an error that names the variable."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from demi_adapters.consul_settings import ConsulSettings, consul_settings
from demi_adapters.errors import ConfigurationError

TOKEN = "5f2d7e0c-0000-4000-8000-0123456789ab"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("", "http://127.0.0.1:8500"),
        ("consul.lab", "http://consul.lab:8500"),
        ("consul.lab:9500", "http://consul.lab:9500"),
        ("10.0.0.1:8500", "http://10.0.0.1:8500"),
        ("http://consul.lab", "http://consul.lab:80"),
        ("http://consul.lab:8500", "http://consul.lab:8500"),
        ("http://consul.lab:8500/", "http://consul.lab:8500"),
        ("https://consul.lab", "https://consul.lab:443"),
        ("HTTPS://consul.lab:8501", "https://consul.lab:8501"),
        ("[::1]", "http://[::1]:8500"),
        ("[::1]:8500", "http://[::1]:8500"),
        ("::1", "http://[::1]:8500"),
        ("https://[2001:db8::1]:8501", "https://[2001:db8::1]:8501"),
    ],
)
def test_an_address_may_be_written_in_each_of_these_ways(address: str, url: str) -> None:
    """Host, host and port, IPv6, or a URL."""
    assert consul_settings({"CONSUL_HTTP_ADDR": address}).url == url


@pytest.mark.parametrize(
    "address",
    [
        "unix:///run/consul.sock",
        "ftp://consul.lab",
        "http://",
        "://x",
        "consul.lab:",
        "consul.lab:0",
        "consul.lab:65536",
        "consul.lab:x",
        "http://consul.lab/path",
        "http://consul.lab?x",
        "a b",
        "consul.lab:8500 ",
        "a\nb",
        "http:/consul.lab",
        "[::1",
        "[::g]:8500",
        "[::::]:8500",
        "[1.2.3]:1",
        "fe80::1%eth0",
        "ho\u2100st:8500",
        "user@consul.lab",
        "0.0.0.0:8500",
        "/",
        "a/b",
        "consul.lab:" + "9" * 5000,
        "consul.lab:\uff18\uff15\uff10\uff10",
        "ü.lab",
    ],
)
def test_any_other_address_is_a_configuration_error(address: str) -> None:
    """It names the variable and says how to write one."""
    with pytest.raises(ConfigurationError, match=r"CONSUL_HTTP_ADDR.*https://host:port"):
        consul_settings({"CONSUL_HTTP_ADDR": address})


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("consul.lab:8501", "https://consul.lab:8501"),
        ("consul.lab", "https://consul.lab:8500"),
        ("http://consul.lab:8501", "https://consul.lab:8501"),
        ("https://consul.lab:8501", "https://consul.lab:8501"),
    ],
)
@pytest.mark.parametrize("true", ["true", "1", "t", "TRUE", "True"])
def test_with_ssl_http_is_never_used(address: str, url: str, true: str) -> None:
    """As in Consul's own client, whatever the address says."""
    assert consul_settings({"CONSUL_HTTP_ADDR": address, "CONSUL_HTTP_SSL": true}).url == url


@pytest.mark.parametrize("false", ["", "false", "0", "F"])
def test_ssl_and_verification_can_be_switched_off(false: str) -> None:
    """An empty variable is as good as none."""
    settings = consul_settings({"CONSUL_HTTP_SSL": false, "CONSUL_HTTP_SSL_VERIFY": false})
    assert settings.scheme == "http"
    assert (settings.verify is False) is bool(false)


@pytest.mark.parametrize("variable", ["CONSUL_HTTP_SSL", "CONSUL_HTTP_SSL_VERIFY"])
def test_a_boolean_is_true_or_false(variable: str) -> None:
    """A typing error must not switch verification off, or leave TLS out."""
    with pytest.raises(ConfigurationError, match=f"{variable}.*flase"):
        consul_settings({variable: "flase"})


def test_the_token_is_taken_from_its_variable_before_the_file(tmp_path: Path) -> None:
    """And stripped of white space where it comes from a file."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    only_file = {"CONSUL_HTTP_TOKEN_FILE": str(file)}
    assert consul_settings(only_file).token == TOKEN
    assert consul_settings({**only_file, "CONSUL_HTTP_TOKEN": "other"}).token == "other"
    assert consul_settings({"CONSUL_HTTP_TOKEN": ""}).token is None


@pytest.mark.parametrize("token", [f"{TOKEN} x", f"{TOKEN}\n", f"{TOKEN}\x00", f"ü{TOKEN}"])
def test_a_token_that_can_not_be_one_is_never_echoed(token: str) -> None:
    """The message names the variable only."""
    with pytest.raises(ConfigurationError, match="CONSUL_HTTP_TOKEN") as caught:
        consul_settings({"CONSUL_HTTP_TOKEN": token})
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_bad_token_in_a_file_names_the_file_variable(tmp_path: Path) -> None:
    """Else a person looks in the wrong place."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n{TOKEN}\n")
    with pytest.raises(ConfigurationError, match="CONSUL_HTTP_TOKEN_FILE") as caught:
        consul_settings({"CONSUL_HTTP_TOKEN_FILE": str(file)})
    assert TOKEN not in str(caught.value)


def test_no_form_of_the_settings_shows_the_token() -> None:
    """Neither repr nor str nor the URL, which stand in messages and logs."""
    settings = ConsulSettings(token=TOKEN)
    assert TOKEN not in f"{settings!r} {settings} {settings.url}"


@pytest.mark.parametrize(
    "variable",
    ["CONSUL_HTTP_TOKEN_FILE", "CONSUL_CACERT", "CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY"],
)
@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_can_not_be_read_is_named_with_its_variable(
    tmp_path: Path, variable: str, name: str
) -> None:
    """Before anything is tried with it."""
    sound = tmp_path / "sound"
    sound.write_text("x")
    pair = {"CONSUL_CLIENT_CERT": str(sound), "CONSUL_CLIENT_KEY": str(sound)}
    path = str(tmp_path / name)
    with pytest.raises(ConfigurationError) as caught:
        consul_settings({**(pair if "CLIENT" in variable else {}), variable: path})
    assert variable in str(caught.value)
    assert path in str(caught.value)


def test_ca_and_client_certificates_are_passed_on(tmp_path: Path) -> None:
    """As the paths that they were given as."""
    paths = [tmp_path / name for name in ("ca", "cert", "key")]
    for path in paths:
        path.write_text("x")
    ca, cert, key = map(str, paths)
    settings = consul_settings(
        {"CONSUL_CACERT": ca, "CONSUL_CLIENT_CERT": cert, "CONSUL_CLIENT_KEY": key}
    )
    assert (settings.verify, settings.client_cert) == (ca, (cert, key))


@pytest.mark.parametrize("variable", ["CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY"])
def test_a_client_certificate_needs_its_key_and_the_key_its_certificate(
    tmp_path: Path, variable: str
) -> None:
    """One without the other is a configuration error that names both."""
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ConfigurationError, match="CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY"):
        consul_settings({variable: str(file)})


def test_enterprise_namespaces_are_refused() -> None:
    """Rather than read from the wrong one."""
    with pytest.raises(ConfigurationError, match="CONSUL_NAMESPACE"):
        consul_settings({"CONSUL_NAMESPACE": "lab"})


@pytest.mark.parametrize("environ", [{}, {"PATH": "/bin", "DEMI_HOST": "x"}])
def test_without_variables_it_is_the_local_agent(environ: Mapping[str, str]) -> None:
    """Without a token, verifying certificates."""
    settings = consul_settings(environ)
    assert (settings.url, settings.token) == ("http://127.0.0.1:8500", None)
    assert settings.verify

"""`demi explain --inspect`: the contract made visible."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.command import VECTORS, Demi, Inspection

NAMES = sorted(path.stem for path in VECTORS.glob("*.json"))


def matches(found: Any, expected: Any) -> bool:
    """Whether everything that is expected is there; what is not named does not count."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            key in found and matches(found[key], value) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(matches, found, expected))
    return bool(found == expected)


@pytest.mark.parametrize("name", NAMES)
def test_every_vector_is_explained_as_it_says(
    demi: Demi, inspection: Inspection, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Services, problems, and an exit status of 1 exactly where there are errors."""
    vector = json.loads((VECTORS / f"{name}.json").read_text())
    for variable, value in vector.get("env", {}).items():
        monkeypatch.setenv(variable, value)
    result = demi("explain", "--inspect", inspection(name), "-o", "json")
    assert matches(result.data["services"], vector["services"])
    assert matches(result.data["problems"], vector["problems"])
    assert result.code == any(p["severity"] == "error" for p in result.data["problems"])


def test_the_json_has_every_field_of_the_contract(demi: Demi, inspection: Inspection) -> None:
    """Absent values are null, meta and kv are given in full."""
    result = demi("explain", "--inspect", inspection(port="9"), "-o", "json")
    assert result.code == 1
    (service,), (problem,) = result.data["services"], result.data["problems"]
    assert {key: service[key] for key in service if key not in ("meta", "kv")} == {
        "site": "sr1_lls",
        "stack": "felix",
        "service": "api",
        "registered": False,
        "name": "sr1-lls-felix-api",
        "id": "sr1-lls-felix-api-0123456789ab",
        "container": "0123456789ab",
        "host": "pc1.cern.ch",
        "hostport": None,
        "url": None,
        "swagger_url": None,
        "health_url": None,
        "check": None,
        "tags": ["demi"],
    }
    assert service["meta"]["demi_owner"] == "pc1"
    assert service["kv"]["demi/sr1_lls/felix/api/port"] == "9"
    assert problem.keys() == {"severity", "code", "message", "container", "label", "service"}
    assert (problem["code"], problem["label"]) == ("no-port", None)


def test_standard_input_works_as_a_file(demi: Demi, inspection: Inspection) -> None:
    """`docker inspect felix | demi explain --inspect -`."""
    path = inspection("felix-of-the-readme")
    one = demi("explain", "--inspect", path, "-o", "json")
    other = demi("explain", "--inspect", "-", "-o", "json", stdin=Path(path).read_text())
    assert one == other
    assert one.code == 0


def test_one_object_without_a_list_around_it_will_do(demi: Demi, inspection: Inspection) -> None:
    """As `docker inspect --format '{{json .}}'` prints it."""
    (data,) = json.loads(Path(inspection("felix-of-the-readme")).read_text())
    result = demi("explain", "--inspect", "-", "-o", "json", stdin=json.dumps(data))
    assert len(result.data["services"]) == 2


def test_yaml_says_the_same_as_json(demi: Demi, inspection: Inspection) -> None:
    """In the same order."""
    path = inspection("felix-of-the-readme")
    as_json = demi("explain", "--inspect", path, "-o", "json")
    as_yaml = demi("explain", "--inspect", path, "-o", "yaml")
    assert yaml.safe_load(as_yaml.out) == as_json.data
    assert as_yaml.out.startswith("services:\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("hello", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("1" * 5000, "no JSON"),
        ('"a string"', "holds no containers"),
        ("null", "holds no containers"),
        ("[1]", "holds no containers"),
        ('[{"Id": ""}]', "holds no containers"),
        ('["a", "b"]', "holds no containers"),
    ],
)
def test_what_is_no_inspection_is_a_usage_error(demi: Demi, text: str, said: str) -> None:
    """It says what to write, and prints nothing to standard output."""
    result = demi("explain", "--inspect", "-", stdin=text)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert "docker inspect NAME > FILE" in result.err


def test_files_that_cannot_be_read_are_a_usage_error(demi: Demi, tmp_path: Path) -> None:
    """A missing one, a folder, and one that is no text."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path, binary):
        result = demi("explain", "--inspect", str(path))
        assert result.code == 2
        assert str(path) in result.err


def test_an_empty_list_is_no_error(demi: Demi) -> None:
    """No container runs: the answer is that there is nothing."""
    result = demi("explain", "--inspect", "-", "-o", "json", stdin="[]")
    assert (result.code, result.data) == (0, {"services": [], "problems": []})
    table = demi("explain", "--inspect", "-", stdin="[]")
    assert table.code == 0
    assert "No container" in table.err


def test_containers_and_a_file_together_are_refused(demi: Demi) -> None:
    """Which of them is meant?"""
    assert demi("explain", "felix", "--inspect", "-").code == 2


@pytest.mark.parametrize(
    "options",
    [("--host", "a b"), ("--owner", "a/b"), ("--namespace", "demi."), ("-o", "xml")],
)
def test_a_setting_that_cannot_be_used_is_a_usage_error(
    demi: Demi, inspection: Inspection, options: tuple[str, str]
) -> None:
    """Before anything is printed."""
    result = demi("explain", "--inspect", inspection(), *options)
    assert (result.code, result.out) == (2, "")
    assert result.err


def test_only_the_configured_sites_are_explained(demi: Demi, inspection: Inspection) -> None:
    """As the registrator would handle them."""
    result = demi("explain", "--inspect", inspection(), "--namespace", "demi.other", "-o", "json")
    assert (result.code, result.data["services"]) == (0, [])

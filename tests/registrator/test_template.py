"""The query template: which one is ours, and whether it is current."""

import json

import pytest

from demi_registrator.template import DEFINITION, find_template, is_current, is_ours

# What a real agent, 1.8.7, answers after DEFINITION was sent.
ANSWER = json.loads(
    r"""
    {"ID": "7b32dc9e-7fe6-1561-3d51-e95a4df4af77", "Name": "", "Session": "", "Token": "",
     "Template": {"Type": "name_prefix_match", "Regexp": "^([^.]+)\\.([^.]+)\\.([^.]+)$",
                  "RemoveEmptyTags": false},
     "Service": {"Service": "${match(3)}-${match(2)}-${match(1)}",
                 "Failover": {"NearestN": 0, "Datacenters": null}, "OnlyPassing": false,
                 "IgnoreCheckIDs": null, "Near": "", "Tags": ["demi"], "NodeMeta": null,
                 "ServiceMeta": null, "Connect": false},
     "DNS": {"TTL": ""}, "CreateIndex": 8, "ModifyIndex": 8}
    """
)


def test_what_consul_made_of_ours_is_ours_and_current() -> None:
    """Fields that Consul adds do not count."""
    found = find_template([ANSWER])
    assert found
    assert is_ours(found)
    assert is_current(found)


@pytest.mark.parametrize("part", ["Template", "Service"])
def test_an_older_one_of_ours_is_brought_up_to_date(part: str) -> None:
    """Known by its tag, whatever else has changed since."""
    for key in DEFINITION[part]:
        if key != "Tags":
            older = {**ANSWER, part: {**ANSWER[part], key: "older"}}
            assert is_ours(older)
            assert not is_current(older)


@pytest.mark.parametrize("tags", [None, [], ["web"], ["demi", "web"]])
def test_a_template_of_somebody_is_not_ours(tags: list[str] | None) -> None:
    """It stands in our place, though."""
    theirs = {**ANSWER, "Service": {**ANSWER["Service"], "Tags": tags}}
    assert find_template([theirs]) is theirs
    assert not is_ours(theirs)


def test_named_templates_and_plain_queries_are_passed_over() -> None:
    """They answer other names."""
    named = {**ANSWER, "Name": "geo"}
    plain = {**ANSWER, "Template": {"Type": "", "Regexp": ""}}
    assert find_template([named, plain, {"ID": "q"}]) is None

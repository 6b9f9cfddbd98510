"""The whole diagnosis as one function of the facts."""

from demi_registrator.doctor.consul_checks import check_consul
from demi_registrator.doctor.facts import Facts
from demi_registrator.doctor.finding import Finding
from demi_registrator.doctor.host_checks import check_host
from demi_registrator.doctor.registry_checks import check_registry


def examine(facts: Facts) -> list[Finding]:
    """One line for each check, whatever is missing."""
    return [*check_host(facts.host), *check_consul(facts.consul), *check_registry(facts)]

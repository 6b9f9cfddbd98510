"""`demi problems`: what all registrators complain of, and whether they are there at all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from demi_adapters.consul_settings import consul_settings
from demi_adapters.directory import Instance, instances_of
from demi_adapters.errors import RefusedError
from demi_adapters.problems import Severity
from demi_cli.exit_codes import ExitCode
from demi_cli.options import ConsulAddr, Output, environment
from demi_cli.output import Format, print_data, put, say
from demi_cli.tables import print_table

if TYPE_CHECKING:
    from demi_adapters.consul_client import ConsulClient
    from demi_registrator.roster import Registrator

_FIELDS = ("severity", "code", "service", "container", "owner", "message")


def problems(
    context: typer.Context, output: Output = Format.TABLE, consul_addr: ConsulAddr = None
) -> None:
    """List all registrators and the problems that they report.

    Only Consul is asked. Exit status 1 where there is an error, where a registrator is not
    fresh, or where there is none.

    A registrator is fresh while its last sync is at most three resyncs old. That time is by its
    host's clock, so ages are as good as the hosts' clocks agree.

    Example: demi problems -o json
    """
    from demi_adapters.consul_client import ConsulClient
    from demi_registrator.record import STATE_ROOT
    from demi_registrator.roster import State, collisions_across, read_roster

    with ConsulClient(consul_settings(environment(context.params))) as consul:
        _, keys = consul.keys(STATE_ROOT)
        roster = read_roster(keys, datetime.now(UTC))
        instances = _instances(consul)
    found = [
        *(problem for registrator in roster for problem in registrator.problems),
        *(
            {**problem.as_dict(), "owner": None}
            for problem in collisions_across((i.name, i.owner) for i in instances)
        ),
    ]
    if output is Format.TABLE:
        _print_roster(roster)
        if found:
            put("")
            print_table(
                [field.upper() for field in _FIELDS],
                [[problem[field] or "" for field in _FIELDS] for problem in found],
            )
    else:
        print_data({"registrators": [r.as_dict() for r in roster], "problems": found}, output)
    _explain(roster)
    # What is hidden may be errors: nobody can tell.
    is_well = all(r.state is State.FRESH and not r.hidden for r in roster)
    has_errors = any(problem["severity"] != Severity.WARNING for problem in found)
    if not roster or not is_well or has_errors:
        raise typer.Exit(ExitCode.NO)


def _instances(consul: "ConsulClient") -> list[Instance]:
    """Everything registered, without its health; what the token may not see is left out."""
    try:
        return [
            instance
            for node in consul.nodes()
            for instance in instances_of(node, consul.node_services(node), ())
        ]
    except RefusedError as error:
        say(f"demi: names that hosts share were not looked for: {error}")
        return []


def _print_roster(roster: Sequence["Registrator"]) -> None:
    print_table(
        ("OWNER", "STATE", "WHY", "VERSION", "DOCKER ENGINE", "SERVICES", "REGISTERED", "PROBLEMS"),
        [
            (
                r.owner,
                r.state,
                r.says,
                r.version,
                f"{r.engine_version} on {r.engine_host}" if r.engine_host else "",
                *(str(r.counts.get(what, "")) for what in ("services", "registered", "problems")),
            )
            for r in roster
        ],
    )


def _explain(roster: Sequence["Registrator"]) -> None:
    if not roster:
        say("No registrator has published its state in this Consul. Start one: demi registrator.")
    for registrator in roster:
        if registrator.hidden:
            say(
                f"{registrator.owner} has {registrator.hidden} more problems than it lists: "
                "mend these first, or ask demi explain there."
            )

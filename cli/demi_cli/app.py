"""The commands and their options; what they do is in the modules of `commands`."""

import typer

from demi_cli.commands import (
    doctor,
    explain,
    labels,
    lint,
    ls,
    plan,
    problems,
    registrator,
    ui,
    url,
    version,
)

app = typer.Typer(
    name="demi",
    help="Which DAQ service runs where, is it healthy, and what is its URL?",
    no_args_is_help=True,
    rich_markup_mode=None,  # labels in brackets stay, and help starts twice as fast
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("ls")(ls.ls)
app.command("url")(url.url)
app.command("explain")(explain.explain)
app.command("lint")(lint.lint)
app.command("labels")(labels.labels)
app.command("plan")(plan.plan)
app.command("problems")(problems.problems)
app.command("doctor")(doctor.doctor)
app.command("registrator")(registrator.registrator)
app.command("ui")(ui.ui)
app.command("version")(version.version)

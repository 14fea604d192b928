"""The commands (see docs/cli.md). Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from fleetgate import commands
from fleetgate.client.errors import BAD_USAGE, TRACEBACK, ClientError, unexpected
from fleetgate.options import (
    NetworkMode,
    NetworkOption,
    Output,
    OutputOption,
    SpecFile,
    give_up,
    refuse_spec,
)
from fleetgate.packaging.command import package
from fleetgate.specs import read_environment
from fleetgate.terminal import Terminal, for_programs, print_json
from shared.spec import InvalidEnvironment


class Commands(TyperGroup):
    """The commands. A wrong command line exits with `BAD_USAGE`: status 2 means that changes are pending."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Read the command line."""
        with _bad_usage():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        """Read the command's own arguments, and run it. An error that nobody expected is told in two lines."""
        with _bad_usage():
            try:
                return super().invoke(ctx)
            except (TyperException, typer.Exit, typer.Abort):
                raise
            except Exception as error:
                if os.environ.get(TRACEBACK):
                    Terminal(stderr=True).tell_lines(traceback.format_exc())
                give_up(unexpected(error))


@contextmanager
def _bad_usage() -> Iterator[None]:
    try:
        yield
    except TyperException as wrong:
        wrong.exit_code = BAD_USAGE
        raise


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help=__doc__,
    pretty_exceptions_enable=False,
    add_completion=False,
)
local = typer.Typer(no_args_is_help=True, help="Fleetgate on a Google Cloud of its own, on this machine.")
app.add_typer(local, name="local")


commands.register(app, local)
app.command()(package)


@local.command()
def run(  # noqa: PLR0913  # one an option
    spec: SpecFile,
    again: Annotated[bool, typer.Option(help="Deploy a second time: nothing may change.")] = False,
    teardown: Annotated[bool, typer.Option(help="Tear down at the end, and audit what is left.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.")] = 0,
    network: NetworkOption = NetworkMode.auto,
    report: Annotated[Path | None, typer.Option(help="Write report.json and report.html here.")] = None,
    output: OutputOption = Output.text,
) -> None:
    """Deploy SPEC on a local Google Cloud and prove its traffic. Nothing leaves this machine."""
    from fleetgate.local.installation import HOME_PROJECT
    from fleetgate.local.progress import Silent, progress_on
    from fleetgate.local.run import LocalRun, NeverEnded, run_local
    from fleetgate.report import EXIT
    from fleetgate.screens import hint, show

    terminal = Terminal(stderr=output is Output.json)
    try:
        document, environment = read_environment(spec, HOME_PROJECT)
    except InvalidEnvironment as invalid:
        refuse_spec(spec, invalid)
    progress = Silent() if output is Output.json else progress_on(terminal)
    local_run = LocalRun(
        environment.project,
        seed,
        network.value,
        progress=progress,
        network_name=environment.network,
        subnetwork=environment.subnetwork,
    )
    try:
        reports = asyncio.run(run_local(local_run, document, again=again, teardown=teardown))
    except NeverEnded as endless:
        fix = f"This is a bug in Fleetgate: report it with SPEC and --seed {seed}; another seed may succeed."
        give_up(ClientError(f"The run was given up: {endless}.", fix))
    finally:
        progress.close()
    if report is not None:
        from fleetgate.pages import write_reports

        write_reports(reports, report)
    if output is Output.json:
        values = [each.wire() for each in reports]
        print_json(values if len(values) > 1 else values[0])
    else:
        for each in reports:
            show(each, terminal)
        hint(reports[-1], spec, terminal)
    raise typer.Exit(max(EXIT[each.outcome] for each in reports))


@app.command()
def schema() -> None:
    """Print the JSON Schema of an environment, for editors to complete and check it by."""
    from fleetgate.schema import schema_text

    for_programs(schema_text())

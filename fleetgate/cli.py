"""The commands (see docs/cli.md). Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup
from typer.exceptions import TyperException

from fleetgate.specs import read_environment
from shared.spec import InvalidEnvironment

BAD_USAGE = 64


class Commands(TyperGroup):
    """The commands; a wrong command line ends with `BAD_USAGE`, for 2 says that changes are pending."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Read the command line."""
        with _bad_usage():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        """Read what is the command's own, and run it."""
        with _bad_usage():
            return super().invoke(ctx)


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


class Output(StrEnum):
    """How a result is printed."""

    text = "text"
    json = "json"


class NetworkMode(StrEnum):
    """Whether the network makes its subnets by itself."""

    auto = "auto"
    custom = "custom"


SpecFile = Annotated[Path, typer.Argument(help="The environment, as YAML.", show_default=False)]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How the result is printed.")]


@local.command()
def run(
    spec: SpecFile,
    again: Annotated[bool, typer.Option(help="Deploy a second time: nothing may change.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.")] = 0,
    network: Annotated[NetworkMode, typer.Option(help="Mode of the network `default`.")] = NetworkMode.auto,
    report: Annotated[Path | None, typer.Option(help="Write report.json and report.html here.")] = None,
    output: OutputOption = Output.text,
) -> None:
    """Deploy SPEC on a local Google Cloud and prove its traffic. Nothing leaves this machine."""
    from fleetgate.local.installation import HOME_PROJECT
    from fleetgate.local.progress import Silent, progress_on
    from fleetgate.local.run import LocalRun, run_local
    from fleetgate.report import EXIT
    from fleetgate.screens import hint, show

    console = Console(stderr=output is Output.json)
    try:
        document, environment = read_environment(spec, HOME_PROJECT)
    except InvalidEnvironment as invalid:
        _refuse(spec, invalid)
    progress = Silent() if output is Output.json else progress_on(console)
    local_run = LocalRun(environment.project, seed, network.value, progress=progress)
    try:
        reports = asyncio.run(run_local(local_run, document, again=again))
    finally:
        progress.close()
    if report is not None:
        from fleetgate.pages import write_reports

        write_reports(reports, report)
    if output is Output.json:
        values = [each.wire() for each in reports]
        sys.stdout.write(json.dumps(values if len(values) > 1 else values[0], indent=2) + "\n")
    else:
        for each in reports:
            show(each, console)
        hint(reports[-1], spec, console)
    raise typer.Exit(max(EXIT[each.outcome] for each in reports))


@app.command()
def schema() -> None:
    """Print the JSON Schema of an environment, for editors to complete and check it by."""
    from shared.spec.schema import schema_text

    sys.stdout.write(schema_text())


def _refuse(spec: Path, invalid: InvalidEnvironment) -> NoReturn:
    """Say everything that is wrong with a spec, and change nothing."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    count = len(invalid.faults)
    console.print(f"{spec}: {count} fault{'s' if count != 1 else ''}; nothing was changed", markup=False)
    for fault in invalid.faults:
        console.print(f"  {fault.path}: {fault.fault}\n    fix: {fault.fix}", markup=False)
    raise typer.Exit(BAD_USAGE)

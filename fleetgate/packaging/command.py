"""`fleetgate package`: makes the archives, and lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleetgate.client.errors import BAD_USAGE, ClientError
from fleetgate.options import Output, OutputOption, give_up
from fleetgate.terminal import for_programs, print_json

ROOT = Path(__file__).parents[2]
OUT = Path("out/archives")


def package(
    steps: Annotated[
        list[str] | None,
        typer.Argument(metavar="STEP", help="Steps to package; all without one.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="Write the archives here.")] = OUT,
    output: OutputOption = Output.text,
) -> None:
    """Make the archive of each STEP's function for deployment: the same code gives the same bytes."""
    from fleetgate.packaging.archive import UnknownStep, archive_of
    from fleetgate.packaging.archive import steps as all_steps

    try:
        archives = [archive_of(ROOT, step) for step in sorted(set(steps or all_steps(ROOT)))]
        made = [(archive, archive.write(out)) for archive in archives]
    except UnknownStep as unknown:
        give_up(ClientError(str(unknown), "Name steps of functions/, or none for all of them.", BAD_USAGE))
    except OSError as error:
        give_up(ClientError(f"The archives cannot be written: {error}", "Choose another --out.", BAD_USAGE))
    if output is Output.json:
        rows = [
            {"step": each.step, "path": str(path), "sha256": each.sha256, "size": len(each.content)}
            for each, path in made
        ]
        print_json(rows)
        return
    for each, path in made:
        for_programs(f"{path}  {each.sha256}  {len(each.content)}\n")

"""What the commands share: options, and how they report errors."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from fleetgate.client.errors import BAD_USAGE, ClientError
from fleetgate.repository import FaultyFolder
from fleetgate.terminal import Terminal
from shared.spec import Fault, InvalidEnvironment
from shared.spec.faults import WHOLE


class Output(StrEnum):
    """How a result is printed."""

    text = "text"
    json = "json"


class NetworkMode(StrEnum):
    """Whether the network creates its subnets itself."""

    auto = "auto"
    custom = "custom"


SpecFile = Annotated[Path, typer.Argument(help="The environment, as YAML.", show_default=False)]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How the result is printed.")]
NetworkOption = Annotated[NetworkMode, typer.Option(help="Mode of the network `default`.")]
Name = Annotated[str, typer.Argument(help="The environment's name.", show_default=False)]
Project = Annotated[
    str, typer.Option(envvar="FLEETGATE_PROJECT", help="The project that Fleetgate is installed in.")
]
Region = Annotated[str, typer.Option(envvar="FLEETGATE_REGION", help="The region that its anchors are in.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Publish, and do not follow to the end.")]


def refuse_spec(spec: Path, invalid: InvalidEnvironment) -> NoReturn:
    """Print all faults of a spec, and exit."""
    terminal = Terminal(stderr=True)
    count = len(invalid.faults)
    terminal.tell(f"{spec}: {count} fault{'s' if count != 1 else ''}; nothing was changed")
    for fault in invalid.faults:
        _show(spec, fault, terminal)
    raise typer.Exit(BAD_USAGE)


def refuse_folder(faulty: FaultyFolder) -> NoReturn:
    """Print all faults of the specs in a folder, and exit."""
    terminal = Terminal(stderr=True)
    count = len(faulty.faults)
    terminal.tell(f"{count} fault{'s' if count != 1 else ''}; nothing was published")
    for path, fault in faulty.faults:
        _show(path, fault, terminal)
    raise typer.Exit(BAD_USAGE)


def _show(spec: Path, fault: Fault, terminal: Terminal) -> None:
    terminal.tell(f"  {_where(spec, fault)}: {fault.fault}")
    terminal.tell(f"    fix: {fault.fix}")


def _where(spec: Path, fault: Fault) -> str:
    """The place in the file, as compilers write it and editors open it, and the path in the document."""
    place = f"{spec}:{fault.line}:{fault.column}" if fault.line else str(spec)
    return place if fault.path == WHOLE else f"{place}: {fault.path}"


def give_up(error: ClientError) -> NoReturn:
    """Print an error and its fix, and exit."""
    terminal = Terminal(stderr=True)
    terminal.tell(error.cause)
    terminal.tell(f"  fix: {error.fix}")
    raise typer.Exit(error.exit_status)

"""The commands of the client, and `local up`, which starts a cloud for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetgate.client.errors import BAD_USAGE, ClientError, client_errors
from fleetgate.options import (
    Name,
    NetworkMode,
    NetworkOption,
    NoWait,
    Output,
    OutputOption,
    Project,
    Region,
    SpecFile,
    give_up,
    refuse_folder,
    refuse_spec,
)
from fleetgate.repository import FaultyFolder, read_folder
from fleetgate.terminal import Terminal, for_programs, print_json
from shared.spec import InvalidEnvironment

if TYPE_CHECKING:
    from fleetgate.client.target import Target
    from fleetgate.report import Report

INTERRUPTED = 130


class Goal(StrEnum):
    """What can be waited for."""

    verified = "verified"
    removed = "removed"


def register(app: typer.Typer, local: typer.Typer) -> None:
    """Make these the commands of `app`, and `up` one of `local`."""
    for command in (deploy, verify, extend, teardown, sweep, status, wait, reconcile):
        app.command()(command)
    local.command()(up)


def deploy(
    spec: SpecFile,
    no_wait: NoWait = False,
    output: OutputOption = Output.text,
    project: Project = "",
    region: Region = "",
) -> None:
    """Deploy SPEC, or change the environment to match it; follow until it is verified."""
    from fleetgate.specs import read_environment

    with _target(project, region) as target:
        try:
            document, environment = read_environment(spec, target.project)
        except InvalidEnvironment as invalid:
            refuse_spec(spec, invalid)
        request = {"action": "deploy", "environment": document}
        _act(target, request, environment.name, no_wait, output)


def verify(
    name: Name,
    no_wait: NoWait = False,
    output: OutputOption = Output.text,
    project: Project = "",
    region: Region = "",
) -> None:
    """Prove again that the traffic of NAME goes where it should."""
    with _target(project, region) as target:
        _require(target, name)
        _act(target, {"action": "verify", "name": name}, name, no_wait, output)


def extend(
    name: Name,
    ttl: Annotated[str, typer.Option(help="How long from now the lease lasts: 30m to 30d.")],
    no_wait: NoWait = False,
    output: OutputOption = Output.text,
    project: Project = "",
    region: Region = "",
) -> None:
    """Move the end of the lease of NAME."""
    with _target(project, region) as target:
        request = {"action": "extend", "name": name, "ttl": ttl}
        _check(request, target.project)
        _require(target, name)
        _act(target, request, name, no_wait, output)


def teardown(
    name: Name,
    disable_apis: Annotated[
        bool, typer.Option("--disable-apis", help="Disable the APIs that the tutorial enabled, too.")
    ] = False,
    no_wait: NoWait = False,
    output: OutputOption = Output.text,
    project: Project = "",
    region: Region = "",
) -> None:  # fmt: skip
    """Remove everything of NAME, and check that nothing is left."""
    with _target(project, region) as target:
        _require(target, name)
        request = {"action": "teardown", "name": name} | ({"disableApis": True} if disable_apis else {})
        _act(target, request, name, no_wait, output)


def sweep(
    final: Annotated[
        bool, typer.Option("--final", help="Only take every tombstone away: before Fleetgate is uninstalled.")
    ] = False,
    no_wait: NoWait = False,
    output: OutputOption = Output.text,
    project: Project = "",
    region: Region = "",
) -> None:
    """Tear down what has outlived its lease, as the schedule does, and take old tombstones away."""
    with _target(project, region) as target:
        _act(target, {"action": "sweep"} | ({"final": True} if final else {}), "", no_wait, output)


def status(
    name: Annotated[str, typer.Argument(help="One environment; all without it.", show_default=False)] = "",
    ended: Annotated[bool, typer.Option("--ended", help="Show those that ended within the last hour, too.")] = False,
    output: OutputOption = Output.text,
    project: Project = "",
    region: Region = "",
) -> None:  # fmt: skip
    """Show the environments of every project: phase, lease, and of NAME addresses and what it waits for."""
    from fleetgate.client.environments import all_states, state_of
    from fleetgate.client.installed import require_installed
    from fleetgate.client.screens import show_all, show_one

    with _target(project, region) as target:
        states = [state_of(target, name)] if name else all_states(target, ended)
        if not states:
            require_installed(target)
    if output is Output.json:
        values = [each.wire() for each in states]
        print_json(values[0] if name else values)
    elif name:
        show_one(states[0], Terminal())
    elif states:
        show_all(states, Terminal())
    else:
        Terminal(stderr=True).tell("There are no environments.")


def wait(
    name: Name,
    goal: Annotated[Goal, typer.Option("--for", help="What to wait for.")],
    timeout: Annotated[float | None, typer.Option(help="Seconds after which to give up.", min=0)] = None,
    project: Project = "",
    region: Region = "",
) -> None:
    """Wait until NAME is verified or removed, whoever requested it."""
    from fleetgate.client.waiting import wait_for

    with _target(project, region) as target:
        words = wait_for(target, name, goal.value, timeout)
    Terminal(stderr=True).tell(words)


def reconcile(
    folder: Annotated[Path, typer.Argument(help="Where the specs are.")] = Path("environments"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the requests, and publish nothing.")
    ] = False,
    output: OutputOption = Output.text,
    project: Project = "",
    region: Region = "",
) -> None:
    """Make the environments match the specs in FOLDER: deploy what differs, tear down what is gone."""
    from fleetgate.client import reconciling
    from fleetgate.client.screens import show_reconciliation

    with _target(project, region) as target:
        try:
            kept = read_folder(folder, target.project)
        except FaultyFolder as faulty:
            refuse_folder(faulty)
        result = reconciling.reconcile(target, kept, dry_run)
    _finish(output, result.wire, lambda: show_reconciliation(result, Terminal(), dry_run))


def up(  # noqa: PLR0913  # one an option
    port: Annotated[int, typer.Option(help="Port of the APIs; 0 takes a free one.", min=0, max=65535)] = 0,
    speed: Annotated[float, typer.Option(help="Times real time.", min=0.1, max=10_000)] = 60.0,
    network: NetworkOption = NetworkMode.auto,
    project: Annotated[str, typer.Option(help="The project that environments go to.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed draws the same durations.")] = 0,
    env_file: Annotated[Path | None, typer.Option(help="Write the variables here.", show_default=False)] = None,
    empty: Annotated[bool, typer.Option("--empty", help="A new project, with nothing of Fleetgate in it.")] = False,
) -> None:  # fmt: skip
    """Run a local Google Cloud with Fleetgate in it until Ctrl-C; prints the variables to export for using it."""
    import asyncio

    from fleetgate.local.installation import HOME_PROJECT
    from fleetgate.local.up import RunningCloud, Up, stay_up

    if empty and network is not NetworkMode.auto:
        give_up(ClientError("A new project's network is in auto mode.", "Leave out --network.", BAD_USAGE))
    home = project or HOME_PROJECT
    inside = f"with the new project {home}" if empty else "with Fleetgate in it"
    begin = "gcloud compute networks list" if empty else "fleetgate deploy examples/store.yaml"

    def announce(running: RunningCloud) -> None:
        if not sys.stdout.isatty():  # hundreds of lines, which only a program wants to read
            for_programs(running.exports)
        for line in (
            f"A Google Cloud is up at {running.base_url}, {speed:g} times as fast as real time, {inside}.",
            f"In another terminal:  . {running.env_file}",
            f"Then, for instance:   {begin}",
            "Ctrl-C stops it and deletes everything in it.",
        ):
            Terminal(stderr=True).tell(line)

    try:
        asyncio.run(stay_up(Up(home, network.value, port, speed, seed, env_file, empty), announce))
    except OSError as error:
        give_up(
            ClientError(f"The cloud cannot start: {error}", "Choose another --port or --env-file.", BAD_USAGE)
        )


@contextmanager
def _target(project: str, region: str) -> Iterator[Target]:
    """The target in `project`. An error is printed, and ends the command."""
    from fleetgate.client.target import target_of

    try:
        where = target_of(project, region)
        what = f"Fleetgate ({where.requests}, {where.workflow})"
        with closing(where.google), client_errors(where.project, what):
            yield where
    except ClientError as error:
        give_up(error)
    except KeyboardInterrupt:
        fix = "`fleetgate status` shows its progress."
        give_up(ClientError("Interrupted; a published request continues.", fix, INTERRUPTED))


def _require(target: Target, name: str) -> None:
    from fleetgate.client.environments import anchor_of

    anchor_of(target, name)


def _check(request: Mapping[str, Any], project: str) -> None:
    """Refuse a faulty request before it is published."""
    from shared.spec import InvalidRequest, parse_request

    try:
        parse_request(json.dumps(request).encode(), project=project)
    except InvalidRequest as invalid:
        fault = invalid.faults[0]
        raise ClientError(f"{fault.path}: {fault.fault}", fault.fix, BAD_USAGE) from None


def _act(target: Target, request: Mapping[str, Any], name: str, no_wait: bool, output: Output) -> None:
    """Publish a request, and follow it to its end unless `no_wait`."""
    from fleetgate.client.following import Following, publish, publish_to_follow
    from fleetgate.client.screens import Lines, Silence
    from fleetgate.report import EXIT

    progress = Silence() if output is Output.json else Lines(Terminal(stderr=True))
    told = f"{request['action']}{name and f' of {name}'} is published: message"
    if no_wait:
        message = publish(target, request)
        progress.tell(0.0, f"{told} {message}")
        published_request = {"environment": name, "action": request["action"], "messageId": message}
        _finish(output, lambda: published_request, lambda: None)
        return
    published = publish_to_follow(target, request)
    progress.tell(0.0, f"{told} {published.message}")
    report = Following(target, published, progress).to_the_end(request)
    _finish(output, report.wire, lambda: _show(report, target))
    raise typer.Exit(EXIT[report.outcome])


def _show(report: Report, target: Target) -> None:
    from fleetgate.client.environments import state_of
    from fleetgate.client.screens import lease
    from fleetgate.screens import show

    terminal = Terminal()
    show(report, terminal)
    if report.outcome == "done" and report.action in ("deploy", "extend"):
        ends = lease(state_of(target, report.environment))
        terminal.tell(f"  the lease ends {ends}" if ends != "no end" else "  the lease has no end")


def _finish(output: Output, value: Callable[[], Any], show: Callable[[], None]) -> None:
    if output is Output.json:
        print_json(value())
    else:
        show()

"""Formats change under living environments: what an earlier release made, the present code looks after.

Marks in descriptions and labels, annotations, field managers, results of executions: all that it left is read here.
Each recording is made again in a cloud of today, which has the present code in it.
"""

from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fleetgate.cli import app
from fleetgate.local.run import LocalRun
from localcloud.wire.messages import Json
from tests.acceptance.runs import settle
from tests.acceptance.test_changes import Life
from tests.acceptance.test_teardown import ended, listen
from tests.releases.recording import FOLDER, Recording, managers_of
from tests.releases.replay import differences, replay
from tests.support.local_cloud import let_pass, shell_variables

NEWEST = "32aef40"  # the release before the present code; `make test` makes one environment of its, `make prove` all
RECORDINGS = sorted(FOLDER.glob("*/*.json"))
STORE = FOLDER / NEWEST / "store.json"


def _marked(path: Path) -> Any:
    title = f"{path.parent.name}-{path.stem}"
    return pytest.param(path, id=title, marks=() if path == STORE else pytest.mark.long)


@pytest.mark.parametrize("path", [_marked(each) for each in RECORDINGS])
def test_an_environment_of_an_earlier_release_lives_on(path: Path) -> None:
    """It stands as it stood; it is verified; its own spec changes the Gateway alone; a teardown leaves nothing."""

    async def story() -> None:
        recording = Recording.read(path)
        async with LocalRun(seed=recording.seed) as local:
            life = Life(local, recording.document["name"])
            await replay(local, recording)
            assert [] == await differences(local, recording, life.before)
            assert recording.managers == managers_of(local.cloud.world, recording.changes)

            await is_verified(local, recording.document["name"])
            assert ["setLabels", "setLabels", "PATCH", "setLabels"] == await life.writes(recording.document)
            await life.stays(recording.document)
            await life.ends()

    asyncio.run(story())


@pytest.mark.long
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_it_changes_in_place(path: Path) -> None:
    """Another route, an export less, another check, a cluster more: each ends verified, and nothing is left over.

    The objects keep their one field manager. Under another, what a spec no longer says would stay.
    """

    async def story() -> None:
        recording = Recording.read(path)
        document = copy.deepcopy(recording.document)
        async with LocalRun(seed=recording.seed) as local:
            life = Life(local, document["name"])
            await replay(local, recording)
            await differences(local, recording, life.before)

            await life.becomes(_rerouted(document))
            assert recording.managers == managers_of(local.cloud.world, recording.changes)
            await life.becomes(_without_the_first_rule(document))
            await life.becomes(_with_another_cluster(document))
            await life.ends()

    asyncio.run(story())


@pytest.mark.long
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_what_was_half_made_is_finished(path: Path, part: float) -> None:
    """The release was replaced while it deployed: a new request takes over, from wherever it was."""

    async def story() -> None:
        recording = Recording.read(path)
        async with LocalRun(seed=recording.seed) as local:
            life = Life(local, recording.document["name"])
            await replay(local, recording, round(part * len(recording.changes)))
            await life.becomes(recording.document)
            await life.ends()

    asyncio.run(story())


@pytest.mark.parametrize(
    "action", ["sweep", *(pytest.param(each, marks=pytest.mark.long) for each in ("teardown", "deploy"))]
)
def test_an_anchor_without_labels_is_dealt_with(action: str) -> None:
    """On Google, 32aef40 comes this far: the insert drops its anchor's labels, and the name is blocked from then on.

    A deploy takes the anchor over; a teardown and the sweep remove it.
    """

    async def story() -> None:
        recording = Recording.read(FOLDER / "32aef40" / "store.json")
        async with LocalRun(seed=recording.seed) as local:
            life = Life(local)
            await replay(local, recording, upto=1, labelled=False)
            (anchor,) = local.cloud.world.store["compute.addresses"].list(ANCHOR.partition(" ")[2])
            assert not anchor.get("labels")

            if action == "deploy":
                await life.becomes(recording.document)
            elif action == "sweep":
                assert "done" == (await local.act({"action": "sweep"})).outcome
                await settle(local, [])
                await let_pass(local.cloud, 600.0, to_the_end=True)
                assert [] == await life.left()
            await life.ends()

    asyncio.run(story())


def test_the_command_line_reads_it_and_extends_its_lease(tmp_path: Path) -> None:
    """Its phase and addresses come from the result that the release's own workflow returned."""

    async def story() -> None:
        recording = Recording.read(STORE)
        async with LocalRun(seed=recording.seed, grpc=True) as local:
            await replay(local, recording)
            environ = shell_variables(local.installation, tmp_path)
            (listed,) = await _json(environ, "status")
            shown = await _json(environ, "status", "store")

            assert ("store", "verified", "done") == (listed["name"], listed["phase"], listed["outcome"])
            assert recording.execution["result"]["addresses"] == shown["addresses"]
            assert listed["expires"] == shown["expires"]
            ends = int(recording.stands[ANCHOR]["labels"]["fleetgate-expires"])
            assert ends == _lease(local)

            await _json(environ, "extend", "store", "--ttl", "3d", "--no-wait")
            await let_pass(local.cloud, 60.0, to_the_end=True)
            assert 2 * 24 * 3600 < _lease(local) - ends
            extended = await _json(environ, "status", "store")
            assert ("verified", recording.execution["result"]["addresses"]) == (
                extended["phase"],
                extended["addresses"],
            )

    asyncio.run(story())


@pytest.mark.long
def test_the_sweep_removes_it_when_its_lease_is_over() -> None:
    """The release wrote when that is."""

    async def story() -> None:
        recording = Recording.read(STORE)
        async with LocalRun(seed=recording.seed, sweep=True) as local:
            life, endings = Life(local), listen(local)
            await replay(local, recording)
            assert [] == await differences(local, recording, life.before)
            lease = _lease(local)
            await local.cloud.run_until(lambda: local.cloud.world.clock.now > lease - 60)
            assert ["expiring"] == sorted(endings)

            await ended(local, endings, "removed")
            await settle(local, [])
            assert [] == await life.left()

    asyncio.run(story())


ANCHOR = "compute.addresses projects/fleetgate-demo/regions/us-central1/addresses/fleetgate-store"


async def is_verified(local: LocalRun, name: str) -> None:
    """Every address, host and rule is tried from inside the VPC."""
    report = await local.act({"action": "verify", "name": name})
    assert ("done", True) == (report.outcome, bool(report.traffic)), report
    assert all(each.ok for each in report.traffic)


def _lease(local: LocalRun) -> int:
    (anchor,) = local.cloud.world.store["compute.addresses"].list(ANCHOR.partition(" ")[2])
    return int(anchor["labels"]["fleetgate-expires"])


async def _json(environ: dict[str, str], *command: str) -> Any:
    """What `fleetgate COMMAND -o json` prints, while the cloud answers it."""
    done = await asyncio.to_thread(CliRunner().invoke, app, [*command, "-o", "json"], env=environ)
    assert 0 == done.exit_code, done.output
    return json.loads(done.stdout)


def _rerouted(document: Json) -> Json:
    """With a rule more, which leads to the first service, and another health check."""
    found = copy.deepcopy(document)
    service = found["services"][0]
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": "/more"}}],
        "backendRefs": [{"name": service["name"], "port": service["port"]}],
    }
    found["routes"][0]["rules"].insert(0, rule)
    return found | {"healthCheck": {"checkIntervalSec": 20}}


def _without_the_first_rule(document: Json) -> Json:
    """Nor the services that it alone led to."""
    found = copy.deepcopy(document)
    rules = found["routes"][0]["rules"]
    gone = {each["name"] for each in rules.pop(0)["backendRefs"]}
    kept = {each["name"] for rule in rules for each in rule["backendRefs"]}
    found["services"] = [each for each in found["services"] if each["name"] not in gone - kept]
    return found


def _with_another_cluster(document: Json) -> Json:
    found = copy.deepcopy(document)
    found["clusters"].append({"name": "gke-south-1", "location": "us-south1-a"})
    return found

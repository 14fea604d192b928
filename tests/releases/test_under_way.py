"""Requests under way when an earlier release is replaced: they keep its workflow, and get the present functions.

`cloudbuild.yaml` promises that functions understand the messages of this version and of the one before, and deploys
them first. So executions of the recorded workflow ask the present functions here; what the release's own functions had
answered before they were replaced is taken from the recording.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from fleetgate.local.run import LocalRun
from localcloud.wire.messages import Json
from localcloud.workflows.callbacks import CallbackRequest, Callbacks
from localcloud.workflows.executions import Execution
from tests.acceptance.runs import settle
from tests.acceptance.test_changes import Life
from tests.releases.recording import FOLDER, Recording
from tests.releases.replay import differences, put_workflow, replay
from tests.support.paths import ROOT

PRESENT = (ROOT / "workflows" / "environment.yaml").read_text("utf-8")
RECORDINGS = sorted(FOLDER.glob("*/store.json"))
CHECKED = 6  # answers: to the claim, and to the check of five steps


@pytest.mark.long
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.parent.name)
def test_a_deploy_under_way_is_finished(path: Path) -> None:
    """Its claim and its checks were answered by the release's functions; all else is the present ones' to do."""

    async def story() -> None:
        recording = Recording.read(path)
        async with LocalRun(seed=recording.seed) as local:
            life = Life(local)
            await put_workflow(local, _workflow_of(path))
            with answered_as_then(recording.answers[:CHECKED]) as left:
                request = {"action": "deploy", "environment": recording.document}
                result = await _finished(local, request, lambda: not left)

            assert ("done", True) == (result["outcome"], all(each["ok"] for each in result["traffic"]))
            assert recording.execution["result"]["addresses"] == result["addresses"]
            await settle(local, [])
            await life.stays(recording.document)
            await life.ends()

    asyncio.run(story())


@pytest.mark.long
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.parent.name)
def test_a_teardown_under_way_is_finished(path: Path) -> None:
    """Of an environment that the release had made; a request to verify it comes before."""

    async def story() -> None:
        recording = Recording.read(path)
        async with LocalRun(seed=recording.seed) as local:
            life = Life(local)
            await replay(local, recording)
            assert [] == await differences(local, recording, life.before)

            await put_workflow(local, _workflow_of(path))
            name = recording.document["name"]
            verified = await local.act({"action": "verify", "name": name})
            assert ("done", True) == (verified.outcome, all(each.ok for each in verified.traffic))

            gateways = local.cloud.world.store["compute.forwardingRules"]
            removed = await _finished(
                local, {"action": "teardown", "name": name}, lambda: not gateways.names("")
            )
            assert ("done", "teardown", []) == (
                removed["outcome"],
                removed["action"],
                removed.get("leaks", []),
            )
            await settle(local, [])
            assert [] == await life.left()

    asyncio.run(story())


@contextmanager
def answered_as_then(recorded: Sequence[Json]) -> Iterator[dict[str, Json]]:
    """The first answer of each step that is done is the recorded one, under the nonce and generation of here.

    It gives the answers that nobody has given yet, by step.
    """
    left = {each["step"]: each for each in recorded}
    send = Callbacks.send

    def sent(callbacks: Callbacks, request: CallbackRequest) -> int:
        answer = json.loads(request.body)
        if answer["outcome"] == "done" and (then := left.pop(answer["step"], None)):
            outputs = {
                name: answer["outputs"][name] for name in ("generation",) if name in answer.get("outputs", {})
            }
            told = {**then, "nonce": answer["nonce"], "outputs": {**then.get("outputs", {}), **outputs}}
            return send(callbacks, replace(request, body=json.dumps(told).encode()))
        return send(callbacks, request)

    with patch.object(Callbacks, "send", sent):
        yield left


async def _finished(local: LocalRun, request: Json, under_way: Callable[[], bool]) -> Json:
    """An execution's result. Once it is `under_way`, the present workflow is deployed, which it does not follow."""
    workflow, executions = local.installation.workflow, local.cloud.executions
    message = local.installation.publish(json.dumps(request).encode())
    await local.cloud.run_until(lambda: bool(executions.of_event(workflow, message)) and under_way())
    (execution,) = executions.of_event(workflow, message)
    assert execution.ended is None
    await put_workflow(local, PRESENT)
    await local.cloud.run_until(lambda: execution.ended is not None and local.cloud.schedule.idle)
    assert PRESENT != execution.revision["sourceContents"]
    return _result(execution)


def _result(execution: Execution) -> Json:
    assert execution.run.result, execution.run.error
    result: Json = json.loads(execution.run.result)
    return result


def _workflow_of(path: Path) -> str:
    return (path.parent / "environment.yaml").read_text("utf-8")

"""Records what the code of this checkout makes an environment with, and what then stands: test data for later releases.

    .venv/bin/python -m tests.releases.record examples/store.yaml

It deploys the spec on a local cloud, and writes `tests/releases/REVISION/NAME.json`: each change of a resource that was
asked for (when, by whom, path and body), the answers of the functions, the execution as it ended, and the part of the
cloud's canonical dump that is the environment's. The workflow is put beside it: executions that began with it may
still run when the next release is deployed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import yaml

from fleetgate.local.run import LocalRun
from localcloud.records.call_log import LoggedCall
from localcloud.request_path import REQUEST_PATH, Api, RequestPath
from localcloud.wire.messages import Json, Request, Response
from localcloud.world import World
from tests.acceptance.runs import RESOURCE_APIS, settle
from tests.releases.recording import (
    FOLDER,
    SET_POLICY,
    Change,
    Recording,
    added,
    environments_part,
    managers_of,
)
from tests.support.paths import ROOT

ABOUT = "Recorded by tests/releases/record.py of the same revision, on the local cloud."


class RecordingPath(RequestPath):
    """The path of requests of a world, which from then on keeps the changes that are asked for, and done answers."""

    def __init__(self, world: World) -> None:
        path = world[REQUEST_PATH]
        super().__init__(path.clock, path.log, path.faults)
        self._world, self._began = world, path.clock.now
        self.changes: list[Change] = []
        self.answers: list[Json] = []
        world[REQUEST_PATH] = self

    def answer(self, request: Request, api: Api) -> Response:
        """The answer; an accepted change is kept."""
        policies = {each.id: deepcopy(each.policy.get("bindings", [])) for each in self._world.projects.all()}
        before = len(self.log.calls)
        response = super().answer(request, api)
        for call in self.log.calls[before:][-1:]:  # calls that it led to were logged before it
            if call.mutation and call.status < 400:
                self._keep(call, request, policies)
        return response

    def _keep(self, call: LoggedCall, request: Request, policies: Mapping[str, list[Json]]) -> None:
        if call.service in RESOURCE_APIS:
            self.changes.append(self._change(call, request, policies))
        if "/callbacks/" in request.path and request.json()["outcome"] == "done":
            self.answers.append(request.json())

    def _change(self, call: LoggedCall, request: Request, policies: Mapping[str, list[Json]]) -> Change:
        cluster = call.resource.removesuffix(request.path) if call.service == "kubernetes" else ""
        body = request.json()
        if request.path.endswith(SET_POLICY):
            project = request.path.rpartition("/")[2].removesuffix(SET_POLICY)
            body = {"policy": {"bindings": added(policies[project], body["policy"]["bindings"])}}
        return Change(
            round(call.when - self._began, 3),
            call.caller.identity,
            cluster,
            request.method,
            request.path,
            dict(request.query),
            request.headers.get("content-type", ""),
            body,
        )


async def record(document: Json, seed: int, revision: str) -> Recording:
    """Deploy the document with the present code, and record it."""
    async with LocalRun(seed=seed) as local:
        before, path = local.cloud.dump(), RecordingPath(local.cloud.world)
        report = await local.deploy(document)
        assert report.outcome == "done", report
        await settle(local, [])
        (execution,) = local.cloud.executions.of(local.installation.workflow)
        return Recording(
            revision,
            ABOUT,
            seed,
            document,
            {
                "id": execution.id,
                "argument": json.loads(execution.argument or "{}"),
                "result": json.loads(execution.run.result or "{}"),
            },
            path.answers,
            path.changes,
            environments_part(before, local.cloud.dump(), path.changes),
            managers_of(local.cloud.world, path.changes),
        )


def main() -> None:
    """Record the environment of a spec, as this checkout makes it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("spec", type=Path)
    given = parser.parse_args()
    document = yaml.safe_load(given.spec.read_text("utf-8"))
    command = ["git", "rev-parse", "--short", "HEAD"]
    revision = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    recording = asyncio.run(record(document, 0, revision))
    recording.write(FOLDER / revision / f"{document['name']}.json")
    shutil.copy(ROOT / "workflows" / "environment.yaml", FOLDER / revision)


if __name__ == "__main__":
    main()

"""What executions write to Cloud Logging: the platform's own log of each, and what `sys.log` says.

The log `workflows.googleapis.com/executions_system`, its severities and its labels are [documented: logging/docs/api/
platform-logs, "Workflows"]. Its payload is google.cloud.workflows.type.ExecutionsSystemLog [documented: googleapis,
google/cloud/workflows/type/executions_system.proto], a jsonPayload with its type [observed: sinks and alerts in public
repositories filter by `jsonPayload.@type` and `jsonPayload.state`]. Its field `message` is left out: nobody has written
down the words. The log of `sys.log`, and the label project_id, are from memory.

The workflow's service account needs `logging.logEntries.create` [documented: workflows/docs/authentication]. Without it
nothing is written, and the execution goes on [inferred].
"""

from __future__ import annotations

from typing import Any

from localcloud.iam.access import ACCESS
from localcloud.logging.entries import ENTRIES
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.workflows.values import to_json
from localcloud.world import World

SYSTEM_LOG, CUSTOM_LOG = "workflows.googleapis.com/executions_system", "Workflows"
TYPE = "type.googleapis.com/google.cloud.workflows.type.ExecutionsSystemLog"
WRITE = "logging.logEntries.create"
LONGEST = 1000  # bytes of an exception and of its source [documented: the proto's "1 kB"]


class ExecutionLog:
    """Writes the entries of one execution of a revision of a workflow."""

    def __init__(self, world: World, definition: Json, execution: str) -> None:
        self._world = world
        self._definition = definition
        self._execution = execution

    def started(self, argument: str | None) -> None:
        """The execution begins; `argument` is JSON text."""
        self._system("INFO", "ACTIVE", {"start": {"argument": argument or ""}})

    def ended(self, state: str, result: str | None, error: Json | None) -> None:
        """The execution is over, with a result (JSON text) or an error as the executions API shows it."""
        if error is not None:
            self._system("ERROR", state, {"failure": _failure(error)})
        elif result is not None:
            self._system("INFO", state, {"success": {"result": result}})
        else:
            self._system("INFO", state, {})

    def custom(self, severity: str, payload: Any) -> None:
        """What `sys.log` says: a map is the entry's jsonPayload, all else its textPayload [documented: sys.log]."""
        text = payload if isinstance(payload, str) else to_json(payload)
        said = {"jsonPayload": payload} if isinstance(payload, dict) else {"textPayload": text}
        self._write(CUSTOM_LOG, {"severity": severity, **said})

    def _system(self, severity: str, state: str, details: Json) -> None:
        now = rfc3339(self._world.clock.now)
        payload = {"@type": TYPE, "activityTime": now, "state": state, **details}
        self._write(SYSTEM_LOG, {"severity": severity, "jsonPayload": payload})

    def _write(self, log: str, entry: Json) -> None:
        _, project, _, location, _, workflow = self._definition["name"].split("/")
        account = self._definition["serviceAccount"].rpartition("/")[2]
        if not self._world[ACCESS].allows(self._world, account, WRITE, f"projects/{project}"):
            return
        labels = {"project_id": project, "location": location, "workflow_id": workflow}
        self._world[ENTRIES].write(
            project,
            log,
            {
                **entry,
                "resource": {"type": "workflows.googleapis.com/Workflow", "labels": labels},
                "labels": {
                    "workflows.googleapis.com/execution_id": self._execution,
                    "workflows.googleapis.com/revision_id": self._definition["revisionId"],
                },
            },
        )


def _failure(error: Json) -> Json:
    elements = error.get("stackTrace", {}).get("elements", [])
    source = f"{elements[0]['routine']}.{elements[0]['step']}" if elements else ""
    return {"exception": _cut(error["payload"]), "source": _cut(source)}


def _cut(text: str) -> str:
    return text.encode()[:LONGEST].decode("utf-8", "ignore")

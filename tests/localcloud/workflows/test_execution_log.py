"""Executions write to Cloud Logging: how they begin and end, and what `sys.log` says."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.iam.access import ACCESS, define_role
from localcloud.iam.grants import grant
from localcloud.wire.messages import Json
from localcloud.workflows.executions import EXECUTIONS
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

WORKFLOW = f"projects/{PROJECT}/locations/us-central1/workflows/greet"
ACCOUNT = f"worker@{PROJECT}.iam.gserviceaccount.com"
SYSTEM = 'log_id("workflows.googleapis.com/executions_system")'


@pytest.fixture
def services() -> Services:
    """A project that has Workflows and its log."""
    return Services(a_world("workflows", "workflowexecutions", "logging"))


def run(services: Services, source: str, argument: str | None = None) -> str:
    """Execute a workflow of this source to its end; the execution's id."""
    executions = services.world[EXECUTIONS]
    executions.deploy(WORKFLOW, source, ACCOUNT)
    execution = executions.start(WORKFLOW, argument)
    services.wait(60)
    return execution.id


def entries(services: Services, filter: str) -> list[Json]:
    """What the filter lets through."""
    body = {"resourceNames": [f"projects/{PROJECT}"], "filter": filter}
    found: list[Json] = services.ok("POST", "logging/v2/entries:list", body).get("entries", [])
    return found


def test_an_execution_says_when_it_begins_and_ends(services: Services) -> None:
    """By the platform's log, with the execution and the revision as labels [documented]."""
    id_ = run(services, "main: {params: [who], steps: [{out: {return: '${who}'}}]}", '"me"')
    begun, ended = entries(services, f'{SYSTEM} labels."workflows.googleapis.com/execution_id"="{id_}"')

    labels = {"project_id": PROJECT, "location": "us-central1", "workflow_id": "greet"}
    assert (
        {"type": "workflows.googleapis.com/Workflow", "labels": labels}
        == begun["resource"]
        == ended["resource"]
    )
    assert begun["labels"]["workflows.googleapis.com/revision_id"].startswith("000001-")
    assert ("INFO", "ACTIVE", {"argument": '"me"'}) == (
        begun["severity"],
        begun["jsonPayload"]["state"],
        begun["jsonPayload"]["start"],
    )
    assert ("INFO", "SUCCEEDED", {"result": '"me"'}) == (
        ended["severity"],
        ended["jsonPayload"]["state"],
        ended["jsonPayload"]["success"],
    )


def test_an_execution_that_fails_says_why_and_where(services: Services) -> None:
    """In 1 kB each [documented]; the filter is one of public alert policies."""
    run(
        services,
        "main: {steps: [{go: {call: deeper}}]}\ndeeper: {steps: [{stop: {raise: '" + "x" * 2000 + "'}}]}",
    )
    (failed,) = entries(
        services,
        'resource.type="workflows.googleapis.com/Workflow" resource.labels.workflow_id="greet" '
        'severity=ERROR jsonPayload.state="FAILED"',
    )

    assert (
        "type.googleapis.com/google.cloud.workflows.type.ExecutionsSystemLog"
        == failed["jsonPayload"]["@type"]
    )
    assert "deeper.stop" == failed["jsonPayload"]["failure"]["source"]
    assert '"' + "x" * 999 == failed["jsonPayload"]["failure"]["exception"]


def test_an_execution_that_is_cancelled_says_so(services: Services) -> None:
    """As no failure."""
    executions = services.world[EXECUTIONS]
    executions.deploy(WORKFLOW, "main: {steps: [{wait: {call: sys.sleep, args: {seconds: 900}}}]}", ACCOUNT)
    execution = executions.start(WORKFLOW)
    services.wait(10)
    executions.cancel(execution.name)
    services.wait(10)

    assert ["ACTIVE", "CANCELLED"] == [each["jsonPayload"]["state"] for each in entries(services, SYSTEM)]
    assert [] == entries(services, "severity>=ERROR")


def test_an_account_that_may_not_write_writes_nothing(services: Services) -> None:
    """And its execution ends as it would."""
    services.world[ACCESS].enforced = True
    id_ = run(services, "main: {steps: [{say: {call: sys.log, args: {text: hi}}}]}")

    assert "SUCCEEDED" == services.world[EXECUTIONS].get(f"{WORKFLOW}/executions/{id_}").run.state.value
    services.world[ACCESS].enforced = False
    assert [] == entries(services, "")

    services.world[ACCESS].enforced = True
    define_role(services.world, f"projects/{PROJECT}/roles/writer", ["logging.logEntries.create"])
    grant(
        services.world, f"projects/{PROJECT}", f"projects/{PROJECT}/roles/writer", f"serviceAccount:{ACCOUNT}"
    )
    run(services, "main: {steps: [{say: {call: sys.log, args: {text: hi}}}]}")
    services.world[ACCESS].enforced = False
    assert 3 == len(entries(services, ""))


@pytest.mark.parametrize(
    ("arguments", "payload"),
    [
        ("{text: hi, severity: WARNING}", {"textPayload": "hi"}),
        ("{json: {a: 1}, severity: WARNING}", {"jsonPayload": {"a": 1}}),
        ("{data: [1, 2], severity: WARNING}", {"textPayload": "[1,2]"}),
        ("{data: 7, severity: WARNING}", {"textPayload": "7"}),
    ],
)
def test_what_sys_log_says_is_an_entry(services: Services, arguments: str, payload: dict[str, Any]) -> None:
    """Of the execution."""
    id_ = run(services, f"main: {{steps: [{{say: {{call: sys.log, args: {arguments}}}}}]}}")
    (said,) = entries(services, "severity=WARNING")

    assert payload.items() <= said.items()
    assert id_ == said["labels"]["workflows.googleapis.com/execution_id"]
    assert f"projects/{PROJECT}/logs/Workflows" == said["logName"]

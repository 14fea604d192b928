"""A condition on the log raises alerts, which the API shows."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.iam.access import ACCESS
from localcloud.logging.entries import ENTRIES, EntryFault, Late, Never
from localcloud.logging.lines import write_lines
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import NOT_IMPLEMENTED
from localcloud.workflows.executions import EXECUTIONS
from tests.localcloud.monitoring.conftest import LOG, RATE, THRESHOLD
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

PLACE = f"projects/{PROJECT}/locations/us-central1"
EXECUTIONS_LOG = {
    "displayName": "An execution failed",
    "conditionMatchedLog": {
        "filter": 'resource.type="workflows.googleapis.com/Workflow" AND '
        'log_id("workflows.googleapis.com/executions_system") AND jsonPayload.state="FAILED"',
        "labelExtractors": {"execution": 'EXTRACT(labels."workflows.googleapis.com/execution_id")'},
    },
}


@pytest.fixture
def monitoring() -> Services:
    """A project whose Monitoring, Logging and Workflows are on; paths are below `monitoring/v3/projects/shop/`."""
    return Services(a_world("monitoring", "logging", "workflows"), f"monitoring/v3/projects/{PROJECT}/")


def make(services: Services, condition: dict[str, Any] = LOG, **fields: Any) -> str:
    """A policy with this condition; its path."""
    body = {"displayName": "P", "combiner": "OR", "conditions": [condition], "alertStrategy": RATE, **fields}
    name: str = services.ok("POST", "alertPolicies", body)["name"]
    return name.removeprefix(f"projects/{PROJECT}/")


def say(services: Services, severity: str = "ERROR", step: str = "clusters", seconds: float = 10) -> None:
    """Let a function print a line, and wait."""
    line = (
        f'{{"severity": "{severity}", "message": "m", "logging.googleapis.com/labels": {{"step": "{step}"}}}}'
    )
    write_lines(services.world, f"{PLACE}/services/s", "s-00001-abc", "s-000", "stdout", [line])
    services.wait(seconds)


def alerts(services: Services, **query: str) -> list[dict[str, Any]]:
    """The alerts, the newest first."""
    found: list[dict[str, Any]] = services.ok("GET", "alerts", **query).get("alerts", [])
    return found


def test_an_entry_that_matches_opens_an_alert(monitoring: Services) -> None:
    """With the labels that were extracted, the resource, and the policy as it was."""
    path = make(monitoring, userLabels={"team": "platform"})
    began = monitoring.world.clock.now
    say(monitoring, "WARNING")
    assert [] == alerts(monitoring)

    say(monitoring)
    (alert,) = alerts(monitoring)
    name = f"projects/{PROJECT}/{path}"
    assert {"name": name, "displayName": "P", "userLabels": {"team": "platform"}} == alert["policy"]
    assert {"extractedLabels": {"step": "clusters"}} == alert["log"]
    assert ("cloud_run_revision", "OPEN") == (alert["resource"]["type"], alert["state"])
    assert rfc3339(began + 10) < alert["openTime"] < rfc3339(began + 20)
    assert alert == monitoring.ok("GET", alert["name"].removeprefix(f"projects/{PROJECT}/"))
    assert "NOT_FOUND" == monitoring.refusal("GET", "alerts/1")[1]


def test_entries_with_the_same_labels_belong_to_one_alert(monitoring: Services) -> None:
    """Until it closes, when none has come for as long as the policy says."""
    make(monitoring)
    say(monitoring, seconds=80_000)
    say(monitoring, step="gateway", seconds=1)
    say(monitoring, seconds=10)
    assert ["gateway", "clusters"] == [each["log"]["extractedLabels"]["step"] for each in alerts(monitoring)]

    monitoring.wait(86_400)
    assert ["CLOSED", "CLOSED"] == [each["state"] for each in alerts(monitoring)]
    assert alerts(monitoring)[1]["closeTime"] > alerts(monitoring)[1]["openTime"]

    say(monitoring)
    assert ["OPEN", "CLOSED", "CLOSED"] == [each["state"] for each in alerts(monitoring)]


def test_only_what_is_received_while_a_policy_is_there_raises_an_alert(monitoring: Services) -> None:
    """Not what came before it, nor after it was changed, switched off or deleted; what it raised stays."""
    say(monitoring)
    path = make(monitoring)
    assert [] == alerts(monitoring)

    say(monitoring, step="seen")
    monitoring.ok("PATCH", path, {"enabled": False}, updateMask="enabled")
    say(monitoring, step="off")
    monitoring.ok("PATCH", path, {"enabled": True}, updateMask="enabled")
    say(monitoring, step="again")
    monitoring.ok("DELETE", path)
    say(monitoring, step="gone")

    assert ["again", "seen"] == [each["log"]["extractedLabels"]["step"] for each in alerts(monitoring)]


def test_an_entry_raises_its_alert_when_it_is_received(monitoring: Services) -> None:
    """Late, or never."""
    make(monitoring)
    faults = monitoring.world[ENTRIES].faults
    faults += [EntryFault("labels.step=late", Late(600)), EntryFault("labels.step=lost", Never())]
    say(monitoring, step="late")
    say(monitoring, step="lost")
    assert [] == alerts(monitoring)

    monitoring.wait(600)
    assert ["late"] == [each["log"]["extractedLabels"]["step"] for each in alerts(monitoring)]


@pytest.mark.parametrize(("source", "raised"), [("raise: broken", True), ("return: done", False)])
def test_an_execution_that_fails_raises_an_alert(monitoring: Services, source: str, raised: bool) -> None:
    """And one that ends well does not."""
    make(monitoring, EXECUTIONS_LOG)
    executions = monitoring.world[EXECUTIONS]
    executions.deploy(f"{PLACE}/workflows/w", f"main: {{steps: [{{out: {{{source}}}}}]}}", "a@shop.iam")
    execution = executions.start(f"{PLACE}/workflows/w")
    monitoring.wait(60)

    named = [each["log"]["extractedLabels"]["execution"] for each in alerts(monitoring)]
    assert ([execution.id] if raised else []) == named


def test_a_condition_on_a_metric_raises_nothing(monitoring: Services) -> None:
    """Nothing is measured."""
    make(monitoring, THRESHOLD)
    say(monitoring)

    assert [] == alerts(monitoring)


def test_alerts_come_in_pages(monitoring: Services) -> None:
    """With their number."""
    make(monitoring)
    for step in "abc":
        say(monitoring, step=step)
    answer = monitoring.ok("GET", "alerts", pageSize="2")
    rest = monitoring.ok("GET", "alerts", pageSize="2", pageToken=answer["nextPageToken"])

    found = [each["log"]["extractedLabels"]["step"] for each in [*answer["alerts"], *rest["alerts"]]]
    assert (["c", "b", "a"], 3) == (found, rest["totalSize"])
    assert NOT_IMPLEMENTED == monitoring.refusal("GET", "alerts", filter='state="OPEN"')[0]


@pytest.mark.parametrize(
    ("match", "code"),
    [
        ({"filter": "severity>=LOUD"}, "INVALID_ARGUMENT"),
        ({"filter": "(severity>=ERROR"}, "INVALID_ARGUMENT"),
        ({"filter": "a=b"}, "INVALID_ARGUMENT"),
        ({"filter": "severity=ERROR", "labelExtractors": {"a": "labels.step"}}, "INVALID_ARGUMENT"),
        ({"filter": "severity=ERROR", "labelExtractors": {"a": "EXTRACT(step)"}}, "INVALID_ARGUMENT"),
        (
            {"filter": "severity=ERROR", "labelExtractors": {"a": 'REGEXP_EXTRACT(textPayload, "(a)")'}},
            "UNIMPLEMENTED",
        ),
    ],
)
def test_a_condition_that_nothing_can_match_is_refused(
    monitoring: Services, match: dict[str, Any], code: str
) -> None:
    """When the policy is made."""
    condition = {"displayName": "c", "conditionMatchedLog": match}
    body = {"displayName": "P", "combiner": "OR", "conditions": [condition], "alertStrategy": RATE}

    assert code == monitoring.refusal("POST", "alertPolicies", body)[1]


def test_alerts_take_their_permissions(monitoring: Services) -> None:
    """As other resources of the API do."""
    monitoring.world[ACCESS].enforced = True

    assert "monitoring.alerts.list" in monitoring.refusal("GET", "alerts")[2]
    assert "monitoring.alerts.get" in monitoring.refusal("GET", "alerts/1")[2]

"""Channels and alert policies: what is given is shown, what Google refuses is refused."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.wire.errors import NOT_IMPLEMENTED
from tests.localcloud.monitoring.conftest import EMAIL, LOG, RATE, THRESHOLD
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services


def policy(*conditions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A policy with these conditions."""
    return {"displayName": "A policy", "combiner": "OR", "conditions": list(conditions), **fields}


def test_a_channel_is_kept_until_it_is_deleted(monitoring: Services) -> None:
    """Its id is Google's; a change replaces what its mask names."""
    made = monitoring.ok("POST", "notificationChannels", EMAIL)
    path = made["name"].removeprefix(f"projects/{PROJECT}/")

    assert made.items() >= {**EMAIL, "enabled": True}.items()
    assert made["creationRecord"] == made["mutationRecords"][0]
    changed = monitoring.ok(
        "PATCH", path, {"displayName": "Nobody", "enabled": False}, updateMask="displayName"
    )
    assert ("Nobody", True) == (changed["displayName"], changed["enabled"])
    assert [changed] == monitoring.ok("GET", "notificationChannels")["notificationChannels"]
    assert {} == monitoring.ok("DELETE", path, force="false")
    assert (404, "NOT_FOUND") == monitoring.refusal("GET", path)[:2]


def test_a_policy_is_kept_with_names_of_its_conditions(monitoring: Services) -> None:
    """A condition keeps its name through changes of the policy."""
    made = monitoring.ok("POST", "alertPolicies", policy(THRESHOLD))
    path = made["name"].removeprefix(f"projects/{PROJECT}/")
    (condition,) = made["conditions"]

    assert condition.items() >= THRESHOLD.items()
    assert condition["name"].startswith(f"{made['name']}/conditions/")
    assert "user@example.com" == made["creationRecord"]["mutatedBy"]
    changed = monitoring.ok("PATCH", path, {**made, "displayName": "Another"})
    assert made["conditions"] == changed["conditions"] and "Another" == changed["displayName"]
    assert [changed] == monitoring.ok("GET", "alertPolicies")["alertPolicies"]
    assert {} == monitoring.ok("DELETE", path)
    assert {"totalSize": 0} == monitoring.ok("GET", "alertPolicies")


def test_a_channel_that_is_notified_goes_by_force_alone(monitoring: Services) -> None:
    """And then from the policy, too."""
    channel = monitoring.ok("POST", "notificationChannels", EMAIL)["name"]
    made = monitoring.ok("POST", "alertPolicies", policy(THRESHOLD, notificationChannels=[channel]))
    path = channel.removeprefix(f"projects/{PROJECT}/")

    words = f'Could not delete "{channel}" because it is still being referenced by: "{made["name"]}"'
    assert (400, "INVALID_ARGUMENT", words) == monitoring.refusal("DELETE", path, force="false")
    assert {} == monitoring.ok("DELETE", path, force="true")
    assert [] == monitoring.ok("GET", "alertPolicies")["alertPolicies"][0]["notificationChannels"]


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        (policy(), 400, "Field alert_policy.conditions had an invalid value"),
        (policy(THRESHOLD, displayName=""), 400, "Field alert_policy.display_name"),
        (policy(THRESHOLD, combiner="COMBINE_UNSPECIFIED"), 400, "Field alert_policy.combiner"),
        (
            policy({"displayName": "x", "conditionThreshold": {"filter": 'metric.type = "a"'}}),
            400,
            'must specify a restriction on "resource.type" in the filter',
        ),
        (policy(LOG), 400, "Field alert_policy.alert_strategy.notification_rate_limit"),
        (policy(LOG, THRESHOLD, alertStrategy=RATE), 400, "Field alert_policy.conditions"),
        (policy(THRESHOLD, notificationChannels=["me"]), 400, "Name must begin with 'projects/{project_id}"),
        (
            policy(THRESHOLD, notificationChannels=["projects/other/notificationChannels/1"]),
            400,
            "does not match the request's project",
        ),
        (
            policy(THRESHOLD, notificationChannels=[f"projects/{PROJECT}/notificationChannels/1"]),
            404,
            "Notification channel not found",
        ),
        (policy({**THRESHOLD, "conditionTreshold": {}}), 400, 'Unknown name "conditionTreshold"'),
    ],
)
def test_a_policy_that_cannot_be_is_refused(
    monitoring: Services, given: Any, status: int, words: str
) -> None:
    """And nothing is kept of it."""
    refused = monitoring.refusal("POST", "alertPolicies", given)

    assert status == refused[0] and words in refused[2]
    assert {"totalSize": 0} == monitoring.ok("GET", "alertPolicies")


def test_a_policy_of_the_log_limits_how_often_it_notifies(monitoring: Services) -> None:
    """Then it is taken."""
    assert monitoring.ok("POST", "alertPolicies", policy(LOG, alertStrategy=RATE))["alertStrategy"] == RATE


@pytest.mark.parametrize(
    ("given", "status"),
    [({"type": "email"}, 400), ({"type": "pager"}, NOT_IMPLEMENTED), ({"displayName": "of no type"}, 400)],
)
def test_a_channel_that_reaches_nobody_is_refused(monitoring: Services, given: Any, status: int) -> None:
    """Its type says what it needs."""
    assert status == monitoring.refusal("POST", "notificationChannels", given)[0]

"""What the bootstrap's resources look like to the APIs, apart from the names of projects.

Terraform's files are in HCL, which needs a parser; so values are written here once more, and a test compares a cloud
made of them to a recorded one that Terraform's provider has made.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from localcloud.wire.messages import Json
from shared.spec.values import SWEEP_INTERVAL
from shared.step.message import SCHEDULED, SCHEMA

LABELS = {"app": "fleetgate"}

# The APIs that the tutorial's prerequisites page and Fleetgate itself need.
APIS = tuple(
    f"{name}.googleapis.com"
    for name in (
        "artifactregistry",
        "cloudbuild",
        "cloudfunctions",
        "cloudresourcemanager",
        "cloudscheduler",
        "compute",
        "connectgateway",
        "container",
        "dns",
        "eventarc",
        "gkehub",
        "iam",
        "logging",
        "monitoring",
        "multiclusteringress",
        "multiclusterservicediscovery",
        "pubsub",
        "run",
        "serviceusage",
        "storage",
        "trafficdirector",
        "workflowexecutions",
        "workflows",
    )
)
# Those of a project of environments.
FLEET_APIS = tuple(
    f"{name}.googleapis.com"
    for name in (
        "cloudresourcemanager",
        "compute",
        "connectgateway",
        "container",
        "dns",
        "gkehub",
        "iam",
        "multiclusteringress",
        "multiclusterservicediscovery",
        "serviceusage",
        "trafficdirector",
    )
)

# The bucket of archives.
SOURCE_BUCKET: Json = {
    "labels": LABELS,
    "versioning": {"enabled": True},
    "lifecycle": {
        "rule": [{"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 30}}],
    },
    "iamConfiguration": {
        "uniformBucketLevelAccess": {"enabled": True},
        "publicAccessPrevention": "enforced",
    },
}

# The repository of images.
REPOSITORY: Json = {
    "format": "DOCKER",
    "description": "The functions' images, as Cloud Functions builds them.",
    "labels": LABELS,
    "cleanupPolicies": {
        "keep-three": {"id": "keep-three", "action": "KEEP", "mostRecentVersions": {"keepCount": 3}},
        "delete-older": {
            "id": "delete-older",
            "action": "DELETE",
            "condition": {"olderThan": "2592000s", "tagState": "ANY"},
        },
    },
}

ANCHORS = "Holds Fleetgate's anchors, one reserved address an environment. Nothing runs in it."
VERIFICATION_RANGE = "192.168.255.192/26"
SUBNETWORK: Json = {"privateIpGoogleAccess": True, "logConfig": {"enable": False}}

WORKFLOW: Json = {
    "description": "What happens to an environment, in which order.",
    "labels": LABELS,
    "callLogLevel": "LOG_ERRORS_ONLY",
    "executionHistoryLevel": "EXECUTION_HISTORY_BASIC",
}


def sweep_job(topic: str, account: str) -> Json:
    """The scheduler's job that asks for a sweep on `topic` (full name) at every interval, as `account`."""
    description = "Asks for the teardown of environments whose lease has ended."
    return _job("sweep", f"*/{SWEEP_INTERVAL // 60} * * * *", description, topic, account)


def monitor_job(topic: str, account: str, schedule: str) -> Json:
    """The job that asks on `topic` at every `schedule` (cron) that what serves is proven again, as `account`."""
    return _job(
        "monitor", schedule, "Asks for the proof that what was verified still serves.", topic, account
    )


def _job(action: str, schedule: str, description: str, topic: str, account: str) -> Json:
    message = {"data": _encoded({"schema": SCHEMA, "mode": SCHEDULED, "action": action})}
    return {
        "description": description,
        "schedule": schedule,
        "timeZone": "Etc/UTC",
        "httpTarget": {
            "uri": f"https://pubsub.googleapis.com/v1/{topic}:publish",
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},
            "body": _encoded({"messages": [message]}),
            "oauthToken": {
                "serviceAccountEmail": account,
                "scope": "https://www.googleapis.com/auth/pubsub",
            },
        },
        "retryConfig": {"retryCount": 3},
    }


def executions_alert(region: str) -> Json:
    """The policy that tells of an execution that failed."""
    matched = {
        "filter": 'resource.type="workflows.googleapis.com/Workflow" AND '
        f'resource.labels.workflow_id="fleetgate" AND resource.labels.location="{region}" AND '
        'log_id("workflows.googleapis.com/executions_system") AND jsonPayload.state="FAILED"',
        "labelExtractors": {"execution": 'EXTRACT(labels."workflows.googleapis.com/execution_id")'},
    }
    return {
        "displayName": "Fleetgate: an execution failed",
        "combiner": "OR",
        "conditions": [
            {"displayName": "An execution of the workflow failed", "conditionMatchedLog": matched}
        ],
        "alertStrategy": {"autoClose": "86400s", "notificationRateLimit": {"period": "300s"}},
        "documentation": {
            "content": f"`gcloud workflows executions list fleetgate --location={region} --filter=state=FAILED` "
            "names it; docs/operate.md says what to do.",
            "mimeType": "text/markdown",
        },
    }


def endings_alert() -> Json:
    """The policy that tells of a request that was not fulfilled."""
    matched = {
        "filter": 'resource.type="cloud_run_revision" AND resource.labels.service_name=~"^fleetgate-" AND '
        '(severity>=ERROR OR (severity=WARNING AND labels.mode="settle"))',
        "labelExtractors": {
            "environment": "EXTRACT(labels.environment)",
            "step": "EXTRACT(labels.step)",
        },
    }
    title = "A function failed, or an ending was not the one that was asked for"
    return {
        "displayName": "Fleetgate: a request was not fulfilled",
        "combiner": "OR",
        "conditions": [{"displayName": title, "conditionMatchedLog": matched}],
        "alertStrategy": {"autoClose": "86400s", "notificationRateLimit": {"period": "900s"}},
        "documentation": {
            "content": "`fleetgate status <environment>` and its execution's result say why; "
            "docs/operate.md says what to do.",
            "mimeType": "text/markdown",
        },
    }


def compact(value: Any) -> str:
    """JSON as Terraform's `jsonencode` writes it: sorted, without spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _encoded(value: Json) -> str:
    return base64.b64encode(compact(value).encode()).decode()

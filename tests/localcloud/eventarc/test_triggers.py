"""Triggers by their API: what a message of a topic starts, from when and until when, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.eventarc.triggers import AGENT_DENIED
from localcloud.iam.access import define_role
from localcloud.iam.grants import grant
from localcloud.pubsub.broker import BROKER
from localcloud.wire.messages import Json
from localcloud.workflows import definitions
from localcloud.workflows.executions import EXECUTIONS
from tests.localcloud.cloudfunctions.clouds import PLACE, TOPIC, TRIGGERS, Deploying
from tests.support.projects import CLOUD_PROJECT as PROJECT

WORKFLOW = f"{PLACE}/workflows/greet"
PATH = f"eventarc/v1/{PLACE}/triggers"
SOURCE = "main:\n  params: [event]\n  steps:\n  - last: {return: '${event.data.subscription}'}\n"
ASKED: Json = {
    "name": f"{PLACE}/triggers/requests",
    "destination": {"workflow": WORKFLOW},
    "eventFilters": [{"attribute": "type", "value": "google.cloud.pubsub.topic.v1.messagePublished"}],
    "labels": {"kept-by": "hand"},
    "serviceAccount": TRIGGERS,
    "transport": {"pubsub": {"topic": TOPIC}},
}


def with_workflow(folder: Path, **options: Any) -> Deploying:
    """A project with a workflow that the triggers' account may start."""
    cloud = Deploying(folder, **options)
    apis = ("workflows.googleapis.com", "workflowexecutions.googleapis.com")
    cloud.world.projects.get(PROJECT).enabled.update(apis)
    fields = {"sourceContents": SOURCE, "serviceAccount": f"projects/{PROJECT}/serviceAccounts/{TRIGGERS}"}
    definitions.put(cloud.world, WORKFLOW, fields)
    define_role(cloud.world, f"projects/{PROJECT}/roles/starter", ["workflows.executions.create"])
    grant(
        cloud.world, f"projects/{PROJECT}", f"projects/{PROJECT}/roles/starter", f"serviceAccount:{TRIGGERS}"
    )
    return cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Deploying:
    """A project with such a workflow."""
    return with_workflow(tmp_path)


def made(cloud: Deploying) -> Json:
    """The trigger, once its operation has ended."""
    ended = cloud.ended(cloud.ok("POST", PATH, ASKED, triggerId="requests"))
    response: Json = ended["response"]
    return response


def started(cloud: Deploying) -> list[str | None]:
    """What the executions have returned."""
    cloud.wait(10.0)
    return [each.run.result for each in cloud.world[EXECUTIONS].of(WORKFLOW)]


def test_a_trigger_starts_the_workflow_for_each_message(cloud: Deploying) -> None:
    """By a subscription of its own, which the event names."""
    trigger = made(cloud)
    cloud.publish("hello")

    name = trigger["transport"]["pubsub"]["subscription"]
    subscription = cloud.ok("GET", f"pubsub/v1/{name}")
    assert [f'"{name}"'] == started(cloud)
    assert (TOPIC, TRIGGERS) == (
        subscription["topic"],
        subscription["pushConfig"]["oidcToken"]["serviceAccountEmail"],
    )
    assert ASKED == {key: trigger[key] for key in ASKED} | {"transport": {"pubsub": {"topic": TOPIC}}}
    assert {"uid", "createTime", "updateTime", "etag"} <= set(trigger)
    assert {key: value for key, value in trigger.items() if key != "@type"} == cloud.ok(
        "GET", f"{PATH}/requests"
    )


def test_a_deleted_trigger_starts_nothing(cloud: Deploying) -> None:
    """Nor does a message that is on its way; its subscription is gone as well."""
    subscription = made(cloud)["transport"]["pubsub"]["subscription"]
    operation = cloud.ok("DELETE", f"{PATH}/requests")
    cloud.wait(0.1)
    cloud.ended(operation)
    cloud.publish("late")

    assert [] == started(cloud)
    assert [404, 404] == [
        cloud.ask("GET", path)[0] for path in (f"{PATH}/requests", f"pubsub/v1/{subscription}")
    ]
    assert {} == cloud.ok("GET", PATH)


def test_a_trigger_without_its_subscription_hears_nothing(cloud: Deploying) -> None:
    """Somebody has deleted it at Pub/Sub."""
    name = made(cloud)["transport"]["pubsub"]["subscription"]
    cloud.ok("DELETE", f"pubsub/v1/{name}")
    cloud.publish("hello")
    assert [] == started(cloud)


def test_another_subscription_of_the_topic_pulls_as_before(cloud: Deploying) -> None:
    """What is pushed to the trigger is not taken from it, nor kept for the trigger."""
    made(cloud)
    cloud.ok("PUT", f"pubsub/v1/projects/{PROJECT}/subscriptions/mine", {"topic": TOPIC})
    cloud.publish("hello")
    pulled = cloud.ok("POST", f"pubsub/v1/projects/{PROJECT}/subscriptions/mine:pull", {"maxMessages": 5})
    assert 1 == len(pulled["receivedMessages"]) == len(started(cloud))
    assert [f"projects/{PROJECT}/subscriptions/mine"] == list(cloud.world[BROKER].queues)


def test_while_the_agent_lacks_its_role_no_trigger_is_made(tmp_path: Path) -> None:
    """In Google's words, with the precondition that failed."""
    cloud = with_workflow(tmp_path, agent=False)
    status, answer = cloud.ask("POST", PATH, ASKED, triggerId="requests")
    assert (400, "FAILED_PRECONDITION", AGENT_DENIED) == (
        status,
        answer["error"]["status"],
        answer["error"]["message"],
    )
    assert answer["error"]["details"][0]["violations"][0]["description"].startswith(
        "Permission denied while using"
    )


REFUSED: list[tuple[Json, int, str]] = [
    ({"transport": {"pubsub": {"topic": f"{TOPIC}-2"}}}, 400, f"topic {TOPIC}-2 was not found"),
    ({"destination": {"workflow": f"{WORKFLOW}-2"}}, 400, f"workflow {WORKFLOW}-2 was not found"),
    ({"destination": {"cloudFunction": f"{PLACE}/functions/work"}}, 400, "are made with the function"),
    ({"serviceAccount": ""}, 400, "needs a service account"),
    (
        {"destination": {"cloudRun": {"service": "work", "region": "us-central1"}}},
        405,
        "destination is cloudRun",
    ),
    ({"transport": {}}, 405, "bring a topic of their own"),
    ({"eventFilters": [{"attribute": "type", "value": "other"}]}, 405, "for other events"),
]


@pytest.mark.parametrize(("fields", "status", "words"), REFUSED)
def test_what_cannot_be_a_trigger_is_refused(cloud: Deploying, fields: Json, status: int, words: str) -> None:
    """And nothing is made of it."""
    told = cloud.refusal("POST", PATH, {**ASKED, **fields}, triggerId="requests")
    assert status == told[0] and words in told[2]
    assert {} == cloud.ok("GET", PATH)


def test_there_is_one_of_a_name(cloud: Deploying) -> None:
    """409; and a name that is none is told."""
    made(cloud)
    assert (409, "ALREADY_EXISTS") == cloud.refusal("POST", PATH, ASKED, triggerId="requests")[:2]
    assert 400 == cloud.refusal("POST", PATH, ASKED, triggerId="Requests!")[0]


def test_a_change_keeps_the_subscription(cloud: Deploying) -> None:
    """Labels, account and destination can be changed, nothing else."""
    before = made(cloud)
    body = {"labels": {"kept-by": "other"}, "destination": {"workflow": WORKFLOW}}
    ended = cloud.ended(cloud.ok("PATCH", f"{PATH}/requests", body, updateMask="labels"))
    assert {"kept-by": "other"} == ended["response"]["labels"]
    assert [before[key] for key in ("uid", "transport")] == [
        ended["response"][key] for key in ("uid", "transport")
    ]
    cloud.publish("hello")
    assert 1 == len(started(cloud))
    other = {"transport": {"pubsub": {"topic": f"{TOPIC}-2"}}}
    assert 405 == cloud.ask("PATCH", f"{PATH}/requests", other, updateMask="transport")[0]


def test_who_may_not_act_as_the_account_makes_no_trigger(cloud: Deploying) -> None:
    """In Eventarc's words."""
    role = f"projects/{PROJECT}/roles/maker"
    define_role(cloud.world, role, ["eventarc.triggers.create"])
    grant(cloud.world, f"projects/{PROJECT}", role, "user:maker@example.com")
    status, answer = cloud.ask("POST", PATH, ASKED, who="maker@example.com", triggerId="requests")
    words = f'Permission "iam.serviceAccounts.ActAs" denied on "EndUserCredentials to {TRIGGERS}"'
    assert (403, words) == (status, answer["error"]["message"])


def test_regions_are_locations(cloud: Deploying) -> None:
    """Each by its id."""
    listed = cloud.ok("GET", f"eventarc/v1/projects/{PROJECT}/locations")["locations"]
    assert PLACE in [each["name"] for each in listed]
    assert "us-central1" == cloud.ok("GET", f"eventarc/v1/{PLACE}")["locationId"]

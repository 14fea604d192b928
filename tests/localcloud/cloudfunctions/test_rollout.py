"""What a function is made of, comes and goes with it; and nobody calls it who may not."""

from __future__ import annotations

import re

import pytest

from localcloud.run.invocations import REFUSAL
from tests.localcloud.cloudfunctions.clouds import (
    ACCOUNT,
    PLACE,
    TOPIC,
    TRIGGERS,
    Deploying,
    asked,
    functions,
)
from tests.support.projects import CLOUD_PROJECT as PROJECT

SERVICE = f"run/v2/{PLACE}/services/work"


def test_a_function_makes_its_service_its_trigger_and_a_subscription(cloud: Deploying) -> None:
    """Each is seen by the API of its own, and named by the others as Google names them."""
    cloud.create()

    function, service = cloud.function(), cloud.ok("GET", SERVICE)
    name = function["eventTrigger"]["trigger"]
    trigger = cloud.ok("GET", f"eventarc/v1/{name}")
    subscription = cloud.ok("GET", f"pubsub/v1/{trigger['transport']['pubsub']['subscription']}")

    assert re.fullmatch(rf"{PLACE}/triggers/work-\d{{6}}", name)
    assert re.fullmatch(
        rf"projects/{PROJECT}/subscriptions/eventarc-us-central1-work-\d{{6}}-sub-\d{{3}}",
        subscription["name"],
    )
    assert {"cloudFunction": function["name"]} == trigger["destination"]
    assert (TRIGGERS, TOPIC) == (trigger["serviceAccount"], trigger["transport"]["pubsub"]["topic"])
    assert (TOPIC, function["serviceConfig"]["uri"]) == (
        subscription["topic"],
        subscription["pushConfig"]["pushEndpoint"],
    )
    assert (ACCOUNT, {"maxInstanceCount": 10}) == (
        service["template"]["serviceAccount"],
        service["template"]["scaling"],
    )
    assert function["serviceConfig"]["service"] == service["name"]


def test_a_call_without_the_invoker_is_refused_and_logged_by_the_service(cloud: Deploying) -> None:
    """The event is not lost for a day: it comes once the right has come through."""
    cloud.create()
    cloud.publish("early")

    entry, *_ = cloud.runtime.logs.entries
    assert ("work", "WARNING", REFUSAL, 403) == (
        entry.function,
        entry.payload["severity"],
        entry.payload["message"],
        entry.payload["httpRequest"]["status"],
    )
    assert [] == cloud.runtime.invoked

    cloud.let_invoke()
    cloud.wait(600.0)
    cloud.publish("late")
    assert [("work", "early"), ("work", "late")] == cloud.runtime.invoked


def test_an_event_is_given_up_after_a_day(cloud: Deploying) -> None:
    """A right that comes later does not bring it back."""
    cloud.create()
    cloud.publish("early")
    cloud.wait(25 * 3600.0)
    assert cloud.world.clock.next_due() is None

    cloud.let_invoke()
    assert [] == cloud.runtime.invoked


def test_a_deleted_function_takes_all_that_was_its_own(cloud: Deploying) -> None:
    """Nobody hears of a message that is published afterwards, or on its way."""
    cloud.create()
    cloud.let_invoke()
    trigger = cloud.function()["eventTrigger"]["trigger"]

    ended = cloud.ended(cloud.ok("DELETE", functions("work")))
    cloud.publish("late")

    assert {"@type": "type.googleapis.com/google.protobuf.Empty"} == ended["response"]
    assert ("delete", "DELETE_FUNCTION") == (ended["metadata"]["verb"], ended["metadata"]["operationType"])
    assert [404] * 3 == [
        cloud.ask("GET", path)[0] for path in (functions("work"), SERVICE, f"eventarc/v1/{trigger}")
    ]
    assert 404 == cloud.ask("GET", f"{SERVICE}:getIamPolicy")[0]
    assert {} == cloud.ok("GET", f"pubsub/v1/projects/{PROJECT}/subscriptions")
    assert ([], {}) == (cloud.runtime.invoked, cloud.runtime.served)


def test_one_of_the_same_name_begins_without_its_policy(cloud: Deploying) -> None:
    """Whoever could call the old one cannot call the new one."""
    cloud.create()
    cloud.let_invoke()
    cloud.ended(cloud.ok("DELETE", functions("work")))
    cloud.create()

    cloud.publish("again")

    assert {"etag": "ACAB"} == cloud.ok("GET", f"{SERVICE}:getIamPolicy")
    assert [] == cloud.runtime.invoked


def test_a_policy_outlives_deployments(cloud: Deploying) -> None:
    """The service is the same one."""
    cloud.create()
    cloud.let_invoke()
    before = cloud.ok("GET", SERVICE)
    cloud.patch("serviceConfig.timeoutSeconds", serviceConfig={"timeoutSeconds": 90})
    cloud.publish("hello")

    after = cloud.ok("GET", SERVICE)
    assert (before["uid"], "1", "2") == (after["uid"], before["generation"], after["generation"])
    assert "90s" == after["template"]["timeout"]
    assert [("work", "hello")] == cloud.runtime.invoked


def test_a_trigger_follows_a_change_of_its_topic(cloud: Deploying) -> None:
    """Messages of the old topic reach it no more."""
    other = f"{TOPIC}-2"
    cloud.world.store["pubsub.topics"].put(other, {"name": other})
    cloud.create()
    cloud.let_invoke()
    cloud.patch("eventTrigger", eventTrigger={"pubsubTopic": other})
    cloud.publish("old")
    cloud.ok("POST", f"pubsub/v1/{other}:publish", {"messages": [{"data": "bmV3"}]})
    cloud.wait(1.0)

    assert [("work", "new")] == cloud.runtime.invoked
    assert 1 == len(cloud.ok("GET", f"eventarc/v1/{PLACE}/triggers")["triggers"])


@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
def test_nothing_else_is_done_to_a_function_that_is_being_deployed(cloud: Deploying, verb: str) -> None:
    """409, as for two deployments; meanwhile it shows what it is at."""
    operation = cloud.ok("POST", functions(), asked(), functionId="work")
    assert "DEPLOYING" == cloud.function()["state"]
    assert (409, "ABORTED", "unable to queue the operation") == cloud.refusal(
        verb, functions("work"), asked()
    )
    cloud.ended(operation)
    assert "ACTIVE" == cloud.function()["state"]

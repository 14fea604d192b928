"""A function that names what is not there is refused where Google refuses it: by the call, or in its operation."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.eventarc.triggers import AGENT_DENIED
from localcloud.iam.access import define_role
from localcloud.iam.grants import grant, write
from localcloud.run.allocation import ALLOCATION, Amount
from localcloud.wire.messages import Json
from tests.localcloud.cloudfunctions.clouds import (
    ACCOUNT,
    BUILD,
    EVENTARC,
    OWNER,
    PLACE,
    REPOSITORY,
    TOPIC,
    TRIGGERS,
    Deploying,
    asked,
    functions,
)
from tests.support.projects import CLOUD_PROJECT as PROJECT

GIB = 1 << 30


def test_while_eventarcs_agent_lacks_its_role_no_function_with_a_trigger_is_made(tmp_path: Path) -> None:
    """Nor while the grant is on its way; afterwards the same call is good."""
    cloud = Deploying(tmp_path, agent=False)
    refused = cloud.refusal("POST", functions(), asked(), functionId="work")
    bindings = [
        {"role": "roles/owner", "members": [f"user:{OWNER}"]},
        {"role": EVENTARC, "members": [cloud.agent]},
    ]
    write(cloud.world, f"projects/{PROJECT}", bindings)
    still = cloud.refusal("POST", functions(), asked(), functionId="work")

    assert (400, "INVALID_ARGUMENT") == refused[:2] == still[:2]
    assert refused[2].startswith(f"Validation failed for trigger {PLACE}/triggers/work-")
    assert refused[2].endswith(f": {AGENT_DENIED}")
    assert 404 == cloud.ask("GET", functions("work"))[0]

    cloud.wait(200.0)
    assert "response" in cloud.create()


def test_a_topic_that_is_not_there_is_told_by_the_trigger(cloud: Deploying) -> None:
    """At once."""
    body = asked(eventTrigger={"pubsubTopic": f"{TOPIC}-2"})
    status, code, words = cloud.refusal("POST", functions(), body, functionId="work")
    assert (400, "INVALID_ARGUMENT") == (status, code)
    assert "Validation failed for trigger" in words and f"{TOPIC}-2" in words


NOBODY = f"nobody@{PROJECT}.iam.gserviceaccount.com"
ACCOUNTS = [
    (
        {"serviceConfig": {"serviceAccountEmail": NOBODY}},
        (404, f"projects/-/serviceAccounts/{NOBODY} was not found."),
    ),
    (
        {"buildConfig": {"serviceAccount": f"projects/{PROJECT}/serviceAccounts/{NOBODY}"}},
        (404, f"projects/-/serviceAccounts/{NOBODY} was not found."),
    ),
    (
        {"eventTrigger": {"serviceAccountEmail": NOBODY}},
        (403, f'Permission "iam.serviceAccounts.ActAs" denied on "EndUserCredentials to {NOBODY}"'),
    ),
]


@pytest.mark.parametrize(("fields", "told"), ACCOUNTS, ids=["function", "build", "trigger"])
def test_an_account_that_is_not_there_is_told_at_once(
    cloud: Deploying, fields: Json, told: tuple[int, str]
) -> None:
    """By a new function, and by one that is changed to it."""
    status, _, words = cloud.refusal("POST", functions(), asked(**fields), functionId="work")
    assert told[0] == status and words.endswith(told[1])

    cloud.create()
    status, _, words = cloud.refusal("PATCH", functions("work"), asked(**fields), updateMask=",".join(fields))
    assert told[0] == status and words.endswith(told[1])


@pytest.mark.parametrize("who", ["serviceConfig", "buildConfig", "eventTrigger"])
def test_who_may_not_act_as_an_account_deploys_nothing_that_runs_as_it(cloud: Deploying, who: str) -> None:
    """Neither as the function's, nor as the builder's, nor as the trigger's; a change may leave the trigger alone."""
    role = f"projects/{PROJECT}/roles/deployer"
    define_role(cloud.world, role, ["cloudfunctions.functions.create", "cloudfunctions.functions.update"])
    grant(cloud.world, f"projects/{PROJECT}", role, "user:ada@example.com")
    fields: Json = {"buildConfig": {"serviceAccount": BUILD}}
    named = {"serviceConfig": ACCOUNT, "buildConfig": BUILD, "eventTrigger": TRIGGERS}
    for part, account in named.items():
        if part != who:
            holder = f"projects/{PROJECT}/serviceAccounts/{account}"
            grant(cloud.world, holder, "roles/iam.serviceAccountUser", "user:ada@example.com")

    status, answer = cloud.ask("POST", functions(), asked(**fields), "ada@example.com", functionId="work")
    assert 403 == status and named[who] in answer["error"]["message"]
    cloud.create(**fields)
    body = asked(**fields)
    status, _ = cloud.ask(
        "PATCH", functions("work"), body, "ada@example.com", updateMask="build_config.source"
    )
    assert (200 if who == "eventTrigger" else 403) == status


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        (
            {"buildConfig": {"dockerRepository": f"{REPOSITORY}-2"}},
            7,
            f"repository metadata for {REPOSITORY}-2. ",
        ),
        (
            {"serviceConfig": {"directVpcNetworkInterface": [{"network": "none"}]}},
            3,
            f"Could not create Cloud Run service work. spec.template.metadata.annotations[run.googleapis.com/network-"
            f"interfaces]: The network projects/{PROJECT}/global/networks/none was not found.",
        ),
        (
            {"serviceConfig": {"directVpcNetworkInterface": [{"subnetwork": "none"}]}},
            3,
            f"The subnetwork projects/{PROJECT}/regions/us-central1/subnetworks/none was not found.",
        ),
    ],
    ids=["repository", "network", "subnetwork"],
)
def test_what_a_service_behind_it_misses_ends_the_operation(
    cloud: Deploying, fields: Json, code: int, words: str
) -> None:
    """The function is there then, and serves nobody; it can be deleted and made again."""
    ended = cloud.create(**fields)

    assert code == ended["error"]["code"] and words in ended["error"]["message"]
    assert ("FAILED", {}) == (cloud.function()["state"], cloud.runtime.served)
    assert 409 == cloud.ask("POST", functions(), asked(), functionId="work")[0]
    cloud.ended(cloud.ok("DELETE", functions("work")))
    assert "response" in cloud.create()


def test_a_failed_function_is_mended_by_an_update(cloud: Deploying) -> None:
    """Its service is made then."""
    cloud.create(buildConfig={"dockerRepository": f"{REPOSITORY}-2"})
    assert "response" in cloud.patch("buildConfig.dockerRepository")
    assert ("ACTIVE", "work") == (cloud.function()["state"], *cloud.runtime.served)


def test_more_instances_than_a_new_project_has_room_for_are_refused(cloud: Deploying) -> None:
    """In Cloud Run's words; a service that is there stays as it is."""
    many: Json = {"maxInstanceCount": 200, "availableMemory": "512Mi"}
    ended = cloud.create(serviceConfig=many)
    assert (
        "Could not create Cloud Run service work. "
        "spec.template.metadata.annotations[autoscaling.knative.dev/maxScale]: Max instances must be set to "
        "20 or fewer to set the requested total CPU.\nConsider running your workload in a "
        "region with greater capacity, or requesting an increase in quota for this region if you are seeing sustained "
        "usage near this limit, see https://cloud.google.com/run/quotas.\n\nQuota violated:\n"
        "CpuAllocPerProjectRegion requested: 200000 allowed: 20000\n"
        "MemAllocPerProjectRegion requested: 107374182400 allowed: 42949672960"
    ) == ended["error"]["message"]

    cloud.create("other", serviceConfig={"maxInstanceCount": 20})
    ended = cloud.patch("serviceConfig.maxInstanceCount", "other", serviceConfig={"maxInstanceCount": 21})
    assert ended["error"]["message"].startswith("Could not update Cloud Run service other. ")
    assert ("ACTIVE", 20) == (
        cloud.function("other")["state"],
        cloud.function("other")["serviceConfig"]["maxInstanceCount"],
    )


def test_a_project_that_was_given_more_may_have_more(cloud: Deploying) -> None:
    """In the region that it was given more in."""
    cloud.world[ALLOCATION].raised[PROJECT, "us-central1"] = Amount(200_000, 200 * GIB)
    assert "response" in cloud.create(serviceConfig={"maxInstanceCount": 200})


def test_without_a_number_a_function_gets_what_there_is_room_for(cloud: Deploying) -> None:
    """A hundred at most."""
    body = asked()
    del body["serviceConfig"]["maxInstanceCount"]
    cloud.ended(cloud.ok("POST", functions(), body, functionId="work"))
    assert 20 == cloud.function()["serviceConfig"]["maxInstanceCount"]

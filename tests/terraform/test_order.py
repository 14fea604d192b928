"""What is used as soon as it is made comes after the grants that it needs, and after the time that Google takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.terraform.configuration import BOOTSTRAP, FLEET_PROJECT, MODULES, blocks
from tests.terraform.graph import before, graph_of

GRAPH = graph_of(BOOTSTRAP)
FUNCTION = "google_cloudfunctions2_function.fleetgate"

# What begins to work at once, and whose grants that takes.
NEEDS = {
    FUNCTION: {
        "google_project_iam_member.agents": "Eventarc's agent makes the function's trigger",
        "google_project_iam_member.home": "the function's first build writes its log as fleetgate-build",
        "google_project_iam_member.built": "it reads what the function is built from",
        "google_artifact_registry_repository_iam_member.build": "it writes the function's image",
        "google_service_account_iam_member.builder": "the account that the function is built by is acted as",
        "google_service_account.fleetgate": "the function's trigger runs as fleetgate-triggers, itself as another",
    },
    "google_eventarc_trigger.requests": {
        "google_project_iam_member.agents": "Eventarc's agent makes the trigger's subscription",
        "google_project_iam_member.home": "fleetgate-triggers starts executions",
    },
    "google_workflows_workflow.fleetgate": {
        "google_project_iam_member.agents": "the agent of Workflows makes tokens for the workflow"
    },
    "google_cloud_scheduler_job.sweep": {
        "google_project_iam_member.agents": "the agent of Cloud Scheduler makes the token of the job's requests",
        "google_pubsub_topic_iam_member.publishers": "fleetgate-schedule publishes",
    },
    "google_cloud_scheduler_job.monitor": {
        "google_project_iam_member.agents": "the agent of Cloud Scheduler makes the token of the job's requests",
        "google_pubsub_topic_iam_member.publishers": "fleetgate-schedule publishes",
    },
    "google_cloudbuild_trigger.push": {
        "google_storage_bucket_iam_member.source": "fleetgate-build reads the archives",
        "google_service_account_iam_member.actors": "it deploys functions that run as others",
    },
    "google_cloudbuild_trigger.check": {
        "google_storage_bucket_iam_member.source": "fleetgate-check writes the archives"
    },
}
FREE = {"terraform_data", "google_project_service", "time_sleep"}  # these ask no API that was just enabled


@pytest.mark.parametrize("address", NEEDS, ids=lambda each: each)
def test_what_works_at_once_comes_after_its_grants(address: str) -> None:
    """By a reference or `depends_on`, directly or not."""
    assert sorted(NEEDS[address].keys() - before(GRAPH, address)) == []


@pytest.mark.parametrize("address", NEEDS, ids=lambda each: each)
def test_it_waits_until_the_grants_work(address: str) -> None:
    """And the time that is waited begins again with each of them."""
    assert "time_sleep.grants" in before(GRAPH, address)
    (sleep,) = (each for each in blocks(BOOTSTRAP, "resource") if each.address == "time_sleep.grants")
    grants = {each for each in NEEDS[address] if "_iam_" in each}
    assert [each for each in grants if each not in str(sleep.body["triggers"])] == []


def test_every_grant_of_an_identity_that_acts_at_once_is_waited_for() -> None:
    """Each grant of the bootstrap's own, but those of people and those on what is made later."""
    later = {
        "google_cloud_run_v2_service_iam_member.triggers": "the service is the function's, which is made last",
        "google_pubsub_topic_iam_member.requesters": "people",
        "google_project_iam_member.followers": "people",
        "google_project_iam_member.log_readers": "people",
        "google_project_iam_member.readers": "people",
    }
    grants = {each.address for each in blocks(BOOTSTRAP, "resource") if each.type.endswith("_iam_member")}
    assert grants - before(GRAPH, "time_sleep.grants") == later.keys()


@pytest.mark.parametrize("folder", MODULES, ids=lambda each: each.name)
def test_everything_waits_for_the_apis(folder: Path) -> None:
    """An API that was just enabled is not served everywhere yet."""
    graph = graph_of(folder)
    resources = {each.address for each in blocks(folder, "resource") if each.type not in FREE}
    assert sorted(each for each in resources if "time_sleep.apis" not in before(graph, each)) == []


@pytest.mark.parametrize("folder", MODULES, ids=lambda each: each.name)
def test_an_agents_grant_is_apart_from_googles_own(folder: Path) -> None:
    """Under a condition, so that it is a binding of its own; to an address that the project's number makes."""
    (grant,) = (
        each for each in blocks(folder, "resource") if each.address == "google_project_iam_member.agents"
    )
    (condition,) = grant.body["condition"]
    assert re.fullmatch(r"\"request\.time > timestamp\('20\d\d-01-01T00:00:00Z'\)\"", condition["expression"])
    assert "service-${local.number}@" in grant.body["member"]


def test_a_fleet_project_comes_after_the_accounts() -> None:
    """A binding to an account that is not there is refused."""
    assert "google_service_account.fleetgate" in before(GRAPH, "module.fleet_project")


def test_a_second_installation_is_refused_before_anything_is_made() -> None:
    """What finds the other one comes before every resource."""
    resources = {each.address for each in blocks(BOOTSTRAP, "resource", "module")} - {
        "terraform_data.installation"
    }
    assert [each for each in resources if "terraform_data.installation" not in before(GRAPH, each)] == []


def test_nothing_that_is_read_waits_for_what_is_made() -> None:
    """Or every plan would leave it open, and with it the members that are made of it."""
    for folder in (BOOTSTRAP, FLEET_PROJECT):
        graph = graph_of(folder)
        for each in blocks(folder, "data"):
            assert {
                name for name in before(graph, each.address) if not name.startswith(("var.", "local."))
            } == set()

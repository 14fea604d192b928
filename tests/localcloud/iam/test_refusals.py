"""Who lacks a permission is refused before anything is looked at, in each API's own words."""

from __future__ import annotations

from typing import Any

import pytest

from shared import errors
from shared.google import refusals
from tests.localcloud.iam.clouds import CLUSTER, OWNER, Cloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

NETWORK = f"projects/{PROJECT}/global/networks/default"
SUBNET = {"name": "proxies", "network": NETWORK, "ipCidrRange": "10.129.0.0/23"}
SUBNETS = f"compute/compute/v1/projects/{PROJECT}/regions/us-west1/subnetworks"
CLUSTERS = f"container/v1/{CLUSTER.rpartition('/clusters/')[0]}/clusters"
HUB = f"gkehub/v1/projects/{PROJECT}/locations"
TOPIC = f"projects/{PROJECT}/topics/news"
WITHIN = f"projects/{PROJECT}/regions/us-west1/subnetworks"
PROJECTS = f"cloudresourcemanager/v3/projects/{PROJECT}"
SERVICES = f"serviceusage/v1/projects/{PROJECT}/services"
EXECUTION = f"workflowexecutions/v1/projects/{PROJECT}/locations/us-central1/workflows/w/executions/e"
FEATURE = f"projects/{PROJECT}/locations/global/features/multiclusteringress"
NEWS = {"messages": [{"data": "eA=="}]}
# Verb, path, body, the permission that is missing, and how the refusal begins.
DENIED: list[tuple[str, str, Any, str, str]] = [
    ("GET", SUBNETS, None, "compute.subnetworks.list",
     f"Required 'compute.subnetworks.list' permission for 'projects/{PROJECT}'"),
    ("GET", f"{SUBNETS}/none", None, "compute.subnetworks.get",
     f"Required 'compute.subnetworks.get' permission for '{WITHIN}/none'"),
    ("POST", SUBNETS, SUBNET, "compute.subnetworks.create",
     f"Required 'compute.subnetworks.create' permission for '{WITHIN}/proxies'"),
    ("GET", CLUSTERS, None, "container.clusters.list",
     f'Required "container.clusters.list" permission(s) for "projects/{PROJECT}".'),
    ("DELETE", f"container/v1/{CLUSTER}", None, "container.clusters.delete",
     f'Required "container.clusters.delete" permission(s) for "{CLUSTER}".'),
    ("GET", f"{HUB}/-/memberships", None, "gkehub.memberships.list",
     f"Permission 'gkehub.memberships.list' denied on 'projects/{PROJECT}/locations/-/memberships'"),
    ("POST", f"{HUB}/global/features?featureId=multiclusteringress", {}, "gkehub.features.create",
     f"Permission 'gkehub.features.create' denied on '{FEATURE}'"),
    ("GET", PROJECTS, None, "resourcemanager.projects.get",
     "Permission 'resourcemanager.projects.get' denied on resource"),
    ("POST", f"{PROJECTS}:getIamPolicy", {}, "resourcemanager.projects.getIamPolicy",
     "The caller does not have permission"),
    ("POST", f"{PROJECTS}:setIamPolicy", {"policy": {}}, "resourcemanager.projects.setIamPolicy",
     "Policy update access denied."),
    ("POST", f"pubsub/v1/{TOPIC}:publish", NEWS, "pubsub.topics.publish",
     "User not authorized to perform this action."),
    ("GET", f"{SERVICES}/dns.googleapis.com", None, "serviceusage.services.get",
     "Permission denied to get service [dns.googleapis.com]"),
    ("POST", f"{SERVICES}/dns.googleapis.com:disable", {}, "serviceusage.services.disable",
     "Permission denied to disable service"),
    ("GET", EXECUTION, None, "workflows.executions.get",
     "Permission 'workflows.executions.get' denied on resource"),
]  # fmt: skip
EACH = pytest.mark.parametrize(
    ("verb", "path", "body", "permission", "words"), DENIED, ids=[each[3] for each in DENIED]
)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@EACH
def test_each_api_has_words_of_its_own(
    cloud: Cloud, verb: str, path: str, body: Any, permission: str, words: str
) -> None:
    """403; and the product finds out which permission is meant, whether or not it is named."""
    status, answer = cloud.ask(verb, path, body)
    understood = refusals.from_response(path.partition("/")[0], verb, f"/{path}", status, answer)

    assert (403, True) == (status, answer["error"]["message"].startswith(words))
    assert isinstance(understood, errors.PermissionDenied)
    assert permission == understood.permission


@EACH
def test_the_owner_may(cloud: Cloud, verb: str, path: str, body: Any, permission: str, words: str) -> None:
    """What is refused then is refused for other reasons."""
    assert 403 != cloud.ask(verb, path, body, OWNER)[0]


def test_compute_tells_all_that_is_missing(cloud: Cloud) -> None:
    """A subnetwork is part of its network, too [observed]."""
    _, answer = cloud.ask("POST", SUBNETS, SUBNET)
    told = [each["message"] for each in answer["error"]["errors"]]
    cloud.let("compute.subnetworks.create")
    _, then = cloud.ask("POST", SUBNETS, SUBNET)

    assert 2 == len(told)
    assert [f"Required 'compute.networks.updatePolicy' permission for '{NETWORK}'"] == [
        each["message"] for each in then["error"]["errors"]
    ]


def test_faults_in_the_request_are_told_first(cloud: Cloud) -> None:
    """What cannot be read cannot be judged."""
    assert 400 == cloud.ask("POST", SUBNETS, {"nonsense": 1})[0]


def test_a_project_that_is_not_there_has_no_policy(cloud: Cloud) -> None:
    """The API says what it says of such a project."""
    status, answer = cloud.ask("GET", "cloudresourcemanager/v3/projects/ghost", who=OWNER)

    assert (403, "The caller does not have permission") == (status, answer["error"]["message"])


@pytest.mark.parametrize(
    ("held", "permission", "words"),
    [
        ((), "iam.serviceAccounts.actAs", "The user does not have access to service account"),
        (("iam.serviceAccounts.actAs",), "gkehub.memberships.create", "generic::permission_denied"),
    ],
)
def test_a_cluster_is_made_in_its_creators_name(
    cloud: Cloud, held: tuple[str, ...], permission: str, words: str
) -> None:
    """Its nodes' account and its membership are checked late, and refused with 400 [observed]."""
    cloud.let("container.clusters.create", *held)
    status, answer = cloud.ask("POST", CLUSTERS, {"cluster": {"name": "c", "fleet": {"project": PROJECT}}})
    understood = refusals.from_response("container", "POST", CLUSTERS, status, answer)

    assert (400, True) == (status, answer["error"]["message"].startswith(words))
    assert isinstance(understood, errors.PermissionDenied)
    assert permission == understood.permission


@pytest.mark.parametrize("labels", [{}, {"team": "web"}])
def test_an_internal_address_takes_more_than_one_permission(cloud: Cloud, labels: dict[str, str]) -> None:
    """Being internal, and its subnetwork. Labels take none: an insert drops them."""
    subnetwork = f"projects/{PROJECT}/regions/us-west1/subnetworks/apps"
    body = {"name": "vip", "addressType": "INTERNAL", "subnetwork": subnetwork, "labels": labels}
    cloud.let("compute.addresses.create")
    _, answer = cloud.ask("POST", SUBNETS.replace("subnetworks", "addresses"), body)

    told = {each["message"].split("'")[1].rpartition(".")[2] for each in answer["error"]["errors"]}
    assert {"createInternal", "use"} == told

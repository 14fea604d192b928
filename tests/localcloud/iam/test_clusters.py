"""Inside a cluster GKE asks IAM: for each verb and kind, and for the endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.container.cluster_api import ClusterApi
from localcloud.kubernetes.catalog import MULTI_CLUSTER_SERVICES
from shared import errors
from shared.google import refusals
from tests.localcloud.iam.clouds import ROBOT, Cloud, kubectl

PODS = "/api/v1/namespaces/store/pods"
SPACE = "/api/v1/namespaces/shop"
EXPORTS = "/apis/net.gke.io/v1/namespaces/default/serviceexports"
APPLY = {"content_type": "application/apply-patch+yaml"}
BODY = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def api(cloud: Cloud) -> ClusterApi:
    return cloud.cluster(*MULTI_CLUSTER_SERVICES)


def _lacks(answer: tuple[int, Any]) -> str:
    status, body = answer
    if status != 403:
        return ""
    found = refusals.from_response("kubernetes", "GET", "x", status, body)
    assert isinstance(found, errors.PermissionDenied), found
    return found.permission


def test_a_refusal_is_in_the_words_of_gke(api: ClusterApi) -> None:
    """[observed], a Status."""
    status, answer = kubectl(api, "GET", PODS)

    assert (403, "Forbidden", {"kind": "pods"}) == (status, answer["reason"], answer["details"])
    assert answer["message"] == (
        f'pods is forbidden: User "{ROBOT}" cannot list resource "pods" in API group "" in the namespace "store": '
        'requires one of ["container.pods.list"] permission(s).'
    )


@pytest.mark.parametrize(
    ("verb", "path", "permission"),
    [
        ("GET", PODS, "container.pods.list"),
        ("GET", f"{PODS}/p", "container.pods.get"),
        ("POST", PODS, "container.pods.create"),
        ("DELETE", f"{PODS}/p", "container.pods.delete"),
        ("PUT", SPACE, "container.namespaces.update"),
        ("PATCH", SPACE, "container.namespaces.update"),
        ("GET", EXPORTS, "container.thirdPartyObjects.list"),
        ("DELETE", f"{EXPORTS}/e", "container.thirdPartyObjects.delete"),
    ],
)
def test_verbs_and_kinds_are_permissions(api: ClusterApi, verb: str, path: str, permission: str) -> None:
    """Whether or not there is such an object; what CustomResourceDefinitions add shares its own."""
    assert permission == _lacks(kubectl(api, verb, path, {}))


def test_applying_what_is_not_there_creates_it(cloud: Cloud, api: ClusterApi) -> None:
    """So it takes both; once it is there, it does not."""
    cloud.let("container.namespaces.update")
    refused = _lacks(kubectl(api, "PATCH", SPACE, BODY, **APPLY))
    cloud.let("container.namespaces.update", "container.namespaces.create")
    made = kubectl(api, "PATCH", SPACE, BODY, **APPLY)[0]
    cloud.let("container.namespaces.update")

    assert ("container.namespaces.create", 201) == (refused, made)
    assert 200 == kubectl(api, "PATCH", SPACE, BODY, **APPLY)[0]


def test_the_dns_endpoint_takes_one_permission_more(cloud: Cloud, api: ClusterApi) -> None:
    """Also for what everybody may read who is let in."""
    cloud.let("container.pods.list")
    by_dns = [_lacks(kubectl(api, "GET", path, host="dns.gke.goog")) for path in (PODS, "/version")]
    by_ip = [kubectl(api, "GET", path)[0] for path in (PODS, "/version")]
    cloud.let("container.pods.list", "container.clusters.connect")

    assert ["container.clusters.connect"] * 2 == by_dns
    assert (
        [200, 200]
        == by_ip
        == [kubectl(api, "GET", path, host="dns.gke.goog")[0] for path in (PODS, "/version")]
    )

"""Deletion: finalizers, owners, namespaces and CRDs that wait for their contents."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.kubernetes import KubernetesApi, StatusError
from localcloud.kubernetes.api import Upkeep
from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.conftest import Call, Clock, Ids, stored

CONFIGS = "/api/v1/namespaces/shop/configmaps"
MERGE = "application/merge-patch+json"


def config(name: str = "c", namespace: str = "shop", **meta: Any) -> Json:
    return {"metadata": {"name": name, "namespace": namespace, **meta}}


def owned_by(owner: Json, name: str) -> Json:
    meta = owner["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": meta["name"], "uid": meta["uid"]}
    return config(name, ownerReferences=[reference])


def test_an_object_without_finalizers_goes_at_once(call: Call, api: KubernetesApi) -> None:
    """The answer is a Status with the uid of what was deleted."""
    uid = api.create("ConfigMap", config())["metadata"]["uid"]
    gone = call("DELETE", f"{CONFIGS}/c").body
    assert (gone["status"], gone["details"]) == ("Success", {"name": "c", "kind": "configmaps", "uid": uid})
    assert call("DELETE", f"{CONFIGS}/c").status == 404


def test_finalizers_hold_an_object_until_the_last_is_off(
    call: Call, api: KubernetesApi, clock: Clock
) -> None:
    """It is marked, may get no new finalizers, and goes with the last one."""
    api.create("ConfigMap", config(finalizers=["a/b", "c/d"]))
    marked = call("DELETE", f"{CONFIGS}/c").body
    assert marked["metadata"]["deletionTimestamp"] == "2026-05-28T20:26:40Z"
    clock.now += 10
    again = call("DELETE", f"{CONFIGS}/c").body
    assert again["metadata"] == marked["metadata"]
    refused = call("PATCH", f"{CONFIGS}/c", {"metadata": {"finalizers": ["a/b", "x/y"]}}, MERGE)
    assert "no new finalizers can be added if the object is being deleted" in refused.body["message"]
    call("PATCH", f"{CONFIGS}/c", {"metadata": {"finalizers": ["c/d"]}}, MERGE)
    assert api.get("ConfigMap", "shop", "c")
    call("PATCH", f"{CONFIGS}/c", {"metadata": {"finalizers": None}}, MERGE)
    assert api.get("ConfigMap", "shop", "c") is None


def test_a_precondition_protects_a_successor(call: Call, api: KubernetesApi) -> None:
    """A uid that is not the object's is a Conflict."""
    api.create("ConfigMap", config())
    refused = call("DELETE", f"{CONFIGS}/c", {"preconditions": {"uid": "other"}})
    assert refused.status == 409
    assert "the UID in the precondition (other) does not match the UID in record" in refused.body["message"]


def test_dependents_follow_their_owner(api: KubernetesApi) -> None:
    """In the background by default, transitively; orphaned if asked."""
    owner = api.create("ConfigMap", config("owner"))
    child = api.create("ConfigMap", owned_by(owner, "child"))
    api.create("ConfigMap", owned_by(child, "grandchild"))
    api.delete("ConfigMap", "shop", "owner")
    assert api.list("ConfigMap", "shop") == []


def test_orphans_stay_and_forget_their_owner(api: KubernetesApi) -> None:
    """propagationPolicy Orphan."""
    owner = api.create("ConfigMap", config("owner"))
    api.create("ConfigMap", owned_by(owner, "child"))
    api.delete("ConfigMap", "shop", "owner", "Orphan")
    assert stored(api, "ConfigMap", "shop", "child")["metadata"]["ownerReferences"] == []


def test_a_foreground_owner_waits_for_its_dependents(api: KubernetesApi) -> None:
    """It has the finalizer foregroundDeletion until the last dependent is gone."""
    owner = api.create("ConfigMap", config("owner"))
    held = owned_by(owner, "child")
    held["metadata"]["finalizers"] = ["a/b"]
    api.create("ConfigMap", held)
    api.delete("ConfigMap", "shop", "owner", "Foreground")
    assert stored(api, "ConfigMap", "shop", "owner")["metadata"]["finalizers"] == ["foregroundDeletion"]
    api.patch("ConfigMap", "shop", "child", {"metadata": {"finalizers": None}})
    assert api.list("ConfigMap", "shop") == []


def test_a_namespace_is_terminating_until_it_is_empty(call: Call, api: KubernetesApi) -> None:
    """Its contents are deleted; nothing new may come; it goes with the last of them."""
    api.create("ConfigMap", config("held", finalizers=["a/b"]))
    api.create("ConfigMap", config("free"))
    gone = call("DELETE", "/api/v1/namespaces/shop").body
    assert gone["status"]["phase"] == "Terminating"
    assert [item["metadata"]["name"] for item in api.list("ConfigMap", "shop")] == ["held"]
    refused = call("POST", CONFIGS, {"metadata": {"name": "new"}})
    assert (refused.status, refused.body["message"]) == (
        403,
        'configmaps "new" is forbidden: unable to create new content in namespace shop because it is being '
        "terminated",
    )
    assert refused.body["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    api.patch("ConfigMap", "shop", "held", {"metadata": {"finalizers": None}})
    assert api.get("Namespace", "", "shop") is None


def test_a_terminating_namespace_may_be_deleted_once_more(call: Call, api: KubernetesApi) -> None:
    """The second answer is the first one's object."""
    api.create("ConfigMap", config(finalizers=["a/b"]))
    marked = call("DELETE", "/api/v1/namespaces/shop").body
    again = call("DELETE", "/api/v1/namespaces/shop").body

    assert marked["metadata"]["deletionTimestamp"] == again["metadata"]["deletionTimestamp"]
    assert "deletionGracePeriodSeconds" not in again["metadata"]


def test_a_namespace_empties_when_the_clusters_housekeeping_gets_to_it(clock: Clock) -> None:
    """`background` decides when; until then the contents are there."""
    waiting = []
    api = KubernetesApi(clock, Ids(), upkeep=Upkeep(lambda *work: waiting.append(work)))
    api.create("Namespace", {"metadata": {"name": "shop"}})
    api.create("ConfigMap", config())
    api.delete("Namespace", "", "shop")
    assert api.get("ConfigMap", "shop", "c")
    what, resource, then = waiting.pop()
    assert (what, resource) == ("namespace", "shop")
    then()
    assert api.get("Namespace", "", "shop") is None


def test_a_crd_goes_with_all_its_objects(api: KubernetesApi, call: Call) -> None:
    """Its kind is no longer served; a held object keeps both."""
    kind = "net.gke.io/ServiceExport"
    api.create(kind, config("free"))
    api.create(kind, config("held", finalizers=["a/b"]))
    api.uninstall("serviceexports.net.gke.io")
    assert [item["metadata"]["name"] for item in api.list(kind)] == ["held"]
    assert call("GET", "/apis/net.gke.io/v1/serviceexports").status == 200
    api.patch(kind, "shop", "held", {"metadata": {"finalizers": None}})
    assert call("GET", "/apis/net.gke.io/v1/serviceexports").status == 404
    with pytest.raises(StatusError, match="could not find the requested resource"):
        api.create(kind, config("again"))


def test_a_collection_is_deleted_by_selector(call: Call, api: KubernetesApi) -> None:
    """DELETE on the collection takes label selectors."""
    for name, tier in (("a", "web"), ("b", "db"), ("c", "web")):
        api.create("ConfigMap", config(name, labels={"tier": tier}))
    call("DELETE", f"{CONFIGS}?labelSelector=tier%3Dweb")
    assert [item["metadata"]["name"] for item in api.list("ConfigMap", "shop")] == ["b"]

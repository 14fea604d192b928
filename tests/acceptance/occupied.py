"""Places that an environment may find: clusters that others use already, and a network of another name."""

from __future__ import annotations

import copy
import json
from typing import Any

from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from shared.google.importer import ROLE, importer_of
from tests.acceptance import foreign
from tests.acceptance.foreign import PROJECT
from tests.acceptance.runs import STORE
from tests.support.local_cloud import call, let_pass

APPS = {"network": "shop-vpc", "subnetwork": "apps"}  # of a spec,
IN_APPS: dict[str, Any] = {
    "network_name": "shop-vpc",
    "subnetwork": "apps",
}  # and of the local run that has it
CLUSTERS = {each["name"]: each["location"] for each in STORE["clusters"]}
FEATURES = f"projects/{PROJECT}/locations/global/features"
THEIRS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("Namespace", "", "theirs", {}),
    ("Namespace", "", "store", {}),  # the very one that the environment uses
    ("ConfigMap", "theirs", "notes", {"data": {"read": "me"}}),
    ("ConfigMap", "store", "notes", {"data": {"read": "me too"}}),
    ("Service", "theirs", "shop", {"spec": {"selector": {"app": "shop"}, "ports": [{"port": 80}]}}),
    ("net.gke.io/ServiceExport", "theirs", "shop", {}),
)


def document() -> dict[str, Any]:
    """The tutorial's environment on clusters that are there."""
    found = copy.deepcopy(STORE)
    for cluster in found["clusters"]:
        cluster["existing"] = True
    return found


async def occupy(local: LocalRun) -> None:
    """Two clusters in a fleet with multi-cluster Services, which somebody uses."""
    project = local.cloud.world.projects.get(PROJECT)
    members = [importer_of(PROJECT, project.number)]
    project.policy["bindings"].append({"role": ROLE, "members": members})
    for name, zone in CLUSTERS.items():
        parent = f"projects/{PROJECT}/locations/{zone}"
        call(
            local.cloud,
            "POST",
            f"container/v1/{parent}/clusters",
            {"cluster": foreign.fit_cluster(PROJECT, name, resourceLabels={"team": "search"})},
        )
    call(
        local.cloud,
        "POST",
        f"gkehub/v1/{FEATURES}?featureId=multiclusterservicediscovery",
        {"labels": {"team": "search"}},
    )
    await let_pass(local.cloud, 1200.0)
    for cluster in _apis(local):
        for kind, namespace, name, rest in THEIRS:
            cluster.apply(kind, _object(kind, namespace, name, rest), "kubectl")
    await let_pass(local.cloud, 600.0)


def _object(kind: str, namespace: str, name: str, rest: dict[str, Any]) -> dict[str, Any]:
    group, _, bare = kind.rpartition("/")
    meta = {"name": name, "labels": {"team": "search"}} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": bare, "metadata": meta, **rest}


def _apis(local: LocalRun) -> list[Any]:
    names = [f"projects/{PROJECT}/locations/{zone}/clusters/{name}" for name, zone in CLUSTERS.items()]
    return [local.cloud.world[CLUSTER_APIS][name] for name in names]


def picture(local: LocalRun) -> str:
    """Their objects, to the byte, without what the platform says of an export's state."""
    found = [
        {key: value for key, value in cluster.get(kind, namespace, name).items() if key != "status"}
        for cluster in _apis(local)
        for kind, namespace, name, _ in THEIRS
    ]
    return json.dumps(found, sort_keys=True)

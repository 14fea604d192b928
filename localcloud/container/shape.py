"""A cluster on the wire: what was asked for, laid on GKE's defaults, and what GKE says of it as it comes
up."""

from __future__ import annotations

import base64
import json
import zlib
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from localcloud.container.endpoints import ClusterEndpoints, agreed
from localcloud.container.machines import defaults
from localcloud.container.names import Parent, link, parent_in, short
from localcloud.container.networks import Attachment, group_url, network_fields
from localcloud.ids import keyed
from localcloud.wire.discovery import document
from localcloud.wire.messages import Json
from localcloud.world import World

# The fingerprint of no labels at all [observed].
_NO_LABELS = 0xA9DC16A7


def label_fingerprint(labels: dict[str, str]) -> str:
    """What `setResourceLabels` must name: it changes with the labels; eight hexadecimal digits [observed]."""
    crc = zlib.crc32(json.dumps(labels, sort_keys=True).encode()) ^ zlib.crc32(b"{}") ^ _NO_LABELS
    return f"{crc:08x}"


def label_fields(labels: dict[str, str]) -> Json:
    """`resourceLabels` (None, so left out, when there are none) and `labelFingerprint`."""
    return {"resourceLabels": labels or None, "labelFingerprint": label_fingerprint(labels)}


def new_cluster(world: World, parent: Parent, asked: Json, at: Attachment, version: str) -> Json:
    """A cluster as it is while PROVISIONING.

    It has no endpoint yet: gcloud asks "Is it still PROVISIONING?" when that is missing, though some
    transcripts show an address earlier [observed].
    """
    full_name = parent.cluster(asked["name"])
    autopilot = bool(asked.get("autopilot", {}).get("enabled"))
    table = deepcopy(defaults())
    base = merged(table["cluster"], table["autopilot"]) if autopilot else table["cluster"]
    cluster = agreed(merged(merged(base, _asked(asked)), network_fields(at)), asked)
    if autopilot:
        cluster["workloadIdentityConfig"] = {"workloadPool": f"{parent.project}.svc.id.goog"}
    locations = sorted(asked.get("locations") or parent.zones)
    created = datetime.fromtimestamp(world.clock.now, UTC)
    cluster |= {
        "id": world.ids.hex(64),
        "selfLink": link(parent, f"clusters/{asked['name']}"),
        "location": parent.location,
        "zone": parent.location if parent.zonal else None,
        "locations": locations,
        "status": "PROVISIONING",
        "createTime": created.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "etag": world.ids.uid(),
        "initialClusterVersion": version,
        "currentMasterVersion": version,
        "currentNodeVersion": version,
        **label_fields(asked.get("resourceLabels", {})),
    }
    cluster["nodePools"] = [_pool(full_name, cluster, pool) for pool in _pools(asked, autopilot)]
    cluster["nodeConfig"] = cluster["nodePools"][0]["config"]
    cluster["instanceGroupUrls"] = [u for pool in cluster["nodePools"] for u in pool["instanceGroupUrls"]]
    return {key: value for key, value in cluster.items() if value is not None}


def _asked(asked: Json) -> Json:
    """What of a caller's cluster is the caller's to say; the rest is output only."""
    properties = document("container", "v1").schemas["Cluster"]["properties"]
    left_out = {name for name, schema in properties.items() if schema.get("readOnly")}
    left_out |= {"nodePools", "nodeConfig", "network", "subnetwork", "fleet", "etag", "resourceLabels"}
    return {key: value for key, value in deepcopy(asked).items() if key not in left_out}


def _pools(asked: Json, autopilot: bool) -> list[Json]:
    if autopilot:
        config = {"machineType": defaults()["autopilotNodeMachine"]}
        return [{"name": "default-pool", "initialNodeCount": 1, "config": config}]
    if asked.get("nodePools"):
        return list(asked["nodePools"])
    count = int(asked["initialNodeCount"])
    return [{"name": "default-pool", "initialNodeCount": count, "config": asked.get("nodeConfig", {})}]


def _pool(full_name: str, cluster: Json, asked: Json) -> Json:
    """A node pool; its instance group has a name of its own in each zone."""
    locations = sorted(asked.get("locations") or cluster["locations"])
    pool = merged(deepcopy(defaults()["nodePool"]), deepcopy(asked))
    private = cluster["networkConfig"].get("defaultEnablePrivateNodes") or cluster[
        "privateClusterConfig"
    ].get("enablePrivateNodes")
    return {
        **pool,
        "networkConfig": {"enablePrivateNodes": bool(private), **pool.get("networkConfig", {})},
        "initialNodeCount": int(asked.get("initialNodeCount", 0)),
        "locations": locations,
        "selfLink": f"{cluster['selfLink']}/nodePools/{asked['name']}",
        "status": "PROVISIONING",
        "version": cluster["currentMasterVersion"],
        "instanceGroupUrls": [
            group_url(full_name, zone, f"{node_prefix(full_name, asked['name'], zone)}-grp")
            for zone in locations
        ],
    }


def node_prefix(full_name: str, pool: str, zone: str) -> str:
    """How nodes of a pool in a zone are called, without their last four letters [observed]."""
    digest = f"{keyed(f'{full_name}/{pool}/{zone}', 2**32):08x}"
    return f"gke-{short(full_name)[:19].rstrip('-')}-{pool[:19].rstrip('-')}-{digest}"


def dns_endpoint(world: World, full_name: str) -> str:
    """A new name for a cluster's DNS endpoint [observed: gke-<32 hexadecimal digits>-<number>.<location>.gke.goog]."""
    parent = parent_in(full_name)
    number = world.projects.get(parent.project).number
    return f"gke-{world.ids.hex(32)}-{number}.{parent.location}.gke.goog"


def endpoint_fields(cluster: Json, at: ClusterEndpoints, host: str, private: str) -> Json:
    """How the cluster's Kubernetes API is reached, in all the places where GKE says it."""
    config = cluster["controlPlaneEndpointsConfig"]
    ip = config["ipEndpointsConfig"]
    public = at.public if ip["enabled"] and ip["enablePublicEndpoint"] else None
    ip_fields = _present(publicEndpoint=public, privateEndpoint=private)
    ca = base64.b64encode(at.ca_pem.encode()).decode()
    return {
        "endpoint": public or private,
        "masterAuth": {**cluster["masterAuth"], **_present(clusterCaCertificate=ca or None)},
        "controlPlaneEndpointsConfig": {
            "dnsEndpointConfig": {**config["dnsEndpointConfig"], "endpoint": host},
            "ipEndpointsConfig": {**ip, **ip_fields},
        },
        "privateClusterConfig": {**cluster["privateClusterConfig"], **ip_fields},
    }


def _present(**fields: Any) -> Json:
    return {key: value for key, value in fields.items() if value is not None}


def merged(base: Json, over: Json) -> Json:
    """`base` with `over` laid on it: objects merge, everything else is replaced."""
    return {**base, **{key: _laid(base.get(key), value) for key, value in over.items()}}


def _laid(below: Any, above: Any) -> Any:
    return merged(below, above) if isinstance(below, dict) and isinstance(above, dict) else above

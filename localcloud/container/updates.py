"""Changes of a cluster: update, one `desired…` group a call, and setResourceLabels with its fingerprint."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from localcloud.compute.labels import check_labels
from localcloud.container.checks import check_fleet, check_pool
from localcloud.container.clusters import changeable
from localcloud.container.endpoints import addressed, agreed
from localcloud.container.names import parent_of
from localcloud.container.operations import Change, begin
from localcloud.container.service import service
from localcloud.container.shape import label_fields, label_fingerprint, merged
from localcloud.service import Call
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.world import World

Apply = Callable[[World, Json, Any], Json]

_CLUSTERS = "container.projects.locations.clusters"
# Fields that go with another one and change nothing by themselves.
_COMPANIONS = {"etag", "desiredNodePoolId"}


def _field(name: str) -> Apply:
    """Replace a field of the cluster."""
    return lambda world, cluster, value: {name: value}


def _laid_on(name: str) -> Apply:
    """Lay the value on a field of the cluster: what is not said stays."""
    return lambda world, cluster, value: {name: merged(cluster.get(name, {}), value)}


def _network(name: str) -> Apply:
    """Replace a field of the network config."""
    return lambda world, cluster, value: {"networkConfig": {**cluster["networkConfig"], name: value}}


def _gateway_api(world: World, cluster: Json, value: Json) -> Json:
    """CHANNEL_DISABLED is written as asked; the CRDs are the Gateway controller's to install."""
    return {"networkConfig": {**cluster["networkConfig"], "gatewayApiConfig": value}}


def _fleet(world: World, cluster: Json, value: Json) -> Json:
    """An empty project takes the cluster out of its fleet; the fleet controller does the rest."""
    project = world.projects.id_of(value.get("project", ""))
    if not project:
        return {"fleet": None}
    return {"fleet": {**cluster.get("fleet", {}), "project": project}}


def _endpoints(world: World, cluster: Json, value: Json) -> Json:
    """What is not said stays; endpoints are shown, and let callers in, as it says from then on."""
    config = merged(cluster["controlPlaneEndpointsConfig"], value)
    now = agreed({**cluster, "controlPlaneEndpointsConfig": config}, {})
    return {name: value for name, value in addressed(world, now).items() if value != cluster.get(name)}


def _networks(world: World, cluster: Json, value: Json) -> Json:
    """The elder place of the same."""
    return _endpoints(world, cluster, {"ipEndpointsConfig": {"authorizedNetworksConfig": value}})


APPLY: dict[str, Apply] = {
    "desiredAddonsConfig": _laid_on("addonsConfig"),
    "desiredBinaryAuthorization": _field("binaryAuthorization"),
    "desiredControlPlaneEndpointsConfig": _endpoints,
    "desiredCostManagementConfig": _field("costManagementConfig"),
    "desiredDefaultEnablePrivateNodes": _network("defaultEnablePrivateNodes"),
    "desiredDnsConfig": _network("dnsConfig"),
    "desiredFleet": _fleet,
    "desiredGatewayApiConfig": _gateway_api,
    "desiredLoggingConfig": _field("loggingConfig"),
    "desiredMasterAuthorizedNetworksConfig": _networks,
    "desiredMonitoringConfig": _laid_on("monitoringConfig"),
    "desiredReleaseChannel": _field("releaseChannel"),
    "desiredSecurityPostureConfig": _laid_on("securityPostureConfig"),
    "desiredShieldedNodes": _field("shieldedNodes"),
    "desiredVerticalPodAutoscaling": _field("verticalPodAutoscaling"),
    "desiredWorkloadIdentityConfig": _field("workloadIdentityConfig"),
}


def _autoscaling(world: World, cluster: Json, value: Json, pool_name: str) -> Json:
    pools = [
        {**pool, "autoscaling": value} if pool_name in (pool["name"], "-") else pool
        for pool in cluster["nodePools"]
    ]
    return {"nodePools": pools}


@service.on(f"{_CLUSTERS}.update")
def update(call: Call) -> Json:
    """clusters.update: RECONCILING now, changed when the operation ends."""
    field, value, apply = _asked(call)
    full_name, cluster = changeable(call)
    if field in ("desiredControlPlaneEndpointsConfig", "desiredMasterAuthorizedNetworksConfig"):
        apply(call.world, cluster, value)  # which refuses what cannot be
    if field == "desiredFleet":
        check_fleet(call.world, value.get("project", ""))
    if field == "desiredWorkloadIdentityConfig":
        check_pool(call.world, parent_of(call), {"workloadIdentityConfig": value})
    return _begin(call.world, full_name, lambda now: apply(call.world, now, value))


def _asked(call: Call) -> tuple[str, Any, Apply]:
    """The one change that is asked for.

    Raises:
        Refused: none, as hashicorp/terraform-provider-google#26301 shows [observed]; more than one, which the
            description of ClusterUpdate rules out [documented], the wording is [inferred]; or one that is
            not served.
    """
    wanted: Json = call.body.get("update", {})
    fields = [name for name in wanted if name not in _COMPANIONS]
    if not fields:
        raise invalid("Must specify a field to update.", "badRequest")
    if len(fields) > 1:
        names = ", ".join(sorted(fields))
        raise invalid(
            f"Exactly one update can be applied to a cluster with each request; got {names}.", "badRequest"
        )
    name = fields[0]
    if name == "desiredNodePoolAutoscaling":
        pool = wanted.get("desiredNodePoolId", "default-pool")
        return name, wanted[name], partial(_autoscaling, pool_name=pool)
    if name not in APPLY:
        raise not_implemented(f"{_CLUSTERS}.update with {name}")
    return name, wanted[name], APPLY[name]


def _begin(world: World, full_name: str, apply: Callable[[Json], Json]) -> Json:
    clusters = world.store["container.clusters"]

    def done() -> None:
        cluster = clusters.get(full_name)
        if cluster is not None:
            clusters.change(full_name, status="RUNNING", **apply(cluster))

    def undone(error: Json) -> None:
        if full_name in clusters:
            clusters.change(full_name, status="RUNNING")

    after = (world.ledger.latest("container.clusters.create", full_name),)
    change = Change("container.clusters.update", "UPDATE_CLUSTER", done, undone)
    operation = begin(world, full_name, change, after)
    clusters.change(full_name, status="RECONCILING")
    return operation


@service.on(f"{_CLUSTERS}.setResourceLabels")
def set_resource_labels(call: Call) -> Json:
    """clusters.setResourceLabels: the whole map, if the fingerprint is that of the labels there are.

    Raises:
        Refused: FAILED_PRECONDITION for a stale fingerprint (crossplane-contrib/provider-gcp#477) [observed].
    """
    full_name, cluster = changeable(call)
    given, labels = call.body.get("labelFingerprint", ""), call.body.get("resourceLabels", {})
    expected = label_fingerprint(cluster.get("resourceLabels", {}))
    if given != expected:
        raise Refused(
            "FAILED_PRECONDITION",
            "Labels could not be set due to fingerprint mismatch; try again with the proper "
            "fingerprint: incorrect "
            f'fingerprint supplied was "{given}", the expected one is "{expected}".',
        )
    check_labels(labels)

    def done() -> None:
        if full_name in call.world.store["container.clusters"]:
            call.world.store["container.clusters"].change(full_name, **label_fields(labels))

    change = Change("container.clusters.setLabels", "SET_LABELS", done, lambda error: None)
    return begin(call.world, full_name, change)

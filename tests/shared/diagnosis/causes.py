"""Causes: what somebody does to an environment that stands, the code that must tell it, and how it is mended.

A finding's fix is a command line, a change of the document, or what only a person can do somewhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from localcloud.compute.quotas import set_quota
from localcloud.container.kube import CLUSTER_APIS
from localcloud.faults.call_faults import Denied, Fault, Matcher
from localcloud.faults.outages import OUTAGES
from localcloud.iam import grants
from tests.shared.diagnosis.standing import EAST, WEST, Standing
from tests.support.projects import PROJECT
from tests.support.refusals import NO_SPACE

Json = dict[str, Any]
Deed = Callable[[Standing], Awaitable[None]]

SPACE = "store"
HTTP_ROUTE = "gateway.networking.k8s.io/HTTPRoute"
POLICY = "networking.gke.io/HealthCheckPolicy"
EXPORT = "net.gke.io/ServiceExport"
FEATURE = f"projects/{PROJECT}/locations/global/features/multiclusteringress"
HOLDER = f"projects/{PROJECT}"
DENIAL = f"projects/{PROJECT}/global/firewalls/deny-all"
SUBNETS = f"projects/{PROJECT}/regions/{{}}/subnetworks/{{}}"


class Way(StrEnum):
    """How an environment was cured."""

    COMMAND = "the fix, run as it is printed"
    INSTEAD = "what the fix does, as its program is not installed"
    DOCUMENT = "the document, edited as the fix says"
    ELSEWHERE = "what the fix says, done where it can only be done by a person"
    DEPLOY = "the next deploy alone"


@dataclass(frozen=True)
class Cause:
    """`fix` is what the finding's fix is; `mend` does the same from inside, or is None where a deploy does too.

    `settle` are the simulated seconds until everything that follows from the deed has followed.
    """

    name: str
    code: str
    deed: Deed
    mend: Deed | None = None
    fix: Way = Way.COMMAND
    settle: float = 200.0


def _remembered(collection: str, name: str) -> tuple[Deed, Deed]:
    """Somebody deletes a resource behind everybody's back; it is made again as it was."""
    kept: dict[str, Json] = {}

    async def delete(standing: Standing) -> None:
        kept[name] = standing.world.store[collection].get(name) or {}
        standing.world.store[collection].delete(name)

    async def make(standing: Standing) -> None:
        standing.world.store[collection].put(name, kept[name])

    return delete, make


def _changed(
    collection: str, name: str, after: Mapping[str, Any], before: Mapping[str, Any]
) -> tuple[Deed, Deed]:
    """A resource's fields are changed, and changed back."""

    async def put(fields: Mapping[str, Any], standing: Standing) -> None:
        standing.world.store[collection].change(name, **fields)

    return partial(put, after), partial(put, before)


def _asked(**fields: Any) -> tuple[Deed, Deed]:
    """The environment is asked for with other fields, and then as before."""
    kept: Json = {}

    async def ask(standing: Standing) -> None:
        kept.update(standing.document)
        standing.document.update(fields)

    async def unask(standing: Standing) -> None:
        standing.document.clear()
        standing.document.update(kept)

    return ask, unask


async def _lose_subnet(standing: Standing) -> None:
    name = SUBNETS.format("us-west1", "fleetgate-store-proxy")
    standing.world.store["compute.subnetworks"].delete(name)


async def _ask_for_a_taken_range(standing: Standing) -> None:
    await _lose_subnet(standing)
    standing.document["proxyRanges"] = {"us-west1": "10.138.0.0/23"}


async def _ask_for_any_range(standing: Standing) -> None:
    standing.document.pop("proxyRanges")


async def _check_another_port(standing: Standing) -> None:
    check = {"portSpecification": "USE_FIXED_PORT", "port": 9999, "requestPath": "/"}
    spec = {
        "default": {"config": {"type": "HTTP", "httpHealthCheck": check}},
        "targetRef": {"group": "net.gke.io", "kind": "ServiceImport", "name": "store-west-1"},
    }
    policy = {"metadata": {"name": "strict", "namespace": SPACE}, "spec": spec}
    standing.world[CLUSTER_APIS][WEST].create(POLICY, policy, "somebody")


async def _remove_the_check(standing: Standing) -> None:
    standing.world[CLUSTER_APIS][WEST].delete(POLICY, SPACE, "strict")


async def _check_a_port_of_ours(standing: Standing) -> None:
    """The next deploy sets the check; nobody listens there (a mesh's port, in whatever pods have no mesh)."""
    standing.document["healthCheck"] = {"requestPath": "/", "port": 15021}
    await standing.deploy()


async def _check_the_serving_port(standing: Standing) -> None:
    standing.document.pop("healthCheck")
    await standing.deploy()


async def _set_port(cluster: str, port: Json, standing: Standing) -> None:
    patch = {"spec": {"ports": [{"protocol": "TCP", **port}]}}
    standing.world[CLUSTER_APIS][cluster].patch("Service", SPACE, "store-east-1", patch, "somebody")


async def _empty_groups(standing: Standing) -> None:
    """Whoever fills them has not done so yet; the next look of the cluster's controller would."""
    groups = standing.world.store["compute.networkEndpoints"]
    for name in groups.names(f"projects/{PROJECT}/zones/us-east1-c/"):
        standing.kept[name] = groups.get(name) or {}
        groups.put(name, {"endpoints": []})


async def _fill_groups(standing: Standing) -> None:
    for name, endpoints in standing.kept.items():
        standing.world.store["compute.networkEndpoints"].put(name, endpoints)


async def _scale(replicas: int, standing: Standing) -> None:
    patch = {"spec": {"replicas": replicas}}
    standing.world[CLUSTER_APIS][WEST].patch("apps/Deployment", SPACE, "store", patch, "somebody")


async def _withdraw(kind: str, standing: Standing) -> None:
    standing.world[CLUSTER_APIS][EAST].delete(kind, SPACE, "store-east-1")


async def _starve(standing: Standing) -> None:
    await _set_cpu("200m", standing)
    api = standing.world[CLUSTER_APIS][EAST]
    for pod in api.list("Pod", "gke-mcs"):
        api.delete("Pod", "gke-mcs", pod["metadata"]["name"])


async def _set_cpu(cpu: str, standing: Standing) -> None:
    api = standing.world[CLUSTER_APIS][EAST]
    for node in api.list("Node"):
        status = {**node["status"], "allocatable": {**node["status"]["allocatable"], "cpu": cpu}}
        api.replace_status("Node", "", node["metadata"]["name"], status, "kubelet")


async def _take_role(role: str, standing: Standing) -> None:
    held = grants.bindings_of(standing.world, HOLDER)
    grants.write(standing.world, HOLDER, [each for each in held if each["role"] != role])


async def _give_agent_its_role(standing: Standing) -> None:
    project = standing.world.projects.get(PROJECT)
    agent = f"serviceAccount:service-{project.number}@gcp-sa-multiclusteringress.iam.gserviceaccount.com"
    binding = {"role": "roles/multiclusteringress.serviceAgent", "members": [agent]}
    grants.write(standing.world, HOLDER, [*grants.bindings_of(standing.world, HOLDER), binding])


async def _move_config_membership(standing: Standing) -> None:
    membership = f"projects/{PROJECT}/locations/us-east1/memberships/gke-east-1"
    spec = {"multiclusteringress": {"configMembership": membership}}
    standing.world.store["gkehub.features"].change(FEATURE, spec=spec)


async def _disable_gateway_api(standing: Standing) -> None:
    cluster = standing.world.store["container.clusters"].get(WEST) or {}
    config = {**cluster["networkConfig"], "gatewayApiConfig": {"channel": "CHANNEL_DISABLED"}}
    standing.world.store["container.clusters"].change(WEST, networkConfig=config)


async def _reserve(standing: Standing) -> None:
    base = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/regions"
    for region, ip in {"us-west1": "10.138.9.9", "us-east1": "10.142.9.9"}.items():
        address = {
            "kind": "compute#address",
            "id": "1",
            "name": "vip",
            "address": ip,
            "addressType": "INTERNAL",
            "purpose": "GCE_ENDPOINT",
            "status": "RESERVED",
            "region": f"{base}/{region}",
            "subnetwork": f"{base}/{region}/subnetworks/default",
            "selfLink": f"{base}/{region}/addresses/vip",
        }
        standing.world.store["compute.addresses"].put(
            f"projects/{PROJECT}/regions/{region}/addresses/vip", address
        )


async def _mistake_the_port(standing: Standing) -> None:
    api = standing.world[CLUSTER_APIS][WEST]
    route = api.get(HTTP_ROUTE, SPACE, "store-route") or {}
    rules = [
        {**rule, "backendRefs": [dict(ref) for ref in rule["backendRefs"]]} for rule in route["spec"]["rules"]
    ]
    rules[0]["backendRefs"][0]["port"] = 80
    api.patch(HTTP_ROUTE, SPACE, "store-route", {"spec": {"rules": rules}}, "somebody")


async def _take_traffic(standing: Standing) -> None:
    """Somebody's route is there before ours, which is deleted and made again as it was, names the same."""
    api = standing.world[CLUSTER_APIS][WEST]
    ours = api.get(HTTP_ROUTE, SPACE, "store-route") or {}
    kept = {name: ours["metadata"][name] for name in ("name", "namespace", "labels", "annotations")}
    api.delete(HTTP_ROUTE, SPACE, "store-route")
    theirs = {"metadata": {"name": "theirs", "namespace": SPACE}, "spec": ours["spec"]}
    api.create(HTTP_ROUTE, theirs, "somebody")
    await standing.pass_by(5.0)
    api.create(HTTP_ROUTE, {"metadata": kept, "spec": ours["spec"]}, "somebody")


async def _give_traffic_back(standing: Standing) -> None:
    standing.world[CLUSTER_APIS][WEST].delete(HTTP_ROUTE, SPACE, "theirs")


async def _delete_a_service_of_a_person(standing: Standing) -> None:
    """The environment is asked to export it only; nobody makes it again."""
    kept = standing.document["services"]
    standing.kept["services"] = kept
    services = [dict(each) for each in kept]
    services[-1].pop("selector")
    standing.document["services"] = services
    standing.world[CLUSTER_APIS][EAST].delete("Service", SPACE, services[-1]["name"])


async def _have_it_made(standing: Standing) -> None:
    standing.document["services"] = standing.kept["services"]
    await standing.deploy()


async def _exhaust(standing: Standing) -> None:
    set_quota(standing.world, PROJECT, "compute.forwardingRules", 1)
    rules = standing.world.store["compute.forwardingRules"]
    rules.delete(rules.names()[0])


async def _raise_quota(standing: Standing) -> None:
    set_quota(standing.world, PROJECT, "compute.forwardingRules", None)
    gateways = standing.world.store["compute.networkEndpointGroups"]
    name = gateways.names()[0]
    gateways.put(name, gateways.get(name) or {})  # anything that lets the controller look again


async def _disable_api(standing: Standing) -> None:
    standing.world.projects.get(PROJECT).enabled.discard("trafficdirector.googleapis.com")


async def _enable_api(standing: Standing) -> None:
    standing.world.projects.get(PROJECT).enabled.add("trafficdirector.googleapis.com")


async def _deny(standing: Standing) -> None:
    standing.cloud.faults.plan(
        Fault(Matcher(method="compute.firewalls.list"), Denied("compute.firewalls.list"))
    )


async def _lose(place: str, standing: Standing) -> None:
    standing.world[OUTAGES].begin(place)


async def _find(place: str, standing: Standing) -> None:
    standing.world[OUTAGES].end(place)


async def _deny_everything(standing: Standing) -> None:
    rule = {
        "id": "1",
        "name": "deny-all",
        "network": f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/networks/default",
        "selfLink": f"https://www.googleapis.com/compute/v1/{DENIAL}",
        "direction": "INGRESS",
        "priority": 100,
        "denied": [{"IPProtocol": "all"}],
        "sourceRanges": ["0.0.0.0/0"],
    }
    standing.world.store["compute.firewalls"].put(DENIAL, rule)


async def _disable_the_denial(standing: Standing) -> None:
    standing.world.store["compute.firewalls"].change(DENIAL, disabled=True)


async def _nothing(standing: Standing) -> None:
    """The fault is used up: the role has been granted."""


_BROKEN = {"status": "ERROR", "statusMessage": "Internal error in the control plane."}
_ROOMLESS = {"status": "ERROR", "statusMessage": NO_SPACE}
_ADDRESSES = _asked(
    gateway={
        "name": "internal-cross-region-gateway",
        "namespace": SPACE,
        "addresses": {"us-west1": "vip", "us-east1": "vip"},
    }
)

CAUSES = (
    Cause("a proxy-only subnet is deleted", "PROXY_SUBNET_MISSING", _lose_subnet),
    Cause(
        "a range is asked for that a subnet has",
        "RANGE_REFUSED",
        _ask_for_a_taken_range,
        _ask_for_any_range,
        Way.DOCUMENT,
    ),
    Cause(
        "the subnet of a region is gone",
        "SUBNETWORK_MISSING",
        *_remembered("compute.subnetworks", SUBNETS.format("us-east1", "default")),
    ),
    Cause("a health check asks another port", "HEALTH_CHECK_FAILS", _check_another_port, _remove_the_check),
    Cause(
        "a health check asks a port that nobody listens on",
        "HEALTH_CHECK_FAILS",
        _check_a_port_of_ours,
        _check_the_serving_port,
        Way.DOCUMENT,
    ),
    Cause(
        "a Service has another port than in the other cluster",
        "SERVICE_UNFIT",
        partial(_set_port, EAST, {"port": 9090, "targetPort": 8080}),
        partial(_set_port, EAST, {"port": 8080, "targetPort": 8080}),
    ),
    Cause(
        "a Service leads to a port that no container names",
        "SERVICE_UNFIT",
        partial(_set_port, EAST, {"port": 8080, "targetPort": "web"}),
    ),
    Cause(
        "the endpoint groups of a cluster are empty",
        "ENDPOINTS_ABSENT",
        _empty_groups,
        _fill_groups,
        Way.ELSEWHERE,
        settle=0.0,
    ),
    Cause("a Deployment is scaled to nothing", "PODS_NOT_READY", partial(_scale, 0), partial(_scale, 2)),
    Cause("a firewall rule denies everything", "FIREWALL_CLOSED", _deny_everything, _disable_the_denial),
    Cause("an export is deleted", "IMPORT_INCOMPLETE", partial(_withdraw, EXPORT)),
    Cause("a Service is deleted", "IMPORT_INCOMPLETE", partial(_withdraw, "Service")),
    Cause("the importer finds no room", "IMPORTER_STARVED", _starve, partial(_set_cpu, "940m")),
    Cause(
        "the importer's role is taken",
        "IMPORTER_WITHOUT_ROLE",
        partial(_take_role, "roles/compute.networkViewer"),
    ),
    Cause(
        "the service agent's role is taken",
        "SERVICE_AGENT_WITHOUT_ROLE",
        partial(_take_role, "roles/multiclusteringress.serviceAgent"),
        _give_agent_its_role,
    ),
    Cause("the config membership is moved", "CONFIG_MEMBERSHIP_ELSEWHERE", _move_config_membership),
    Cause("an address is named that nobody reserved", "ADDRESS_UNKNOWN", _ADDRESSES[0], _reserve),
    Cause("a route names the wrong port", "BACKEND_PORT_UNKNOWN", _mistake_the_port),
    Cause("somebody's older route names the same", "TRAFFIC_TAKEN", _take_traffic, _give_traffic_back),
    Cause(
        "a Service that a person makes is deleted",
        "SERVICE_MISSING",
        _delete_a_service_of_a_person,
        _have_it_made,
        Way.DOCUMENT,
    ),
    Cause("a quota is used up", "QUOTA_EXCEEDED", _exhaust, _raise_quota, Way.ELSEWHERE),
    Cause(
        "a cluster is in ERROR",
        "CLUSTER_IN_ERROR",
        *_changed("container.clusters", EAST, _BROKEN, {"status": "RUNNING", "statusMessage": None}),
    ),
    Cause(
        "a cluster found no room for its Pods",
        "CLUSTER_IN_ERROR",
        *_changed("container.clusters", EAST, _ROOMLESS, {"status": "RUNNING", "statusMessage": None}),
    ),
    Cause("an API is disabled", "API_DISABLED", _disable_api, _enable_api),
    Cause("a permission is missing", "PERMISSION_DENIED", _deny, _nothing, Way.ELSEWHERE),
    Cause(
        "the config cluster's region is down",
        "PLACE_UNREACHABLE",
        partial(_lose, "us-west1"),
        partial(_find, "us-west1"),
        Way.ELSEWHERE,
    ),
    Cause(
        "another cluster's zone is down",
        "PLACE_UNREACHABLE",
        partial(_lose, "us-east1-c"),
        partial(_find, "us-east1-c"),
        Way.ELSEWHERE,
    ),
    Cause("the Gateway API is disabled", "GATEWAY_CLASS_ABSENT", _disable_gateway_api),
)

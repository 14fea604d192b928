"""Projects, regions and zones as compute shows them, with quotas counted from what is there."""

from __future__ import annotations

from localcloud.compute.listing import listed
from localcloud.compute.names import url
from localcloud.compute.resources import check_location
from localcloud.compute.service import service
from localcloud.ids import keyed
from localcloud.regions import all_zones, region_of, regions, zones
from localcloud.service import Call
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.messages import Json

_SINCE = 1_388_563_200.0  # regions are older than any world; the moment itself says nothing

# Quota → (limit, collection that its usage is counted from). Limits differ by project; these are common
# defaults [inferred].
PROJECT_QUOTAS = {
    "NETWORKS": (15, "compute.networks"),
    "SUBNETWORKS": (175, "compute.subnetworks"),
    "FIREWALLS": (200, "compute.firewalls"),
    "ROUTES": (200, "compute.routes"),
    "BACKEND_SERVICES": (75, "compute.backendServices"),
    "HEALTH_CHECKS": (75, "compute.healthChecks"),
    "URL_MAPS": (75, "compute.urlMaps"),
    "TARGET_HTTP_PROXIES": (75, "compute.targetHttpProxies"),
    "NETWORK_ENDPOINT_GROUPS": (300, "compute.networkEndpointGroups"),
}
REGION_QUOTAS = {
    "STATIC_ADDRESSES": (700, "compute.addresses"),
    "CPUS": (300, ""),
    "IN_USE_ADDRESSES": (575, ""),
}


def _quotas(call: Call, table: dict[str, tuple[int, str]], prefix: str) -> list[Json]:
    return [
        {
            "metric": metric,
            "limit": limit,
            "usage": len(call.world.store[source].names(prefix)) if source else 0,
        }
        for metric, (limit, source) in table.items()
    ]


@service.on("compute.projects.get")
def get_project(call: Call) -> Json:
    """The project, its default service account and quotas."""
    check_location(call)
    project = call.world.projects.get(call.project)
    return {
        "kind": "compute#project",
        "id": project.number,
        "name": project.id,
        "creationTimestamp": rfc3339_pacific(_SINCE),
        "commonInstanceMetadata": {"kind": "compute#metadata", "fingerprint": "AAAAAAAAAAA="},
        "defaultServiceAccount": f"{project.number}-compute@developer.gserviceaccount.com",
        "defaultNetworkTier": "PREMIUM",
        "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
        "quotas": _quotas(call, PROJECT_QUOTAS, f"projects/{project.id}/"),
        "selfLink": url(f"projects/{project.id}"),
    }


def _place(call: Call, kind: str, name: str) -> Json:
    return {
        "kind": f"compute#{kind}",
        "id": str(1000 + keyed(name, 8000)),
        "creationTimestamp": rfc3339_pacific(_SINCE),
        "name": name,
        "description": name,
        "status": "UP",
        "selfLink": url(f"projects/{call.project}/{kind}s/{name}"),
    }


def _region(call: Call, name: str) -> Json:
    prefix = f"projects/{call.project}/regions/{name}/"
    return _place(call, "region", name) | {
        "quotas": _quotas(call, REGION_QUOTAS, prefix),
        "zones": [url(f"projects/{call.project}/zones/{zone}") for zone in zones(name)],
    }


def _zone(call: Call, name: str) -> Json:
    return _place(call, "zone", name) | {"region": url(f"projects/{call.project}/regions/{region_of(name)}")}


@service.on("compute.regions.get")
def get_region(call: Call) -> Json:
    """A region with its zones and quotas."""
    check_location(call)
    return _region(call, call.params["region"])


@service.on("compute.regions.list")
def list_regions(call: Call) -> Json:
    """Every region."""
    check_location(call)
    items = ((name, _region(call, name)) for name in regions())
    return listed(call, "compute#regionList", f"projects/{call.project}/regions", items)


@service.on("compute.zones.get")
def get_zone(call: Call) -> Json:
    """A zone."""
    check_location(call)
    return _zone(call, call.params["zone"])


@service.on("compute.zones.list")
def list_zones(call: Call) -> Json:
    """Every zone."""
    check_location(call)
    items = ((name, _zone(call, name)) for name in all_zones())
    return listed(call, "compute#zoneList", f"projects/{call.project}/zones", items)

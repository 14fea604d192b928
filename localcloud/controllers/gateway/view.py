"""Reading the config cluster: its Gateways, and all that they may depend on."""

from __future__ import annotations

from localcloud.controllers.gateway.assessment import View
from localcloud.controllers.gateway.binding import ref_of
from localcloud.controllers.gateway_api import CROSS_REGION
from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json

GATEWAY = "gateway.networking.k8s.io/Gateway"
HTTP_ROUTE = "gateway.networking.k8s.io/HTTPRoute"
GRANT = "gateway.networking.k8s.io/ReferenceGrant"
IMPORT = "net.gke.io/ServiceImport"
POLICIES = ("HealthCheckPolicy", "GCPBackendPolicy")
# Kinds whose change may change what a Gateway comes to.
WATCHED = frozenset(
    {
        "Gateway",
        "GatewayClass",
        "HTTPRoute",
        "ReferenceGrant",
        "ServiceImport",
        "Secret",
        "Namespace",
        *POLICIES,
    }
)


def gateways(api: KubernetesApi) -> list[Json]:
    """The Gateways of this class."""
    return [one for one in api.list(GATEWAY) if one["spec"]["gatewayClassName"] == CROSS_REGION]


def view_of(api: KubernetesApi) -> View:
    """What the cluster holds besides; what is being deleted does not count."""
    return View(
        routes=_living(api.list(HTTP_ROUTE)),
        imports={ref_of(one): one for one in _living(api.list(IMPORT))},
        grants=_living(api.list(GRANT)),
        policies={kind: _living(api.list(f"networking.gke.io/{kind}")) for kind in POLICIES},
        labels={one["metadata"]["name"]: one["metadata"].get("labels", {}) for one in api.list("Namespace")},
        secrets=frozenset(ref_of(one) for one in api.list("Secret")),
    )


def _living(items: list[Json]) -> list[Json]:
    return [one for one in items if not one["metadata"].get("deletionTimestamp")]

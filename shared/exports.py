"""The objects that export services from a cluster: what a step applies, what a diagnosis tells to apply, and what a
verification expects. Pure, from the spec alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.json_types import Json
from shared.objects import KubeObject, body, namespace
from shared.sample_app import deployment

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment, Service


def wanted_exports(wanted: Environment, cluster: Cluster) -> Iterator[KubeObject]:
    """Every object that a cluster should have for its services, in the order in which they can be applied."""
    yield from (namespace(wanted.name, name) for name in wanted.namespaces)
    if wanted.sample_app:
        yield deployment(wanted.name, wanted.gateway.namespace)
    exported = wanted.exports(cluster)
    yield from (own_service(wanted.name, each) for each in exported if each.selector is not None)
    yield from (own_export(wanted.name, each) for each in exported)


def own_service(environment: str, service: Service) -> KubeObject:
    """The Service in front of the pods that `service` selects."""
    spec = {"selector": dict(service.selector or {}), "ports": own_ports(service)}
    return body(environment, "Service", service.name, service.namespace, spec=spec)


def own_ports(service: Service) -> list[Json]:
    """The ports of that Service."""
    return [{"port": service.port, "targetPort": service.target_port, "protocol": "TCP"}]


def own_export(environment: str, service: Service) -> KubeObject:
    """The ServiceExport of the same name."""
    return body(environment, "ServiceExport", service.name, service.namespace)

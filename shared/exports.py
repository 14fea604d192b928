"""The objects that export a service from a cluster: what a step applies, and what a diagnosis tells to apply.

It is in `shared` because the diagnoses are, and `shared` may not import a function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.json_types import Json
from shared.objects import KubeObject, body

if TYPE_CHECKING:
    from shared.spec import Service


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

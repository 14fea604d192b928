"""What the API server refuses in pods and in templates of pods, in its words [documented: pkg/apis/core/validation]."""

from __future__ import annotations

from localcloud.kubernetes.errors import FieldError, invalid, required, unsupported
from localcloud.kubernetes.names import annotation_faults, label_faults, name_fault
from localcloud.kubernetes.quantities import amount
from localcloud.wire.messages import Json

_RESOURCES = ("cpu", "memory", "ephemeral-storage")


def template_faults(template: Json, path: str) -> list[FieldError]:
    """Faults of a template. Those of its labels are told of `labels`, without `metadata` [observed]."""
    meta = template.get("metadata", {})
    return [
        *label_faults(meta.get("labels", {}), f"{path}.labels"),
        *annotation_faults(meta, f"{path}.annotations"),
        *pod_faults(template.get("spec", {}), f"{path}.spec"),
    ]


def pod_faults(spec: Json, path: str) -> list[FieldError]:
    """Faults of a pod's spec."""
    containers = spec.get("containers", [])
    faults = [] if containers else [required(f"{path}.containers")]
    for field in ("containers", "initContainers"):
        for i, container in enumerate(spec.get(field, [])):
            faults += _container_faults(container, f"{path}.{field}[{i}]")
    for field, allowed in _CHOICES.items():
        if field in spec and spec[field] not in allowed:
            faults.append(unsupported(f"{path}.{field}", spec[field], allowed))
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        seconds = spec["terminationGracePeriodSeconds"]
        faults.append(
            invalid(f"{path}.terminationGracePeriodSeconds", seconds, "must be greater than or equal to 0")
        )
    return faults


_CHOICES = {
    "restartPolicy": ("Always", "OnFailure", "Never"),
    "dnsPolicy": ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"),
}
_PULLING = ("Always", "IfNotPresent", "Never")


def range_faults(number: int, path: str) -> list[FieldError]:
    """Faults of a port's number."""
    if 1 <= number <= 65535:
        return []
    return [invalid(path, number, "must be between 1 and 65535, inclusive")]


def _container_faults(container: Json, path: str) -> list[FieldError]:
    faults = []
    if not container.get("name"):
        faults.append(required(f"{path}.name"))
    else:
        faults += name_fault(container["name"], "label", f"{path}.name")
    if not container.get("image"):
        faults.append(required(f"{path}.image"))
    if (pulling := container.get("imagePullPolicy", "Always")) not in _PULLING:
        faults.append(unsupported(f"{path}.imagePullPolicy", pulling, _PULLING))
    for i, port in enumerate(container.get("ports", ())):
        faults += range_faults(port.get("containerPort", 0), f"{path}.ports[{i}].containerPort")
    return faults + _resource_faults(container.get("resources", {}), f"{path}.resources")


def _resource_faults(resources: Json, path: str) -> list[FieldError]:
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    faults = [
        invalid(f"{path}.{field}[{name}]", value, "must be greater than or equal to 0")
        for field, values in (("limits", limits), ("requests", requests))
        for name, value in values.items()
        if amount(value) < 0
    ]
    for name in _RESOURCES:
        if name in requests and name in limits and amount(requests[name]) > amount(limits[name]):
            detail = f"must be less than or equal to {name} limit of {limits[name]}"
            faults.append(invalid(f"{path}.requests", requests[name], detail))
    return faults

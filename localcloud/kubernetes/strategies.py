"""What the API server adds to and refuses in its built-in kinds beyond their schemas [documented, observed].

One entry a kind: `default` completes what was sent, `prepare` fills what the server alone decides at
creation, `carry` keeps that through updates which leave it out, `check` finds faults. A kind with an `answer` is
never stored: to create one is to ask. With `returns_deleted`, a deletion answers the object and no Status (what
apiserver calls ReturnDeletedObject) [observed].
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.kubernetes.crd_expressions import uncompiled
from localcloud.kubernetes.crd_schemas import name_faults, schema_faults
from localcloud.kubernetes.errors import FieldError, duplicate, invalid, mistyped, required, unsupported
from localcloud.kubernetes.names import label_faults, name_fault
from localcloud.kubernetes.pod_rules import pod_faults, range_faults, template_faults
from localcloud.kubernetes.selectors import selector_faults, takes
from localcloud.kubernetes.workload_rules import deployment_faults, service_faults
from localcloud.wire.messages import Json

ClusterIp = Callable[[str, str], str]
"""(namespace, name) of a Service → its cluster IP."""


@dataclass(frozen=True)
class Strategy:
    """The rules of one kind. `default`, `prepare` and `carry` change the object they are given."""

    default: Callable[[Json], None] = lambda item: None
    prepare: Callable[[Json, ClusterIp], None] = lambda item, address: None
    check: Callable[[Json, Json | None], list[FieldError]] = lambda item, old: []
    carry: Callable[[Json, Json], None] = lambda item, old: None
    answer: Callable[[Json], Json] | None = None
    returns_deleted: bool = False


def strategy(key: str) -> Strategy:
    """The strategy of `group/Kind`."""
    return _STRATEGIES.get(key, _NONE)


def _default_namespace(item: Json) -> None:
    labels = item["metadata"].setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = item["metadata"].get("name", "")


def _prepare_namespace(item: Json, address: ClusterIp) -> None:
    item["spec"] = {"finalizers": ["kubernetes"]}
    item["status"] = {"phase": "Active"}


def _carry_namespace(item: Json, old: Json) -> None:
    item["spec"] = old["spec"]


def _default_service(item: Json) -> None:
    spec = item.setdefault("spec", {})
    if spec.get("type") != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    for port in spec.get("ports", ()):
        port.setdefault("targetPort", port.get("port", 0))


def _prepare_service(item: Json, address: ClusterIp) -> None:
    spec = item["spec"]
    item["status"] = {"loadBalancer": {}}
    if spec["type"] == "ExternalName":
        return
    if not spec.get("clusterIP"):
        spec["clusterIP"] = address(item["metadata"]["namespace"], item["metadata"]["name"])
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


def _carry_service(item: Json, old: Json) -> None:
    if item["spec"].get("type") == "ExternalName":
        return
    for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if field in old["spec"]:
            item["spec"].setdefault(field, old["spec"][field])


def _check_service(item: Json, old: Json | None) -> list[FieldError]:
    spec, faults = item["spec"], []
    ports = spec.get("ports", [])
    if not ports and spec.get("clusterIP") != "None" and spec["type"] != "ExternalName":
        faults.append(required("spec.ports"))
    taken: set[str] = set()
    for i, port in enumerate(ports):
        faults += _port_faults(port, f"spec.ports[{i}]", named=len(ports) > 1)
        if (name := port.get("name", "")) in taken:
            faults.append(duplicate(f"spec.ports[{i}].name", name))
        taken.update({name} - {""})
    faults += label_faults(spec.get("selector", {}), "spec.selector")
    affinities = ("ClientIP", "None")
    if spec.get("sessionAffinity") not in affinities:
        faults.append(unsupported("spec.sessionAffinity", spec.get("sessionAffinity"), affinities))
    types = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
    if spec["type"] not in types:
        faults.append(unsupported("spec.type", spec["type"], types))
    faults += service_faults(spec)
    if old and old["spec"].get("clusterIP") and spec.get("clusterIP") != old["spec"]["clusterIP"]:
        shown = [spec["clusterIP"]] if spec.get("clusterIP") else []
        faults.append(invalid("spec.clusterIPs[0]", shown, "may not change once set"))
    return faults


def _port_faults(port: Json, path: str, named: bool) -> list[FieldError]:
    faults = []
    if port.get("name"):
        faults += name_fault(port["name"], "label", f"{path}.name")
    elif named:
        faults.append(required(f"{path}.name"))
    faults += range_faults(port.get("port", 0), f"{path}.port")
    if isinstance(port.get("targetPort"), int):
        faults += range_faults(port["targetPort"], f"{path}.targetPort")
    if port["protocol"] not in ("TCP", "UDP", "SCTP"):
        faults.append(unsupported(f"{path}.protocol", port["protocol"], ("SCTP", "TCP", "UDP")))
    return faults


def _default_deployment(item: Json) -> None:
    spec = item.setdefault("spec", {})
    update = spec.get("strategy", {})
    if update.get("type") == "RollingUpdate":
        limits = update.setdefault("rollingUpdate", {})
        limits.setdefault("maxUnavailable", "25%")
        limits.setdefault("maxSurge", "25%")
    _default_template(item)


def _default_template(item: Json) -> None:
    _default_pod(item.get("spec", {}).get("template", {}))


def _default_pod(item: Json) -> None:
    spec = item.get("spec", {})
    if "serviceAccountName" in spec:
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    for container in [*spec.get("initContainers", ()), *spec.get("containers", ())]:
        image = container.get("image", "")
        tag = image.rsplit("/", 1)[-1].partition(":")[2]
        latest = "@" not in image and tag in ("", "latest")
        container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")


def _prepare_workload(item: Json, address: ClusterIp) -> None:
    item["status"] = {}


def _prepare_replica_set(item: Json, address: ClusterIp) -> None:
    item["status"] = {"replicas": 0}


def _prepare_pod(item: Json, address: ClusterIp) -> None:
    spec = item["spec"]
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    spec.setdefault("priority", 0)
    item["status"] = {"phase": "Pending", "qosClass": "Burstable"}


def _check_workload(item: Json, old: Json | None) -> list[FieldError]:
    spec, faults = item["spec"], []
    selector = spec.get("selector")
    labels = spec.get("template", {}).get("metadata", {}).get("labels")
    if selector is None:
        faults.append(required("spec.selector"))
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        faults.append(invalid("spec.selector", selector, "empty selector is invalid for deployment"))
    else:
        faults += selector_faults(selector, "spec.selector")
    if selector is None or not takes(selector, labels or {}):
        path = "spec.template.metadata.labels"
        faults.append(invalid(path, labels, "`selector` does not match template `labels`"))
    if spec.get("replicas", 0) < 0:
        detail = "must be greater than or equal to 0"
        faults.append(invalid("spec.replicas", spec["replicas"], detail))
    faults += template_faults(spec.get("template", {}), "spec.template")
    if old and old["spec"].get("selector") != selector:
        faults.append(invalid("spec.selector", selector, "field is immutable"))
    return faults


def _check_deployment(item: Json, old: Json | None) -> list[FieldError]:
    return [*_check_workload(item, old), *deployment_faults(item["spec"])]


def _check_pod(item: Json, old: Json | None) -> list[FieldError]:
    return pod_faults(item.get("spec", {}), "spec")


def _check_node(item: Json, old: Json | None) -> list[FieldError]:
    cidr = item.get("spec", {}).get("podCIDR")
    if cidr is None or _is_cidr(cidr):
        return []
    words = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
    return [invalid("spec.podCIDRs[0]", cidr, words)]


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return "/" in text


def _default_secret(item: Json) -> None:
    plain = item.pop("stringData", None)
    if plain:
        encoded = {name: base64.b64encode(text.encode()).decode() for name, text in plain.items()}
        item["data"] = {**item.get("data", {}), **encoded}


def _check_crd(item: Json, old: Json | None) -> list[FieldError]:
    spec = item.get("spec", {})
    names = spec.get("names", {})
    faults = [
        required(f"spec.{field}") for field in ("group", "names", "scope", "versions") if not spec.get(field)
    ]
    wanted = f"{names.get('plural', '')}.{spec.get('group', '')}"
    if item["metadata"].get("name") != wanted:
        detail = 'must be spec.names.plural+"."+spec.group'
        faults.append(invalid("metadata.name", item["metadata"].get("name"), detail))
    for i, version in enumerate(spec.get("versions", ())):
        schema: Any = version.get("schema", {}).get("openAPIV3Schema")
        if not isinstance(schema, dict):
            faults.append(required(f"spec.versions[{i}].schema.openAPIV3Schema", "schemas are required"))
        elif schema.get("type") != "object":
            path = f"spec.versions[{i}].schema.openAPIV3Schema.type"
            faults.append(mistyped(path, schema.get("type"), "object"))
        else:
            faults += schema_faults(schema, f"spec.versions[{i}].schema.openAPIV3Schema")
    if not faults:
        faults += name_faults(item)
    if faults or (old and old["spec"] == spec):
        return faults
    return uncompiled(item)


def _allow(item: Json) -> Json:
    """Whoever got as far as this API may do anything in it: GKE's IAM has been asked before."""
    return {**item, "status": {"allowed": True}}


_NONE = Strategy()
_STRATEGIES: dict[str, Strategy] = {
    "Namespace": Strategy(
        _default_namespace, _prepare_namespace, carry=_carry_namespace, returns_deleted=True
    ),
    "Service": Strategy(
        _default_service, _prepare_service, _check_service, _carry_service, returns_deleted=True
    ),
    "Pod": Strategy(_default_pod, _prepare_pod, _check_pod, returns_deleted=True),
    "Node": Strategy(check=_check_node),
    "Secret": Strategy(default=_default_secret),
    "apps/Deployment": Strategy(_default_deployment, _prepare_workload, _check_deployment),
    "apps/ReplicaSet": Strategy(_default_template, _prepare_replica_set, _check_workload),
    "apiextensions.k8s.io/CustomResourceDefinition": Strategy(check=_check_crd),
    "authorization.k8s.io/SelfSubjectAccessReview": Strategy(answer=_allow),
}

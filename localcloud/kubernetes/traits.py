"""What the API server knows of its built-in types beyond their fields: list types, merge keys, defaults.

From the published OpenAPI of Kubernetes 1.32 (`x-kubernetes-list-type`, `-list-map-keys`,
`-patch-merge-key`, `-patch-strategy`) and pkg/apis/*/v1/defaults.go [documented]. Keys are
`Model.jsonField`, or `Model` for the type itself.
"""

from __future__ import annotations

from typing import Any

from localcloud.wire.messages import Json


def _keyed(*keys: str, merge: str = "", retain: bool = False) -> Json:
    """A list of objects, one per key; `merge` is the strategic merge key where it differs from the first."""
    return {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": list(keys),
        "x-kubernetes-patch-merge-key": merge or keys[0],
        "x-kubernetes-patch-strategy": "merge,retainKeys" if retain else "merge",
    }


_SET: Json = {"x-kubernetes-list-type": "set"}
_MERGED_SET: Json = {**_SET, "x-kubernetes-patch-strategy": "merge"}
_ATOMIC_MAP: Json = {"x-kubernetes-map-type": "atomic"}
_CONDITIONS = _keyed("type")

_ATOMIC_TYPES = (
    "V1LabelSelector V1LocalObjectReference V1ObjectReference V1OwnerReference V1ObjectFieldSelector "
    "V1ResourceFieldSelector V1ConfigMapKeySelector V1SecretKeySelector V1NodeSelector V1NodeSelectorTerm "
    "V1TypedLocalObjectReference V1EndpointAddress CoreV1EndpointPort DiscoveryV1EndpointPort "
    "V1SecretReference V1FileKeySelector V1TopologySelectorTerm"
)

TRAITS: dict[str, Json] = {
    **{name: _ATOMIC_MAP for name in _ATOMIC_TYPES.split()},
    "V1ObjectMeta.finalizers": _MERGED_SET,
    "V1ObjectMeta.ownerReferences": _keyed("uid"),
    "V1PodSpec.containers": {**_keyed("name"), "x-value": True},
    "V1PodSpec.initContainers": _keyed("name"),
    "V1PodSpec.ephemeralContainers": _keyed("name"),
    "V1PodSpec.volumes": _keyed("name", retain=True),
    "V1PodSpec.imagePullSecrets": _keyed("name"),
    "V1PodSpec.hostAliases": _keyed("ip"),
    "V1PodSpec.resourceClaims": _keyed("name", retain=True),
    "V1PodSpec.schedulingGates": _keyed("name"),
    "V1PodSpec.topologySpreadConstraints": _keyed("topologyKey", "whenUnsatisfiable"),
    "V1PodSpec.nodeSelector": _ATOMIC_MAP,
    "V1Container.ports": _keyed("containerPort", "protocol"),
    "V1Container.env": _keyed("name"),
    "V1Container.volumeMounts": _keyed("mountPath"),
    "V1Container.volumeDevices": _keyed("devicePath"),
    "V1ResourceRequirements.claims": _keyed("name"),
    "V1PodStatus.conditions": _CONDITIONS,
    "V1PodStatus.podIPs": _keyed("ip"),
    "V1ServiceSpec.ports": _keyed("port", "protocol"),
    "V1ServiceSpec.selector": _ATOMIC_MAP,
    "V1ServiceStatus.conditions": _CONDITIONS,
    "V1ServiceAccount.secrets": _keyed("name"),
    "V1DeploymentSpec.strategy": {"x-kubernetes-patch-strategy": "retainKeys"},
    "V1DeploymentStatus.conditions": _CONDITIONS,
    "V1ReplicaSetStatus.conditions": _CONDITIONS,
    "V1NamespaceStatus.conditions": _CONDITIONS,
    "V1NodeStatus.conditions": _CONDITIONS,
    "V1NodeStatus.addresses": _keyed("type"),
    "V1NodeSpec.podCIDRs": _MERGED_SET,
    "V1Endpoint.addresses": _SET,
    "V1CustomResourceDefinitionStatus.conditions": _CONDITIONS,
}

DEFAULTS: dict[str, Any] = {
    "V1ServiceSpec.type": "ClusterIP",
    "V1ServiceSpec.sessionAffinity": "None",
    "V1ServicePort.protocol": "TCP",
    "CoreV1EndpointPort.protocol": "TCP",
    "DiscoveryV1EndpointPort.protocol": "TCP",
    "V1ContainerPort.protocol": "TCP",
    "V1Container.terminationMessagePath": "/dev/termination-log",
    "V1Container.terminationMessagePolicy": "File",
    "V1Container.resources": {},
    "V1PodSpec.restartPolicy": "Always",
    "V1PodSpec.dnsPolicy": "ClusterFirst",
    "V1PodSpec.schedulerName": "default-scheduler",
    "V1PodSpec.terminationGracePeriodSeconds": 30,
    "V1PodSpec.securityContext": {},
    "V1Probe.timeoutSeconds": 1,
    "V1Probe.periodSeconds": 10,
    "V1Probe.successThreshold": 1,
    "V1Probe.failureThreshold": 3,
    "V1HTTPGetAction.path": "/",
    "V1HTTPGetAction.scheme": "HTTP",
    "V1ObjectFieldSelector.apiVersion": "v1",
    "V1ConfigMapVolumeSource.defaultMode": 420,
    "V1SecretVolumeSource.defaultMode": 420,
    "V1ProjectedVolumeSource.defaultMode": 420,
    "V1DownwardAPIVolumeSource.defaultMode": 420,
    "V1DeploymentSpec.replicas": 1,
    "V1DeploymentSpec.revisionHistoryLimit": 10,
    "V1DeploymentSpec.progressDeadlineSeconds": 600,
    "V1DeploymentSpec.strategy": {},
    "V1DeploymentStrategy.type": "RollingUpdate",
    "V1ReplicaSetSpec.replicas": 1,
    "V1Secret.type": "Opaque",
}

# Members that are Go structs by value: always there, so nobody is recorded as their creator.
VALUE_STRUCTS = frozenset({"metadata", "spec", "status", "template", "strategy", "involvedObject", "source"})

# Maps of resource.Quantity: numbers are accepted and become strings.
QUANTITIES = frozenset({"limits", "requests", "capacity", "allocatable", "overhead", "allocatedResources"})

INT64 = frozenset(
    {
        "generation",
        "observedGeneration",
        "terminationGracePeriodSeconds",
        "deletionGracePeriodSeconds",
        "activeDeadlineSeconds",
        "runAsUser",
        "runAsGroup",
        "fsGroup",
        "tolerationSeconds",
        "sizeBytes",
    }
)

# The client library marks these optional although the API server refuses an object without them.
REQUIRED_BY_SERVER = frozenset({"V1Container.image"})

"""Whether a live Service can be exported as the spec asks: by its type, its ports, and its pods' ports. Pure.

An export of a Service that lacks the port adds no endpoints for it: the import has the ports of all clusters together,
and traffic for one goes only to the clusters that have it [documented: KEP-1645, constraints and conflict resolution].
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.exports import own_ports
from shared.json_types import Json
from shared.kubectl import in_cluster
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.spec import Cluster, Service

# Values of a port's appProtocol, without case, by which a load balancer speaks TLS or HTTP/2 to the pods [documented:
# GKE, securing a Gateway; Kubernetes, application protocol]. Its health check would have to speak it too.
ENCRYPTED_OR_HTTP2 = {"https", "http2", "grpc", "kubernetes.io/h2c", "kubernetes.io/wss"}
EXTERNAL = "ExternalName"  # no controller exports one [documented: sigs.k8s.io/mcs-api, ServiceExportValid]


@dataclass(frozen=True)
class Unfit:
    """Why a Service cannot be exported as asked, as the rest of a sentence, and the JSON patch that mends it.

    Without a patch `remedy` says what a person must do.
    """

    why: str
    patch: Sequence[Json] = field(default=())
    remedy: str = "Export another Service in its place, one with pods"


def unfit(service: Service, live: KubeObject, pods: Iterable[KubeObject] = ()) -> Unfit | None:
    """What is wrong with the live Service of `service`; `pods` are those behind it, as far as they are there."""
    spec = live.get("spec", {})
    if spec.get("type") == EXTERNAL:
        return Unfit("is of type ExternalName, which multi-cluster Services do not export")
    ports: list[Json] = spec.get("ports") or []
    found = port_of(live, service.port)
    if found is None:
        had = ", ".join(_text(each) for each in ports) or "none"
        return Unfit(f"has no TCP port {service.port} (it has {had})", _addition(ports, service.port))
    if str(found.get("appProtocol", "")).casefold() in ENCRYPTED_OR_HTTP2:
        return Unfit(
            f"has the load balancer speak {found['appProtocol']} to its pods at port {service.port} (its appProtocol),"
            " which the environment cannot say of checks and requests yet",
            remedy=f"Have the pods speak plain HTTP at port {service.port}, and take appProtocol off it",
        )
    return _astray(f"/spec/ports/{ports.index(found)}/targetPort", service, found.get("targetPort"), pods)


def _astray(place: str, service: Service, target: object, pods: Iterable[KubeObject]) -> Unfit | None:
    """What is wrong with a port that leads to a container's port by name: a pod without one is no endpoint of it
    [observed: kubernetes, pkg/api/v1/pod FindPort, whose failure leaves the pod out of the EndpointSlice]."""
    declared = declared_ports(pods)
    if not isinstance(target, str) or not declared or target in {each.get("name") for each in declared}:
        return None
    known = ", ".join(
        f"{each.get('name', 'one without a name')} ({each['containerPort']})" for each in declared
    )
    first = declared[0].get("name") or declared[0]["containerPort"]
    return Unfit(
        f"leads port {service.port} to a container's port called {target}, and none of its pods has one: they have"
        f" {known}",
        [{"op": "replace", "path": place, "value": first}],
    )


def port_of(live: KubeObject, number: int) -> Json | None:
    """The TCP port of a Service with that number: the load balancer speaks HTTP."""
    ports = live.get("spec", {}).get("ports") or []
    return next((each for each in ports if each["port"] == number and _is_tcp(each)), None)


def declared_ports(pods: Iterable[KubeObject]) -> list[Json]:
    """The ports that the pods' containers declare, each once; they may listen on others too [documented]."""
    containers = (each for pod in pods for each in pod.get("spec", {}).get("containers", []))
    found = {
        (each.get("name", ""), each["containerPort"]): each
        for one in containers
        for each in one.get("ports") or []
    }
    return [found[key] for key in sorted(found)]


def mended(project: str, cluster: Cluster, service: Service, fault: Unfit) -> str:
    """The command that mends a Service in one cluster, or what a person must do instead.

    The environment's own Service gets its own ports back. A person's keeps what it has: others may use it.
    """
    if not fault.patch:
        return (
            f"{fault.remedy} (Service {service.namespace}/{service.name} in cluster {cluster.name}), or leave cluster"
            f" {cluster.name} out of its clusters."
        )
    own = [{"op": "replace", "path": "/spec/ports", "value": own_ports(service)}]
    patch = shlex.quote(json.dumps(fault.patch if service.selector is None else own))
    command = (
        f"kubectl patch service {service.name} --namespace={service.namespace} --type=json --patch={patch}"
    )
    return in_cluster(project, cluster, command)


def creation(project: str, cluster: Cluster, services: Iterable[Service]) -> str:
    """How to make Services that a person makes, in one cluster. Which pods they select, only that person knows."""
    commands = " && ".join(
        f"kubectl create service clusterip {each.name} --namespace={each.namespace}"
        f" --tcp={each.port}:{each.target_port}"
        for each in services
    )
    return (
        f"Apply its manifest in cluster {cluster.name}, or give the service a selector in the environment to have it"
        f" made; or, for pods with the label app=NAME: {in_cluster(project, cluster, commands)}"
    )


def selected(pods: Iterable[KubeObject], namespace: str, selector: Mapping[str, str]) -> list[KubeObject]:
    """The pods of a namespace that a selector chooses; none if it is empty."""
    wanted = selector.items()
    return [
        each
        for each in pods
        if wanted
        and each["metadata"].get("namespace") == namespace
        and wanted <= (each["metadata"].get("labels") or {}).items()
    ]


def _addition(ports: Sequence[Json], number: int) -> list[Json]:
    """The port besides those that are there, which keep their clients: several ports must have names [documented]."""
    unnamed = [index for index, each in enumerate(ports) if not each.get("name")]
    named: list[Json] = [
        {"op": "add", "path": f"/spec/ports/{index}/name", "value": f"port-{ports[index]['port']}"}
        for index in unnamed
    ]
    tcp = next((each for each in ports if _is_tcp(each)), None)
    target = tcp.get("targetPort", tcp["port"]) if tcp else number
    port: Json = {"name": f"port-{number}", "port": number, "targetPort": target, "protocol": "TCP"}
    if not ports:
        return [{"op": "add", "path": "/spec/ports", "value": [port]}]
    return [*named, {"op": "add", "path": "/spec/ports/-", "value": port}]


def _is_tcp(port: Json) -> bool:
    return bool(port.get("protocol", "TCP") == "TCP")


def _text(port: Json) -> str:
    return str(port["port"]) if _is_tcp(port) else f"{port['port']} for {port['protocol']}"

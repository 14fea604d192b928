"""A route names a port that its import lacks: it must name the Service's port, not the container's [observed]."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import Case
from shared.diagnosis.commands import in_cluster
from shared.diagnosis.finding import Finding
from shared.json_types import Json
from shared.objects import KubeObject


def backend_port_unknown(case: Case) -> Iterator[Finding]:
    """One finding a backendRef."""
    imports = case.imports()
    for route in case.routes:
        space, name = route["metadata"]["namespace"], route["metadata"]["name"]
        for place, ref in _refs(route):
            key = ref.get("namespace", space), ref["name"]
            if key not in imports:
                continue
            ports = sorted(each["port"] for each in imports[key].get("spec", {}).get("ports", []))
            if ref.get("port") in ports:
                continue
            yield Finding(
                code="BACKEND_PORT_UNKNOWN",
                resource=f"{case.wanted.config_cluster}/HTTPRoute/{space}/{name}",
                cause=f"HTTPRoute {space}/{name} sends to port {ref.get('port')} of {'/'.join(key)}, which has"
                f" {', '.join(map(str, ports)) or 'none'}: a backendRef names the Service's port.",
                evidence={"backendRef": ref, "ports": ports},
                fix=_fix(case, route, f"{place}/port", ports),
            )


def _fix(case: Case, route: KubeObject, place: str, ports: list[int]) -> str:
    if not ports:
        return "Give the Service a port, and publish the environment again."
    name, space = route["metadata"]["name"], route["metadata"]["namespace"]
    patch = f'[{{"op": "replace", "path": "{place}", "value": {ports[0]}}}]'
    command = f"kubectl patch httproute {name} --namespace={space} --type=json --patch='{patch}'"
    return in_cluster(case, case.wanted.config, command)


def _refs(route: KubeObject) -> Iterator[tuple[str, Json]]:
    for number, rule in enumerate(route["spec"].get("rules", [])):
        for index, ref in enumerate(rule.get("backendRefs", [])):
            yield f"/spec/rules/{number}/backendRefs/{index}", ref

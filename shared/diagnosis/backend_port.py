"""A route names a port that its import lacks: it must name the Service's port, not the container's [observed]."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.json_types import Json
from shared.kubectl import in_cluster
from shared.objects import KubeObject

# A place in the route, the reference there, its service, and the ports that the import has.
Wrong = tuple[str, Json, tuple[str, str], list[int]]


def backend_port_unknown(case: Case) -> Iterator[Finding]:
    """One finding a route. Where the environment itself names the port, the Service lacks it: another finding."""
    imports = {key: _ports(each) for key, each in case.imports().items()}
    named = {(each.namespace, each.name, each.port) for each in case.wanted.services}
    for route in case.routes:
        space = route["metadata"]["namespace"]
        wrong = [
            (place, ref, key, imports[key])
            for place, ref in _refs(route)
            if (key := (ref.get("namespace", space), ref["name"])) in imports
            and ref.get("port") not in imports[key]
            and (*key, ref.get("port")) not in named
        ]
        if wrong:
            yield _finding(case, route, wrong)


def _ports(imported: KubeObject) -> list[int]:
    return sorted(each["port"] for each in imported.get("spec", {}).get("ports", []))


def _finding(case: Case, route: KubeObject, wrong: Sequence[Wrong]) -> Finding:
    what = f"HTTPRoute {route['metadata']['namespace']}/{route['metadata']['name']}"
    texts = {
        f"port {ref.get('port')} of {'/'.join(key)}, which has {', '.join(map(str, ports)) or 'none'}": None
        for _, ref, key, ports in wrong
    }
    return Finding(
        code="BACKEND_PORT_UNKNOWN",
        resource=f"{case.wanted.config_cluster}/{what.replace(' ', '/')}",
        cause=f"{what} sends to {'; to '.join(texts)}: a backendRef names the Service's port.",
        evidence={"backendRefs": [ref for _, ref, _, _ in wrong], "ports": wrong[0][3]},
        fix=_fix(case, route, wrong),
    )


def _fix(case: Case, route: KubeObject, wrong: Sequence[Wrong]) -> str:
    patch = [
        {"op": "replace", "path": f"{place}/port", "value": ports[0]} for place, _, _, ports in wrong if ports
    ]
    if not patch:
        return "Give the Service a port, and publish the environment again."
    name, space = route["metadata"]["name"], route["metadata"]["namespace"]
    change = shlex.quote(json.dumps(patch))  # a port is what a cluster says it is
    command = f"kubectl patch httproute {name} --namespace={space} --type=json --patch={change}"
    return in_cluster(case.project, case.wanted.config, command)


def _refs(route: KubeObject) -> Iterator[tuple[str, Json]]:
    for number, rule in enumerate(route["spec"].get("rules", [])):
        for index, ref in enumerate(rule.get("backendRefs", [])):
            yield f"/spec/rules/{number}/backendRefs/{index}", ref

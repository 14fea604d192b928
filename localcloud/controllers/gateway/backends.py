"""What an HTTPRoute's rules point to: ServiceImports, their ports, and the policies attached to them.

A backendRef of this class is a ServiceImport of net.gke.io, its port that of the import, not of the container
[observed]. A reference that leads nowhere makes ResolvedRefs False, and the route waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from localcloud.controllers.gateway.binding import ref_of
from localcloud.controllers.gateway.names import Ref
from localcloud.wire.messages import Json

IMPORT_GROUP = "net.gke.io"


@dataclass(frozen=True, order=True)
class Backend:
    """One port of a ServiceImport: what becomes a backend service."""

    ref: Ref
    port: int


@dataclass(frozen=True)
class Unresolved:
    """A reference that leads nowhere: the reason of ResolvedRefs, and the cause in the words of GWCER102."""

    reason: str
    cause: str


def backend_of(namespace: str, backend_ref: Json) -> Backend:
    """The backend that a resolved backendRef of a route in `namespace` means."""
    return Backend(
        Ref(backend_ref.get("namespace", namespace), backend_ref["name"]), backend_ref.get("port", 0)
    )


def backends_of(route: Json) -> list[Backend]:
    """Every backend of a route, once, sorted."""
    namespace = ref_of(route).namespace
    return sorted({backend_of(namespace, ref) for ref in backend_refs(route)})


def backend_refs(route: Json) -> Iterator[Json]:
    """The backendRefs of every rule, those of mirrors too."""
    for rule in route.get("spec", {}).get("rules", []):
        yield from rule.get("backendRefs", [])
        for one in rule.get("filters", []):
            if "requestMirror" in one:
                yield one["requestMirror"]["backendRef"]


def unresolved(route: Json, imports: Mapping[Ref, Json], grants: list[Json]) -> Unresolved | None:
    """The first reference of `route` that leads nowhere, or None; `grants` are all ReferenceGrants."""
    namespace = ref_of(route).namespace
    faults = (_fault(namespace, ref, imports, grants) for ref in backend_refs(route))
    return next((fault for fault in faults if fault), None)


def _fault(namespace: str, ref: Json, imports: Mapping[Ref, Json], grants: list[Json]) -> Unresolved | None:
    if (ref.get("group", ""), ref.get("kind", "Service")) != (IMPORT_GROUP, "ServiceImport"):
        kind = f"{ref.get('group', '')}/{ref.get('kind', 'Service')}".lstrip("/")
        return Unresolved(
            "InvalidKind", f'backend "{ref["name"]}" is of kind {kind}, only ServiceImport is supported'
        )
    backend = backend_of(namespace, ref)
    if backend.ref.namespace != namespace and not _granted(namespace, backend.ref, grants):
        return Unresolved(
            "RefNotPermitted", f"reference to {backend.ref} is not permitted by any ReferenceGrant"
        )
    found = imports.get(backend.ref)
    if found is None:
        return Unresolved("BackendNotFound", f"Error GWCER102: serviceimports {backend.ref} not found")
    if backend.port not in {port["port"] for port in found.get("spec", {}).get("ports", [])}:
        return Unresolved(
            "BackendNotFound",
            f"Error GWCER102: port {backend.port} of serviceimports {backend.ref} not found",
        )
    return None


def _granted(namespace: str, target: Ref, grants: list[Json]) -> bool:
    return any(
        ref_of(grant).namespace == target.namespace
        and any(_grants_from(source, namespace) for source in grant["spec"]["from"])
        and any(_grants_to(to, target) for to in grant["spec"]["to"])
        for grant in grants
    )


def _grants_from(source: Json, namespace: str) -> bool:
    return bool(source["kind"] == "HTTPRoute" and source["namespace"] == namespace)


def _grants_to(to: Json, target: Ref) -> bool:
    return bool(to["kind"] == "ServiceImport" and to.get("name", target.name) == target.name)


def policy_for(policies: list[Json], ref: Ref) -> Json | None:
    """The policy that targets the ServiceImport `ref` from its own namespace: the oldest, then by name."""
    found = [policy for policy in policies if policy_target(policy) == ref]
    return min(found, key=_age, default=None)


def _age(obj: Json) -> tuple[str, str]:
    return obj["metadata"].get("creationTimestamp", ""), str(ref_of(obj))


def policy_target(policy: Json) -> Ref | None:
    """The ServiceImport that a policy targets.

    A policy that targets a Service has no effect on a multi-cluster backend [observed].
    """
    target = policy.get("spec", {}).get("targetRef", {})
    if (target.get("group"), target.get("kind")) != (IMPORT_GROUP, "ServiceImport"):
        return None
    namespace = ref_of(policy).namespace
    return Ref(namespace, target["name"]) if target.get("namespace", namespace) == namespace else None

"""Discovery: what the cluster serves, aggregated for kubectl, group by group for others [documented]."""

from __future__ import annotations

from localcloud.kubernetes.kinds import Kind, Registry
from localcloud.wire.messages import Json

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
SUBRESOURCE_VERBS = ["get", "patch", "update"]


def version(git_version: str) -> Json:
    """/version of a server that calls itself `git_version`, such as v1.32.4-gke.1."""
    major, minor = git_version.lstrip("v").split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "gitVersion": git_version,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def api_versions() -> Json:
    """/api, legacy form."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def group_list(registry: Registry) -> Json:
    """/apis, legacy form."""
    groups = [api_group(registry, group) for group in sorted(registry.groups()) if group]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def api_group(registry: Registry, group: str) -> Json:
    """/apis/GROUP.

    Raises:
        KeyError: nothing of the group is served.
    """
    versions = [{"groupVersion": f"{group}/{v}", "version": v} for v in registry.groups()[group]]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": group,
        "versions": versions,
        "preferredVersion": versions[0],
    }


def resource_list(registry: Registry, group: str, version: str) -> Json | None:
    """/api/v1 or /apis/GROUP/VERSION, legacy form; None if nothing of it is served."""
    kinds = registry.of_group(group, version)
    if not kinds:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": [entry for kind in kinds for entry in _resources(kind)],
    }


def _resources(kind: Kind) -> list[Json]:
    entry: Json = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    return [entry, *(_subresource(kind, name) for name in kind.subresources)]


def _subresource(kind: Kind, name: str) -> Json:
    entry: Json = {
        "name": f"{kind.plural}/{name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": SUBRESOURCE_VERBS,
    }
    return {**entry, "group": "autoscaling", "version": "v1", "kind": "Scale"} if name == "scale" else entry


def aggregated(registry: Registry, core: bool) -> Json:
    """/api (with `core`) or /apis as one APIGroupDiscoveryList, apidiscovery.k8s.io/v2."""
    groups = registry.groups()
    names = [""] if core else sorted(group for group in groups if group)
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_aggregated_group(registry, group, groups[group]) for group in names],
    }


def _aggregated_group(registry: Registry, group: str, versions: list[str]) -> Json:
    return {
        "metadata": {"name": group} if group else {},
        "versions": [
            {
                "version": version,
                "resources": [_aggregated(kind) for kind in registry.of_group(group, version)],
                "freshness": "Current",
            }
            for version in versions
        ],
    }


def _aggregated(kind: Kind) -> Json:
    entry: Json = {
        "resource": kind.plural,
        "responseKind": _response_kind(kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    if kind.subresources:
        entry["subresources"] = [
            {"subresource": name, "responseKind": _response_kind(kind, name), "verbs": SUBRESOURCE_VERBS}
            for name in kind.subresources
        ]
    return entry


def _response_kind(kind: Kind, subresource: str = "") -> Json:
    if subresource == "scale":
        return {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}

"""The paths of the Kubernetes API: which kind, namespace, name and subresource a URL means."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.kubernetes.kinds import Kind, Registry


@dataclass(frozen=True)
class Target:
    """What a path names. An empty `name` is the collection."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def target(registry: Registry, path: str) -> Target | None:
    """The target of `path`; None if nothing is served there."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"]:
        group, version, rest = "", parts[1] if len(parts) > 1 else "", parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 2:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2 and not _is_subresource(registry, rest[2]):
        namespace, rest = rest[1], rest[2:]
    if not rest or len(rest) > 3:
        return None
    kind = registry.at(group, version, rest[0])
    if kind is None or (namespace and not kind.namespaced):
        return None
    name, subresource = (*rest[1:], "", "")[:2]
    if name and kind.namespaced and not namespace:
        return None
    return Target(kind, namespace, name, subresource)


def _is_subresource(registry: Registry, word: str) -> bool:
    """Whether `/namespaces/NAME/word` is the namespace's own, and not a collection in it."""
    return word in registry.expected("Namespace").subresources

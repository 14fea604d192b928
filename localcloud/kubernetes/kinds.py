"""What kinds the cluster serves: the built-in ones as data, and those that CRDs add at run time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from localcloud.kubernetes.errors import StatusError
from localcloud.wire.messages import Json

CRUD = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind in one version.

    `schema` is an OpenAPI v3 dict or a `$ref` to a client model. `subresources` are those served besides
    the object itself, `unserved` those that an API server has and this one answers with 501. `generation`: whether
    `metadata.generation` counts changes of what is wanted.
    """

    group: str
    version: str
    kind: str
    plural: str
    schema: Json
    namespaced: bool = True
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    generation: bool = False
    unserved: tuple[str, ...] = ()
    custom: bool = False
    columns: tuple[Json, ...] = ()
    verbs: tuple[str, ...] = CRUD
    extra: Json = field(default_factory=dict)

    @property
    def key(self) -> str:
        """`group/Kind`, or the bare kind of the core group: one for all versions."""
        return f"{self.group}/{self.kind}" if self.group else self.kind

    @property
    def api_version(self) -> str:
        """As objects carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def has_rules(self) -> bool:
        """Whether its schema has validation rules anywhere."""
        return _has_rules(self.schema)

    @property
    def has_status(self) -> bool:
        """Whether status is written through /status alone."""
        return "status" in self.subresources


def _has_rules(schema: Json) -> bool:
    if "x-kubernetes-validations" in schema:
        return True
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return any(_has_rules(part) for part in inner if isinstance(part, dict))


def _core(kind: str, plural: str, short: str = "", **more: Any) -> Kind:
    return _builtin("", "v1", kind, plural, short, **more)


def _builtin(group: str, version: str, kind: str, plural: str, short: str = "", **more: Any) -> Kind:
    model = more.pop("model", f"V1{kind}")
    return Kind(
        group,
        version,
        kind,
        plural,
        {"$ref": model},
        singular=kind.lower(),
        short_names=tuple(short.split()),
        **more,
    )


_REVIEW: dict[str, Any] = {"namespaced": False, "verbs": ("create",)}
_ALL: dict[str, Any] = {"categories": ("all",)}
_OF_PODS = ("attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy")

BUILTIN: tuple[Kind, ...] = (
    _core(
        "Namespace",
        "namespaces",
        "ns",
        namespaced=False,
        subresources=("status", "finalize"),
        verbs=tuple(verb for verb in CRUD if verb != "deletecollection"),
    ),
    _core("Service", "services", "svc", subresources=("status",), unserved=("proxy",), **_ALL),
    _core("Pod", "pods", "po", subresources=("status",), unserved=_OF_PODS, **_ALL),
    _core("ConfigMap", "configmaps", "cm"),
    _core("Secret", "secrets"),
    _core("Event", "events", "ev", model="CoreV1Event"),
    _core("ServiceAccount", "serviceaccounts", "sa", unserved=("token",)),
    _core("Node", "nodes", "no", namespaced=False, subresources=("status",), unserved=("proxy",)),
    _core("Endpoints", "endpoints", "ep"),
    _builtin(
        "apps",
        "v1",
        "Deployment",
        "deployments",
        "deploy",
        subresources=("status", "scale"),
        generation=True,
        **_ALL,
    ),
    _builtin(
        "apps",
        "v1",
        "ReplicaSet",
        "replicasets",
        "rs",
        subresources=("status", "scale"),
        generation=True,
        **_ALL,
    ),
    _builtin("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", generation=True),
    _builtin(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "crd crds",
        namespaced=False,
        subresources=("status",),
        generation=True,
        categories=("api-extensions",),
    ),
    _builtin("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", **_REVIEW),
)

_CRD_META: Json = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"$ref": "V1ObjectMeta", "x-value": True},
}


def kinds_of(crd: Json) -> tuple[Kind, ...]:
    """The kinds a CustomResourceDefinition adds: one per served version, the stored one first."""
    spec = crd["spec"]
    versions = [v for v in spec["versions"] if v.get("served", True)]
    versions.sort(key=lambda v: not v.get("storage"))
    return tuple(_custom(spec, version) for version in versions)


def _custom(spec: Json, version: Json) -> Kind:
    names = spec["names"]
    root = version.get("schema", {}).get("openAPIV3Schema", {"x-kubernetes-preserve-unknown-fields": True})
    return Kind(
        spec["group"],
        version["name"],
        names["kind"],
        names["plural"],
        {**root, "type": "object", "properties": {**root.get("properties", {}), **_CRD_META}},
        namespaced=spec["scope"] == "Namespaced",
        singular=names.get("singular", names["kind"].lower()),
        short_names=tuple(names.get("shortNames", ())),
        categories=tuple(names.get("categories", ())),
        subresources=tuple(version.get("subresources") or ()),
        generation=True,
        custom=True,
        columns=tuple(version.get("additionalPrinterColumns") or ()),
        extra={"listKind": names.get("listKind", names["kind"] + "List")},
    )


class Registry:
    """The kinds served now, by path and by `group/Kind`."""

    def __init__(self) -> None:
        self._by_path: dict[tuple[str, str, str], Kind] = {}
        self._by_key: dict[str, list[Kind]] = {}
        self.revision = 0
        self.add(BUILTIN)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._by_path.values())

    def taken(self, kinds: tuple[Kind, ...]) -> str:
        """The first name of `kinds`, their plural or their kind, that other kinds of the group have; else empty."""
        for kind in kinds:
            for other in self:
                if other.group == kind.group and (other.plural, other.kind) != (kind.plural, kind.kind):
                    if other.plural == kind.plural:
                        return kind.plural
                    if other.kind == kind.kind:
                        return kind.kind
        return ""

    def add(self, kinds: tuple[Kind, ...]) -> None:
        """Serve `kinds`, replacing those of the same group and kind. The first is the stored version."""
        for kind in kinds:
            self.remove(kind.key)
        for kind in kinds:
            self._by_path[kind.group, kind.version, kind.plural] = kind
            self._by_key.setdefault(kind.key, []).append(kind)
        self.revision += 1

    def remove(self, key: str) -> None:
        """Stop serving `group/Kind` in every version."""
        for kind in self._by_key.pop(key, []):
            del self._by_path[kind.group, kind.version, kind.plural]
        self.revision += 1

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind behind a URL path."""
        return self._by_path.get((group, version, plural))

    def named(self, key: str) -> Kind | None:
        """The stored version of `group/Kind`, or of a core kind by its bare name."""
        found = self._by_key.get(key)
        return found[0] if found else None

    def expected(self, key: str) -> Kind:
        """The stored version of `group/Kind`.

        Raises:
            StatusError: 404, it is not served (a CRD that is not installed yet).
        """
        found = self.named(key)
        if found is None:
            raise StatusError(404, "NotFound", "the server could not find the requested resource", {})
        return found

    def groups(self) -> dict[str, list[str]]:
        """Group → its versions, the preferred first; the core group is ''."""
        found: dict[str, list[str]] = {}
        for kind in self:
            versions = found.setdefault(kind.group, [])
            if kind.version not in versions:
                versions.append(kind.version)
        return {group: sorted(versions, key=_maturity) for group, versions in found.items()}

    def of_group(self, group: str, version: str) -> list[Kind]:
        """The kinds of one group version, by plural."""
        found = [kind for kind in self if (kind.group, kind.version) == (group, version)]
        return sorted(found, key=lambda kind: kind.plural)


def _maturity(version: str) -> tuple[int, str]:
    return (2 if "alpha" in version else 1 if "beta" in version else 0, version)

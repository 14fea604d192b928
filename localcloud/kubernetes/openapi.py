"""/openapi/v3: what kubectl reads to explain kinds and to learn that the server validates fields itself.

A document is complete in its schemas; of the operations it has those that clients look for, above all a
`patch` with the parameters `fieldValidation` and `dryRun` [observed: kubectl 1.32].
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from localcloud.kubernetes.definitions import DEFINITIONS
from localcloud.kubernetes.kinds import Kind, Registry
from localcloud.wire.messages import Json

_META = frozenset(
    {
        "ObjectMeta",
        "OwnerReference",
        "ManagedFieldsEntry",
        "LabelSelector",
        "LabelSelectorRequirement",
        "Condition",
    }
)
_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": type_, "uniqueItems": True}}
    for name, type_ in (
        ("dryRun", "string"),
        ("fieldManager", "string"),
        ("fieldValidation", "string"),
        ("force", "boolean"),
    )
]
_INTERNAL = frozenset({"x-value", "default"})


def index(registry: Registry) -> Json:
    """/openapi/v3: the documents by group version, each with a hash that changes when its kinds do."""
    paths: Json = {}
    for group, versions in registry.groups().items():
        for version in versions:
            path = f"apis/{group}/{version}" if group else f"api/{version}"
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={_hash(registry, group, version)}"}
    return {"paths": paths}


def document(registry: Registry, group: str, version: str) -> Json | None:
    """The document of one group version; None if nothing of it is served."""
    kinds = registry.of_group(group, version)
    if not kinds:
        return None
    names = _Names(group, version)
    paths = {path: item for kind in kinds for path, item in _paths(kind, names).items()}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": version},
        "paths": paths,
        "components": {"schemas": names.schemas},
    }


def _hash(registry: Registry, group: str, version: str) -> str:
    kinds = registry.of_group(group, version)
    text = json.dumps([[kind.kind, kind.schema] for kind in kinds], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest().upper()


class _Names:
    """Component schemas of a document, collected as they are referred to."""

    def __init__(self, group: str, version: str) -> None:
        short = group.split(".")[0] if group else "core"
        self._prefix = f"io.k8s.api.{short}.{version}"
        self._custom_prefix = ".".join([*reversed(group.split(".")), version])
        self.schemas: Json = {}

    def of_kind(self, kind: Kind) -> str:
        """The component of a whole kind."""
        if kind.custom:
            name = f"{self._custom_prefix}.{kind.kind}"
            self.schemas.setdefault(name, self._published(kind.schema))
        else:
            name = self._of_model(kind.schema["$ref"])
        self.schemas[name]["x-kubernetes-group-version-kind"] = [_gvk(kind)]
        return name

    def _of_model(self, model: str) -> str:
        bare = model.removeprefix("CoreV1").removeprefix("DiscoveryV1").removeprefix("V1")
        prefix = "io.k8s.apimachinery.pkg.apis.meta.v1" if bare in _META else self._prefix
        name = f"{prefix}.{bare}"
        if name not in self.schemas:
            self.schemas[name] = {}
            self.schemas[name].update(self._published(DEFINITIONS[model]))
        return name

    def _published(self, schema: Any) -> Any:
        """`schema` with references to components, less what is this server's own."""
        if isinstance(schema, list):
            return [self._published(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            ref = {"$ref": f"#/components/schemas/{self._of_model(schema['$ref'])}"}
            text = schema.get("description")
            return {"description": text, "allOf": [ref]} if text else {"allOf": [ref]}
        return {
            name: self._members(value) if name == "properties" else self._published(value)
            for name, value in schema.items()
            if name not in _INTERNAL
        }

    def _members(self, properties: Json) -> Json:
        return {name: self._published(schema) for name, schema in properties.items()}


def _paths(kind: Kind, names: _Names) -> Json:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    place = f"{root}/namespaces/{{namespace}}" if kind.namespaced else root
    ref = {"$ref": f"#/components/schemas/{names.of_kind(kind)}"}
    content = {"application/json": {"schema": ref}}
    collection = {"post": _operation(kind, "post", content)}
    if "patch" not in kind.verbs:
        return {f"{place}/{kind.plural}": collection}
    single = {verb: _operation(kind, verb, content) for verb in ("get", "put", "patch", "delete")}
    return {f"{place}/{kind.plural}": collection, f"{place}/{kind.plural}/{{name}}": single}


def _operation(kind: Kind, verb: str, content: Json) -> Json:
    operation: Json = {
        "x-kubernetes-action": verb,
        "x-kubernetes-group-version-kind": _gvk(kind),
        "responses": {"200": {"description": "OK", "content": content}},
    }
    if verb != "get":
        operation["parameters"] = _PARAMETERS
    return operation


def _gvk(kind: Kind) -> Json:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}

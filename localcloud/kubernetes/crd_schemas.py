"""Whether a CRD's names are its own to take and its schemas structural, as API servers ask before they serve it.

Words and rules are those of k8s.io/apiextensions-apiserver, pkg/apis/apiextensions/validation and
pkg/apiserver/schema [documented].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.kubernetes import errors
from localcloud.kubernetes.decoding import fits
from localcloud.kubernetes.errors import FieldError
from localcloud.kubernetes.names import name_fault
from localcloud.wire.messages import Json

APPROVED = "api-approved.kubernetes.io"
_PROTECTED = (".k8s.io", ".kubernetes.io")
_TYPES = ("array", "boolean", "integer", "number", "object", "string")


def name_faults(crd: Json) -> Iterator[FieldError]:
    """Faults of the group, the kind, the scope and the versions of a CRD whose fields are there."""
    spec = crd["spec"]
    if "." not in spec["group"]:
        yield errors.invalid("spec.group", spec["group"], "should be a domain with at least one dot")
    if f".{spec['group']}".endswith(_PROTECTED) and not crd["metadata"].get("annotations", {}).get(APPROVED):
        words = (
            f'protected groups must have approval annotation "{APPROVED}", see '
            "https://github.com/kubernetes/enhancements/pull/1111"
        )
        yield errors.required(f"metadata.annotations[{APPROVED}]", words)
    kind = spec["names"].get("kind", "")
    for fault in name_fault(kind.lower(), "dns1035", "spec.names.kind"):
        words = fault.message.partition('": ')[2]
        yield errors.invalid(fault.path, kind, f"may have mixed case, but should otherwise match: {words}")
    if spec["scope"] not in ("Cluster", "Namespaced"):
        yield errors.unsupported("spec.scope", spec["scope"], ("Cluster", "Namespaced"))
    if (strategy := spec.get("conversion", {}).get("strategy", "None")) != "None":
        words = f"the local cloud does not implement conversion by {strategy}"
        yield errors.forbidden_field("spec.conversion.strategy", words)
    yield from _version_faults(spec["versions"])


def _version_faults(versions: list[Json]) -> Iterator[FieldError]:
    names = [version.get("name", "") for version in versions]
    for i, name in enumerate(names):
        yield from name_fault(name, "dns1035", f"spec.versions[{i}].name")
    if len(set(names)) < len(names):
        yield errors.invalid("spec.versions", names, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        words = "must have exactly one version marked as storage version"
        yield errors.invalid("spec.versions", names, words)


def schema_faults(schema: Any, path: str, level: str = "at the root") -> Iterator[FieldError]:
    """What keeps a schema from being structural, or from being a schema at all."""
    if not isinstance(schema, dict):
        yield errors.mistyped(path, schema, "object")
        return
    yield from _form_faults(schema, path)
    yield from _type_faults(schema, path, level)
    properties, more = schema.get("properties"), schema.get("additionalProperties")
    if properties and more:
        words = "additionalProperties and properties are mutual exclusive"
        yield errors.forbidden_field(f"{path}.additionalProperties", words)
    if isinstance(properties, dict):
        for name, member in properties.items():
            yield from schema_faults(member, f"{path}.properties[{name}]", "for specified object fields")
    if isinstance(more, dict):
        yield from schema_faults(more, f"{path}.additionalProperties", "for specified object fields")
    if "items" in schema:
        yield from schema_faults(schema["items"], f"{path}.items", "for specified array items")


_FORMS = {"properties": dict, "required": list, "enum": list, "allOf": list, "anyOf": list, "oneOf": list}


def _form_faults(schema: Json, path: str) -> Iterator[FieldError]:
    for name, form in _FORMS.items():
        if name in schema and not isinstance(schema[name], form):
            yield errors.mistyped(f"{path}.{name}", schema[name], "object" if form is dict else "array")
    if "$ref" in schema:
        yield errors.forbidden_field(f"{path}.$ref", "$ref is not supported")
    if schema.get("uniqueItems"):
        words = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield errors.forbidden_field(f"{path}.uniqueItems", words)


def _type_faults(schema: Json, path: str, level: str) -> Iterator[FieldError]:
    of_type = schema.get("type")
    free = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if not of_type:
        if not free:
            yield errors.required(f"{path}.type", f"must not be empty {level}")
        return
    if of_type not in _TYPES:
        yield errors.unsupported(f"{path}.type", of_type, _TYPES)
        return
    if of_type == "array" and "items" not in schema:
        yield errors.required(f"{path}.items", "must be specified")
    default = schema.get("default")
    if default is not None and not fits(default, of_type):
        yield errors.mistyped(f"{path}.default", default, of_type)

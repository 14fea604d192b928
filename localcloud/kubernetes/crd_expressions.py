"""Rules and patterns of a CRD, compiled when it is written: those that are no expressions are refused [documented].

Two things are not as in an API server (docs/decisions/0013). `self` has no type here, so that a rule about a field
that the schema does not have is found with the first object, not with the CRD. And Kubernetes' own libraries of
functions are missing: a rule that asks for one is refused, and told why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from localcloud.cel import CompileError, EvaluationError, matches
from localcloud.kubernetes import errors
from localcloud.kubernetes.errors import FieldError
from localcloud.kubernetes.rules import RULES
from localcloud.wire.messages import Json

# Functions of Kubernetes' CEL libraries that no rule of the CRDs here asks for [documented: CEL in Kubernetes].
LIBRARIES = (
    r"isSorted|sum|min|max|find|findAll|isURL|url|isIP|ip|isCIDR|cidr|isQuantity|quantity|isSemver|semver|"
    r"existsOne|transformList|transformMap|transformMapEntry"
)
_UNDECLARED = re.compile(f"undeclared reference to '({LIBRARIES})'")
_MISSING = "\n(The local cloud lacks this function of Kubernetes' CEL libraries: {}.)"
_WANTED = {
    "rule": ("bool", "", "cel expression must evaluate to a bool"),
    "messageExpression": ("string", "messageExpression ", "messageExpression must evaluate to a string"),
}


def uncompiled(crd: Json) -> list[FieldError]:
    """The rules and patterns of a CRD that do not compile, and rules that do not answer what they are asked.

    Where all versions have one schema, API servers keep it once, and name it `spec.validation`.
    """
    versions = crd["spec"].get("versions", ())
    schemas = [version.get("schema", {}).get("openAPIV3Schema", {}) for version in versions]
    if schemas and all(schema == schemas[0] for schema in schemas):
        return list(_faults(schemas[0], "spec.validation.openAPIV3Schema"))
    return [
        fault
        for i, schema in enumerate(schemas)
        for fault in _faults(schema, f"spec.versions[{i}].schema.openAPIV3Schema")
    ]


def _faults(schema: Any, path: str) -> Iterator[FieldError]:
    if not isinstance(schema, dict):
        return
    if (pattern := schema.get("pattern")) and (detail := _fault_of_pattern(pattern)):
        yield errors.invalid(f"{path}.pattern", pattern, detail)
    for i, rule in enumerate(schema.get("x-kubernetes-validations", ())):
        yield from _faults_of_rule(rule, f"{path}.x-kubernetes-validations[{i}]")
    for name, member in schema.get("properties", {}).items():
        yield from _faults(member, f"{path}.properties[{name}]")
    yield from _faults(schema.get("items"), f"{path}.items")
    yield from _faults(schema.get("additionalProperties"), f"{path}.additionalProperties")


def _faults_of_rule(rule: Json, place: str) -> Iterator[FieldError]:
    if not rule.get("rule", "").strip():
        yield errors.required(f"{place}.rule", "rule is not specified")
    for field in _WANTED:
        if (text := rule.get(field, "").strip()) and (detail := _fault(field, text)):
            shown = f"Invalid value: {_as_go_prints(rule)}: {detail}"
            yield FieldError(f"{place}.{field}", "FieldValueInvalid", shown)


def _fault(field: str, text: str) -> str:
    wanted, prefix, otherwise = _WANTED[field]
    try:
        found = RULES.compile(text).type
    except CompileError as error:
        missing = _UNDECLARED.findall(str(error))
        hint = _MISSING.format(", ".join(missing)) if missing else ""
        return f"{prefix}compilation failed: {error}{hint}"
    return "" if found in (wanted, "dyn") else otherwise


def _fault_of_pattern(pattern: str) -> str:
    try:
        matches("", pattern)
    except EvaluationError as error:
        return f"must be a valid regular expression, but isn't: {error}"
    return ""


def _as_go_prints(rule: Json) -> str:
    text = {
        name: errors.quoted(rule.get(name, ""))
        for name in ("rule", "message", "messageExpression", "fieldPath")
    }
    return (
        f"apiextensions.ValidationRule{{Rule:{text['rule']}, Message:{text['message']}, "
        f"MessageExpression:{text['messageExpression']}, Reason:(*apiextensions.FieldValueErrorReason)(nil), "
        f"FieldPath:{text['fieldPath']}, OptionalOldSelf:(*bool)(nil)}}"
    )

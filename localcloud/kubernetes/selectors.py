"""Label and field selectors of lists and watches [documented]."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.kubernetes.errors import FieldError, bad_request, forbidden_field, invalid, required
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.names import key_faults, label_faults
from localcloud.wire.messages import Json

Predicate = Callable[[Json], bool]

_REQUIREMENT = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<without>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?)\s*"
)
_FIELDS = {
    "": ("metadata.name", "metadata.namespace"),
    "Event": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "Pod": ("spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.phase", "status.podIP"),
    "Service": ("spec.clusterIP", "spec.type"),
    "Secret": ("type",),
    "Namespace": ("status.phase",),
    "Node": ("spec.unschedulable",),
    "apps/ReplicaSet": ("status.replicas",),
}


def selects(kind: Kind, labels: str, fields: str) -> Predicate | None:
    """Whether an object is meant by both selectors; None when both are empty.

    Raises:
        StatusError: 400, a selector that cannot be read or a field the kind cannot be selected by.
    """
    tests = [*label_tests(labels), *_field_tests(kind, fields)]
    return (lambda item: all(test(item) for test in tests)) if tests else None


def label_tests(text: str) -> list[Predicate]:
    """The requirements of a label selector.

    Raises:
        StatusError: 400.
    """
    tests: list[Predicate] = []
    at = 0
    while at < len(text):
        found = _REQUIREMENT.match(text, at)
        if not found or (found.end() < len(text) and text[found.end()] != ","):
            rest = text[found.end() if found else at :][:1]
            raise bad_request(f"unable to parse requirement: found '{rest}', expected: identifier")
        tests.append(_label_test(found))
        at = found.end() + 1
    return tests


def takes(selector: Json, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector, as objects carry it, takes these labels; an operator that is none takes nothing."""
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(term, labels) for term in selector.get("matchExpressions") or [])


def _holds(term: Json, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(term.get("key", "")), term.get("values", [])
    match term.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    return False


def selector_faults(selector: Json, path: str) -> list[FieldError]:
    """Every fault of a LabelSelector, in the API server's words [documented: ValidateLabelSelector]."""
    faults = label_faults(selector.get("matchLabels", {}), f"{path}.matchLabels")
    for i, term in enumerate(selector.get("matchExpressions", [])):
        place, operator, values = f"{path}.matchExpressions[{i}]", term.get("operator"), term.get("values")
        if operator in ("In", "NotIn") and not values:
            detail = "must be specified when `operator` is 'In' or 'NotIn'"
            faults.append(required(f"{place}.values", detail))
        elif operator in ("Exists", "DoesNotExist") and values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            faults.append(forbidden_field(f"{place}.values", detail))
        elif operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            faults.append(invalid(f"{place}.operator", operator, "not a valid selector operator"))
        faults += key_faults(term.get("key", ""), f"{place}.key")
    return faults


def _label_test(found: re.Match[str]) -> Predicate:
    if found["absent"]:
        return lambda item, key=found["without"]: key not in _labels(item)  # type: ignore[misc]
    key, values = found["key"], {found["value"]}
    if found["set"]:
        values = {value.strip() for value in found["values"].split(",")}
    elif not found["op"]:
        return lambda item: key in _labels(item)
    if found["op"] == "!=" or found["set"] == "notin":
        return lambda item: _labels(item).get(key) not in values
    return lambda item: _labels(item).get(key) in values


def _labels(item: Json) -> Json:
    labels: Json = item["metadata"].get("labels") or {}
    return labels


def _field_tests(kind: Kind, text: str) -> list[Predicate]:
    tests: list[Predicate] = []
    for term in filter(None, text.split(",")):
        found = re.fullmatch(r"([\w.]+)(==|!=|=)(.*)", term.strip())
        if not found:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        field, operator, value = found.groups()
        if field not in _FIELDS[""] and field not in _FIELDS.get(kind.key, ()):
            raise bad_request(f"field label not supported: {field}")
        path = ("source.component" if field == "source" else field).split(".")
        tests.append(_field_test(path, value, operator != "!="))
    return tests


def _field_test(path: list[str], value: str, equal: bool) -> Predicate:
    def test(item: Json) -> bool:
        found: Any = item
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        text = "" if found is None else str(found).lower() if isinstance(found, bool) else str(found)
        return (text == value) is equal

    return test

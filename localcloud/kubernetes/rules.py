"""The rules of CRDs (`x-kubernetes-validations`), checked with each object [documented].

Order and words are those of k8s.io/apiextensions-apiserver, pkg/apiserver/schema/cel. `rule_values.py` has what a
rule sees of an object, `crd_expressions.py` what is checked of a rule when its CRD is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.cel import CelError, CompileError, Environment
from localcloud.kubernetes import errors
from localcloud.kubernetes.definitions import property_of
from localcloud.kubernetes.errors import FieldError
from localcloud.kubernetes.fieldmanager.elements import item_key
from localcloud.kubernetes.rule_costs import check_cost
from localcloud.kubernetes.rule_values import seen
from localcloud.wire.messages import Json

RULES = Environment(("self", "oldSelf"), extensions=("strings", "optional"))

_OVERLOAD = "call arguments did not match a supported operator, function or macro signature for rule: "
_EXPENSIVE = "no further validation rules will be run due to call cost exceeds limit for rule: "


def rule_faults(value: Any, schema: Json, old: Any) -> list[FieldError]:
    """The rules of `schema` that `value` breaks; those about a change look at `old`, the object before."""
    return list(_broken(value, schema, "", old))


def _broken(value: Any, schema: Json, path: str, old: Any) -> Iterator[FieldError]:
    if value is None:
        return
    yield from _broken_here(value, schema, path, old)
    if isinstance(value, dict):
        before = old if isinstance(old, dict) else {}
        for name, member in value.items():
            known = property_of(schema, name)
            if known and "$ref" not in known:
                yield from _broken(member, known, _member(path, name, schema), before.get(name))
    elif isinstance(value, list) and "items" in schema:
        earlier = _by_key(old, schema)
        for i, item in enumerate(value):
            match = earlier.get(item_key(item, schema)) if earlier else None
            yield from _broken(item, schema["items"], f"{path}[{i}]", match)


def _member(path: str, name: str, schema: Json) -> str:
    if name not in schema.get("properties", {}):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name


def _by_key(old: Any, schema: Json) -> dict[str, Any]:
    """The earlier items that can be matched with the present ones: those of a list of type map."""
    if not isinstance(old, list) or schema.get("x-kubernetes-list-type") != "map":
        return {}
    return {item_key(item, schema): item for item in old}


def _broken_here(value: Any, schema: Json, path: str, old: Any) -> Iterator[FieldError]:
    rules = [
        rule
        for rule in schema.get("x-kubernetes-validations", ())
        if old is not None or "oldSelf" not in rule["rule"]
    ]
    if not rules:
        return
    variables = {"self": seen(value, schema)}
    if old is not None:
        variables["oldSelf"] = seen(old, schema)
    bindings = RULES.bind(variables)
    for rule in rules:
        try:
            check_cost(rule["rule"], [value, old])
            if RULES.compile(rule["rule"]).evaluate(bindings) is True:
                continue
        except CelError as error:
            yield _shown(path, "FieldValueInvalid", schema, _unevaluated(error, rule))
            continue
        where = (path + rule.get("fieldPath", "")).lstrip(".")
        yield _shown(
            where, rule.get("reason", "FieldValueInvalid"), schema, _message(rule, bindings, [value, old])
        )


def _unevaluated(error: CelError, rule: Json) -> str:
    """Why a rule could not be checked; it is named by its message, or else by its text."""
    named = (rule.get("message") or rule["rule"]).strip()
    if isinstance(error, CompileError):
        return f"rule compile error: {error}"
    if str(error).startswith("no such overload"):
        return f"'{error}': {_OVERLOAD}{named}"
    if str(error).startswith("operation cancelled: actual cost limit exceeded"):
        return f"'{error}': {_EXPENSIVE}{named}"
    return f"{error} evaluating rule: {named}"


def _message(rule: Json, bindings: Any, visible: Any) -> str:
    """What the rule says: its messageExpression if that gives one line of text, its message, or itself."""
    if expression := rule.get("messageExpression"):
        try:
            check_cost(expression, visible)
            said = RULES.compile(expression).evaluate(bindings)
        except CelError:
            said = None
        if isinstance(said, str) and said.strip() and "\n" not in said.strip():
            return said.strip()
    return (rule.get("message") or f"failed rule: {rule['rule']}").strip()


def _shown(path: str, reason: str, schema: Json, detail: str) -> FieldError:
    of_type = schema.get("type", "")
    if reason == "FieldValueRequired":
        return errors.required(path, detail)
    if reason == "FieldValueForbidden":
        return errors.forbidden_field(path, detail)
    if reason == "FieldValueDuplicate":
        return errors.duplicate(path, of_type)
    return FieldError(path, reason, f'Invalid value: "{of_type}": {detail}')

"""The refusals of a Kubernetes API server: `Status` objects with its reasons and its words [documented].

Shapes: kubernetes.io "API concepts", k8s.io/apimachinery pkg/api/errors and pkg/util/validation/field.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.wire.errors import CallRefused, Style
from localcloud.wire.messages import Json, Response


class StatusError(CallRefused):
    """A request refused: HTTP `code`, machine-readable `reason`, human `message`, optional `details`."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def status(self) -> Json:
        """The `Status` object of this refusal."""
        body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body["message"] = self.message
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body

    def response(self, style: Style = Style.KUBERNETES) -> Response:
        """The `Status` object as an answer; no other API refuses so."""
        return Response.of_json(self.status(), self.code)


@dataclass(frozen=True)
class FieldError:
    """One fault in one field. `reason` is the cause's reason, such as FieldValueRequired."""

    path: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"

    def cause(self) -> Json:
        """The fault as an entry of `details.causes`."""
        return {"reason": self.reason, "message": self.message, "field": self.path}


def required(path: str, detail: str = "") -> FieldError:
    """A field that must be there."""
    return FieldError(path, "FieldValueRequired", f"Required value{': ' + detail if detail else ''}")


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """A field whose value breaks a rule."""
    return FieldError(path, "FieldValueInvalid", f"Invalid value: {quoted(value)}: {detail}")


def mistyped(path: str, value: Any, wanted: str) -> FieldError:
    """A field of the wrong JSON type, in the words of the CRD validator."""
    shown = "null" if value is None else json_type(value)
    detail = f'{path} in body must be of type {wanted}: "{shown}"'
    return FieldError(path, "FieldValueTypeInvalid", f'Invalid value: "{shown}": {detail}')


def unsupported(path: str, value: Any, allowed: Sequence[Any]) -> FieldError:
    """A value outside an enum."""
    values = ", ".join(quoted(v) for v in allowed)
    return FieldError(
        path, "FieldValueNotSupported", f"Unsupported value: {quoted(value)}: supported values: {values}"
    )


def too_long(path: str, limit: int) -> FieldError:
    """A string over its length."""
    return FieldError(path, "FieldValueTooLong", f"Too long: may not be more than {limit} bytes")


def too_many(path: str, count: int, limit: int) -> FieldError:
    """A list over its length."""
    return FieldError(
        path, "FieldValueTooMany", f"Too many: {count}: must have at most {limit} item{'s' * (limit != 1)}"
    )


def duplicate(path: str, value: Any) -> FieldError:
    """A list entry that is there already."""
    return FieldError(path, "FieldValueDuplicate", f"Duplicate value: {quoted(value)}")


def forbidden_field(path: str, detail: str) -> FieldError:
    """A field that may not be set."""
    return FieldError(path, "FieldValueForbidden", f"Forbidden: {detail}")


def quoted(value: Any) -> str:
    """`value` as the API server prints it in a message: JSON, maps and lists without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def json_type(value: Any) -> str:
    """The JSON type's name, as messages give it."""
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def unfit(value: Any, wanted: str) -> str:
    """What Go's JSON decoder says of a value that does not fit a type of Go's."""
    names = {"boolean": "bool", "integer": "number"}
    found = json_type(value)
    return f"json: cannot unmarshal {names.get(found, found)} into Go value of type {wanted}"


def qualified(group: str, name: str) -> str:
    """`gateways.gateway.networking.k8s.io`; for the core group the bare name."""
    return f"{name}.{group}" if group else name


def not_found(group: str, resource: str, name: str) -> StatusError:
    """404: `gateways.gateway.networking.k8s.io "gw" not found`."""
    details = _details(group, resource, name)
    return StatusError(404, "NotFound", f'{qualified(group, resource)} "{name}" not found', details)


def already_exists(group: str, resource: str, name: str) -> StatusError:
    """409 of a create."""
    details = _details(group, resource, name)
    return StatusError(409, "AlreadyExists", f'{qualified(group, resource)} "{name}" already exists', details)


def conflict(group: str, resource: str, name: str, why: str = "") -> StatusError:
    """409 of a write whose precondition does not hold; by default a stale resourceVersion."""
    why = why or (
        "the object has been modified; please apply your changes to the latest version and try again"
    )
    message = f'Operation cannot be fulfilled on {qualified(group, resource)} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(group, resource, name))


def rejected(group: str, kind: str, name: str, faults: Sequence[FieldError]) -> StatusError:
    """422 Invalid: every fault at once."""
    text = str(faults[0]) if len(faults) == 1 else "[" + ", ".join(str(f) for f in faults) + "]"
    details = {**_details(group, kind, name), "causes": [f.cause() for f in faults]}
    message = f'{qualified(group, kind)} "{name}" is invalid: {text}'
    return StatusError(422, "Invalid", message, details)


def forbidden(group: str, resource: str, name: str, why: str, causes: Sequence[Json] = ()) -> StatusError:
    """403 of the API server's own admission (a namespace that is going away)."""
    details = _details(group, resource, name)
    if causes:
        details["causes"] = list(causes)
    message = f'{qualified(group, resource)} "{name}" is forbidden: {why}'
    return StatusError(403, "Forbidden", message, details)


def bad_request(message: str) -> StatusError:
    """400."""
    return StatusError(400, "BadRequest", message)


def expired(message: str) -> StatusError:
    """410: a resourceVersion or continue token that is no longer served."""
    return StatusError(410, "Expired", message)


def not_allowed() -> StatusError:
    """405."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def not_implemented(what: str) -> StatusError:
    """501: part of Kubernetes that this server does not have."""
    return StatusError(501, "NotImplemented", f"{what} is not implemented by this API server")


def unsupported_media(accepted: Sequence[str]) -> StatusError:
    """415."""
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(
        accepted
    )
    return StatusError(415, "UnsupportedMediaType", message)


def _details(group: str, kind: str, name: str) -> Json:
    details = {"name": name, "group": group, "kind": kind}
    return {field: text for field, text in details.items() if text}

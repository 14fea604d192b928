"""An RPC's request as the request of REST, and the answer of REST as the RPC's: as Google's own gateways do it.

What stands in the path, the body and the query is told by the discovery document [documented: google/api/http.proto].
JSON is that of protobuf: 64-bit integers and bytes are strings, masks and timestamps too [documented: ProtoJSON].
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from localcloud.grpc import sizes
from localcloud.grpc.methods import Rpc
from localcloud.patterns import compiled
from localcloud.wire.discovery import Method
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Caller, Json, Request, Response

GARBLED = b"\xff"  # the beginning of a number without an end [documented: protobuf encoding, varints]


def rest_request(rpc: Rpc, data: bytes, headers: Mapping[str, str]) -> Request:
    """The request of REST that means the same; whose it is, its headers say.

    Raises:
        Refused: UNIMPLEMENTED, nothing of REST does this; INVALID_ARGUMENT or INTERNAL, the message is none, or the
            resource that it names can be none.
    """
    if not rpc.methods:
        raise not_implemented(f"{rpc.path.lstrip('/').replace('/', '.')} over gRPC")
    message = _parsed(rpc, data)
    method, names = _meant(rpc, message)
    fields = _json(message)
    for name in names:
        fields.pop(_json_name(message, name), None)
    body = _body(method, message, fields)
    path = method.path
    for name, value in names.items():
        path = path.replace(f"{{+{name}}}", value)
    query: dict[str, list[str]] = {}
    for name, value in _flat(fields):
        query.setdefault(name, []).append(value)
    sent = b"" if method.verb in ("GET", "DELETE") else json.dumps(body).encode()
    return Request(method.verb, f"/{method.document.name}/{path}", query, headers, sent, Caller(""))


def rpc_answer(rpc: Rpc, response: Response) -> bytes:
    """The RPC's answer, serialized, from a success of REST. What the library's types do not know is left out.

    Of a body that is no such message `GARBLED` is made, which is none, either.
    """
    message = rpc.response()
    try:
        json_format.Parse(response.body or b"{}", message, ignore_unknown_fields=True)
    except (json_format.ParseError, UnicodeDecodeError, RecursionError):
        return GARBLED
    data: bytes = message.SerializeToString()
    return data


def _parsed(rpc: Rpc, data: bytes) -> Any:
    sizes.check(data, rpc.request.DESCRIPTOR)
    try:
        return rpc.request.FromString(data)
    except DecodeError:
        raise sizes.malformed() from None


def _json(message: Any) -> Json:
    try:
        fields: Json = json_format.MessageToDict(message)
    except (json_format.Error, ValueError) as fault:  # a time out of range, a mask that no JSON can write
        raise invalid(f"Request contains an invalid argument. {fault}") from None
    return fields


def _meant(rpc: Rpc, message: Any) -> tuple[Method, dict[str, str]]:
    """The method whose resource the message names, and what goes into its path."""
    for method in rpc.methods:
        names = {name: _text(message, name) for name, _ in method.patterns}
        if all(compiled(pattern).fullmatch(names[name]) for name, pattern in method.patterns):
            return method, names
    raise _unnamed(rpc.methods[0], names)


def _unnamed(method: Method, names: Mapping[str, str]) -> Refused:
    """The refusal of a name that fits no path; its words are [inferred], REST having none: there it is no page."""
    forms = {name: pattern.strip("^$").replace("[^/]+", "*") for name, pattern in method.patterns}
    faults = (f"'{name}' must be of the form {forms[name]}; it is '{value}'" for name, value in names.items())
    return invalid(f"Invalid resource name given: {'; '.join(faults)}.")


def _text(message: Any, name: str) -> str:
    """The field that a path names: one of the request, or of a resource in it (`workflow.name`)."""
    if name in message.DESCRIPTOR.fields_by_name:
        return str(getattr(message, name))
    within = (field for field in message.DESCRIPTOR.fields if field.message_type is not None)
    holder = next(field.name for field in within if name in field.message_type.fields_by_name)
    return str(getattr(getattr(message, holder), name))


def _json_name(message: Any, name: str) -> str:
    field = message.DESCRIPTOR.fields_by_name.get(name)
    return str(field.json_name) if field is not None else ""


def _body(method: Method, message: Any, fields: Json) -> Json:
    """The body, which is taken out of `fields`: all of them, the one of the body's type, or none."""
    if method.request == message.DESCRIPTOR.name:
        body = dict(fields)
        fields.clear()
        return body
    for field in message.DESCRIPTOR.fields:
        if method.request and field.message_type is not None and field.message_type.name == method.request:
            found: Json = fields.pop(field.json_name, {})
            return found
    return {}


def _flat(fields: Json, at: str = "") -> Iterator[tuple[str, str]]:
    """Fields as parameters of a query: `options.requestedPolicyVersion`, one for each value of a list."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{at}{name}.")
            continue
        for each in value if isinstance(value, list) else [value]:
            yield f"{at}{name}", str(each).lower() if isinstance(each, bool) else str(each)

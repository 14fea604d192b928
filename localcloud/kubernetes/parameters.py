"""What a request asks besides its path: options, preconditions, body, page and form of the answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import yaml

from localcloud.kubernetes import errors
from localcloud.kubernetes.admission import Options
from localcloud.kubernetes.deletion import Terms
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.protobuf import NotProtobuf, decoded_body
from localcloud.kubernetes.routes import Target
from localcloud.wire.json_source import read_json
from localcloud.wire.messages import Request
from localcloud.wire.validation import is_count
from localcloud.wire.yaml_source import compose

MOST_VALUES = 30_000  # of a body: what is decoded, merged and recorded field by field in well under a second
TRUE = ("1", "true", "True")


_POLICIES = ("Background", "Foreground", "Orphan")
_VALIDATIONS = ("Ignore", "Strict", "Warn")


class _JsonLoader(yaml.CSafeLoader):
    """YAML as the API server reads it: what looks like a time is a text, for it becomes JSON."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if tag != "tag:yaml.org,2002:timestamp"]
    for first, known in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def write_options(request: Request, where: Target) -> Options:
    """How a write is meant, from its query."""
    return Options(
        field_manager(request),
        where.subresource,
        _dry_run(request.query.get("dryRun", []), _kind_of_options(request)),
        _field_validation(request),
        request.one("force") in TRUE,
    )


def field_manager(request: Request) -> str:
    """The field manager: as given, else the client's name from its User-Agent, but never for an apply."""
    given = request.one("fieldManager")
    if given or content_type(request) == "application/apply-patch+yaml":
        return given
    return request.headers.get("user-agent", "").split("/")[0] or "unknown"


def delete_terms(request: Request, kind: Kind) -> Terms:
    """DeleteOptions: from the body if there is one, else from the query [observed]."""
    if request.body:
        body = decoded_request(request, kind)
        conditions = body.get("preconditions") or {}
        return Terms(
            _propagation(body.get("propagationPolicy"), body.get("orphanDependents")),
            conditions.get("uid", ""),
            conditions.get("resourceVersion", ""),
            _dry_run(body.get("dryRun") or [], "DeleteOptions"),
        )
    return Terms(
        _propagation(request.one("propagationPolicy"), request.one("orphanDependents") in TRUE),
        dry_run=_dry_run(request.query.get("dryRun", []), "DeleteOptions"),
    )


def _propagation(policy: str | None, orphan: bool | None) -> str:
    if policy and policy not in _POLICIES:
        fault = errors.unsupported("propagationPolicy", policy, _POLICIES)
        raise errors.rejected("meta.k8s.io", "DeleteOptions", "", [fault])
    return policy or ("Orphan" if orphan else "Background")


def _dry_run(given: list[Any], options: str) -> bool:
    """Whether nothing is to be written; `All` is all that can be asked for [documented: apimachinery, ValidateDryRun].

    Raises:
        StatusError: 422, something else is asked for, in the words for `options`.
    """
    if isinstance(given, list) and all(each == "All" for each in given):
        return bool(given)
    fault = errors.unsupported("dryRun", given, ("All",))
    raise errors.rejected("meta.k8s.io", options, "", [fault])


def _field_validation(request: Request) -> str:
    given = request.one("fieldValidation") or "Warn"
    if given not in _VALIDATIONS:
        fault = errors.unsupported("fieldValidation", given, _VALIDATIONS)
        raise errors.rejected("meta.k8s.io", _kind_of_options(request), "", [fault])
    return given


def _kind_of_options(request: Request) -> str:
    return {"POST": "CreateOptions", "PATCH": "PatchOptions"}.get(request.method, "UpdateOptions")


def content_type(request: Request) -> str:
    """The body's media type, JSON unless said otherwise."""
    return request.headers.get("content-type", "application/json").split(";")[0].strip()


def decoded_request(request: Request, kind: Kind) -> Any:
    """The body as JSON, YAML or, for a few kinds, protobuf.

    Raises:
        StatusError: 400, it cannot be read; 415, a binary body of another kind.
    """
    media_type = content_type(request)
    if "protobuf" in media_type:
        try:
            decoded = decoded_body(request.body)
        except NotProtobuf as fault:
            raise errors.bad_request(f"the body of the request cannot be decoded: {fault}") from fault
        if decoded is not None:
            return decoded
        raise errors.unsupported_media(["application/json", "application/yaml"])
    try:
        return request.json(MOST_VALUES)
    except ValueError as error:
        if "yaml" not in media_type:
            text = request.body.decode(errors="replace")[:100]
            raise errors.bad_request(
                f"the object provided is unrecognized (must be of type {kind.kind}): couldn't get "
                f"version/kind; json parse error: {error} ({text})"
            ) from error
    try:
        loader, node = compose(_JsonLoader, request.body)
        loaded = loader.construct_document(node) if node is not None else None
        return read_json(json.dumps(loaded, allow_nan=False))
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        raise errors.bad_request(f"error decoding YAML: {error}") from error


def number(request: Request, name: str) -> int:
    """A number in the query; 0 if it is not there.

    Raises:
        StatusError: 400, in Go's words [documented: strconv.ParseInt].
    """
    text = request.one(name) or "0"
    if not is_count(text.removeprefix("-")):
        fault = "value out of range" if text.removeprefix("-").isdecimal() else "invalid syntax"
        raise errors.bad_request(f"strconv.ParseInt: parsing {json.dumps(text)}: {fault}")
    return int(text)


def wants_table(request: Request) -> bool:
    """Whether the client would rather have a Table."""
    first = request.headers.get("accept", "").split(",")[0]
    return "as=Table" in first and "v=v1" in first


def sealed(place: tuple[str, str]) -> str:
    """The continue token of a page that ended with `place`."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def opened(token: str) -> tuple[str, str]:
    """The place in a continue token.

    Raises:
        StatusError: 400.
    """
    try:
        place = read_json(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise errors.bad_request("continue key is not valid") from error
    match place:
        case [str(namespace), str(name)]:
            return namespace, name
    raise errors.bad_request("continue key is not valid")

"""What stands between a request and the store: identity, preconditions, scope of the endpoint, validity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localcloud.kubernetes import errors, patches
from localcloud.kubernetes.decoding import Decoding, strictness
from localcloud.kubernetes.errors import FieldError
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.names import metadata_faults
from localcloud.kubernetes.strategies import strategy
from localcloud.kubernetes.validation import custom_faults, schema_faults
from localcloud.wire.merge_patch import merge_patch
from localcloud.wire.messages import Json

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_GO_MAP = "map[string]interface {}"


@dataclass(frozen=True)
class Options:
    """How to write: by whom (`manager`), through which `subresource`, and how strictly.

    `validation` is Strict, Warn or Ignore, for fields that the schema does not know.
    """

    manager: str = ""
    subresource: str = ""
    dry_run: bool = False
    validation: str = "Warn"
    force: bool = False


def controller(manager: str, subresource: str = "") -> Options:
    """Options of an in-process controller's write."""
    return Options(manager=manager, subresource=subresource, validation="Strict", force=True)


def check_identity(kind: Kind, namespace: str, body: Any) -> None:
    if not isinstance(body, dict):
        raise errors.bad_request(f"the object provided is unrecognized (must be of type {kind.kind})")
    version = body.get("apiVersion") or kind.api_version
    if version != kind.api_version:
        message = (
            f"the API version in the data ({version}) does not match the expected API version "
            f"({kind.api_version})"
        )
        raise errors.bad_request(message)
    meta = body.get("metadata") or {}
    if not isinstance(meta, dict):
        what = f"Go struct field {kind.kind}.metadata of type v1.ObjectMeta"
        shown = errors.json_type(meta).replace("boolean", "bool")
        raise errors.bad_request(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
            f"json: cannot unmarshal {shown} into {what}"
        )
    name = meta.get("name", "")
    given = body.get("kind") or kind.kind
    if given != kind.kind:
        fault = errors.invalid("kind", given, f"must be {kind.kind}")
        raise errors.rejected(kind.group, given, name, [fault])
    place = meta.get("namespace")
    if place and place != namespace:
        message = "the namespace of the provided object does not match the namespace sent on the request"
        raise errors.bad_request(message)


def renamed(given: Any, name: str) -> errors.StatusError:
    """400: the body names another object than the URL."""
    return errors.bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")


def check_precondition(kind: Kind, old: Json | None, given: Json) -> None:
    have = (old or {}).get("metadata", {})
    name = have.get("name") or given.get("name", "")
    version = given.get("resourceVersion")
    if version and version != have.get("resourceVersion"):
        raise errors.conflict(kind.group, kind.plural, name)
    uid = given.get("uid")
    if uid and uid != have.get("uid"):
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {have.get('uid', '')}"
        raise errors.conflict(kind.group, kind.plural, name, why)


def check_unknown(kind: Kind, unknown: list[str], options: Options) -> list[str]:
    """Warnings for unknown fields, or a refusal under Strict."""
    if not unknown or options.validation == "Ignore":
        return []
    if options.validation == "Strict":
        what = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
        raise errors.bad_request(f"{what}: {strictness(unknown)}")
    return [f'unknown field "{path}"' for path in unknown]


def patched(kind: Kind, old: Json, content_type: str, body: Any) -> Json:
    """`old` after a patch of one of the three formats that are not apply.

    Raises:
        StatusError: 400 (bad patch, another name), 415, 422.
    """
    if content_type == JSON_PATCH:
        new = _as_object(kind, patches.json_patch(old, body))
    elif content_type == MERGE_PATCH:
        new = merge_patch(old, _as_patch(body, "error decoding patch: "))
    elif content_type == STRATEGIC_PATCH and not kind.custom:
        new = patches.strategic_merge(old, _as_patch(body), kind.schema)
    else:
        accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
        raise errors.unsupported_media(accepted if kind.custom else [*accepted, STRATEGIC_PATCH])
    meta = new.get("metadata")
    name = meta.get("name", "") if isinstance(meta, dict) else ""
    if name != old["metadata"]["name"]:
        raise renamed(name, old["metadata"]["name"])
    return new


def _as_patch(body: Any, prefix: str = "") -> Json:
    if not isinstance(body, dict):
        raise errors.bad_request(prefix + errors.unfit(body, _GO_MAP))
    return body


def _as_object(kind: Kind, value: Any) -> Json:
    """What a JSON patch made of an object, which need not be one any more."""
    if not isinstance(value, dict):
        detail = errors.unfit(value, _GO_MAP if kind.custom else f"{kind.version}.{kind.kind}")
        raise errors.rejected("", "", "", [errors.invalid("patch", errors.quoted(value), detail)])
    return value


def reset(kind: Kind, config: Json, subresource: str) -> Json:
    """Apply claims nothing through the object that belongs to its status, and the other way round."""
    if subresource == "status":
        meta = {k: v for k, v in config["metadata"].items() if k in ("name", "namespace", "resourceVersion")}
        kept = {k: v for k, v in config.items() if k in ("apiVersion", "kind", "status")}
        return {**kept, "metadata": meta}
    return {k: v for k, v in config.items() if k != "status"} if kind.has_status else config


def scoped(kind: Kind, old: Json, item: Json, subresource: str) -> Json:
    """`item` with only that part changed which this endpoint may change."""
    if subresource == "status":
        new = {**old, "apiVersion": kind.api_version, "status": item.get("status", {})}
        books = item["metadata"].get("managedFields", old["metadata"].get("managedFields", []))
        return {**new, "metadata": {**old["metadata"], "managedFields": books}}
    if kind.has_status:
        item = {k: v for k, v in item.items() if k != "status"}
        if "status" in old:
            item["status"] = old["status"]
    return {**item, "metadata": dict(item["metadata"])}


def default_status(kind: Kind, item: Json) -> None:
    """A CRD may give status a default; it shows from the first read on, and nobody owns it [observed]."""
    known = kind.schema.get("properties", {}).get("status", {})
    if kind.custom and "default" in known and "status" not in item:
        walk = Decoding(kind, typed=False)
        item["status"] = walk.visit(known["default"], known, "status")


def wanted(kind: Kind, item: Json) -> Json:
    skipped = {"apiVersion", "kind", "metadata"} | ({"status"} if kind.has_status else set())
    return {k: v for k, v in item.items() if k not in skipped}


def contents(item: Json) -> Json:
    """The object less what is bookkeeping: equal contents are no change."""
    meta = {k: v for k, v in item["metadata"].items() if k not in ("managedFields", "resourceVersion")}
    return {**item, "apiVersion": "", "metadata": meta}


def refuse(kind: Kind, item: Json, old: Json | None) -> None:
    faults: list[FieldError] = metadata_faults(kind.kind, item["metadata"])
    faults += _finalizer_faults(item["metadata"], old)
    if kind.custom:
        faults = custom_faults(item, kind, old, faults)
    else:
        rules = strategy(kind.key).check(item, old)
        named = {fault.path for fault in rules}
        faults += [f for f in schema_faults(item, kind.schema) if not _covered(f.path, named)] + rules
    if faults:
        raise errors.rejected(kind.group, kind.kind, item["metadata"].get("name", ""), faults)


def _covered(path: str, named: set[str]) -> bool:
    """Whether the kind's own rules have said it, or said it of something inside."""
    return any(other == path or other.startswith(f"{path}.") for other in named)


def _finalizer_faults(meta: Json, old: Json | None) -> list[FieldError]:
    if old is None or not meta.get("deletionTimestamp"):
        return []
    new = [f for f in meta.get("finalizers", []) if f not in old["metadata"].get("finalizers", [])]
    if not new:
        return []
    shown = ", ".join(f'"{name}"' for name in new)
    detail = (
        "no new finalizers can be added if the object is being deleted, found new finalizers "
        f"[]string{{{shown}}}"
    )
    return [errors.forbidden_field("metadata.finalizers", detail)]

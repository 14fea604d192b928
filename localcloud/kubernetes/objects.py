"""Reading and writing objects: what happens between a verb and the store.

Create, update, patch and apply all end in one of two ways, `_create` and `_replace`, which complete the
object, keep its books (generation, managedFields), refuse what is wrong, and commit only a real change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from localcloud.kubernetes import errors
from localcloud.kubernetes.admission import (
    APPLY_PATCH,
    Options,
    check_identity,
    check_precondition,
    check_unknown,
    contents,
    default_status,
    patched,
    refuse,
    renamed,
    reset,
    scoped,
    wanted,
)
from localcloud.kubernetes.decoding import decoded, strictness
from localcloud.kubernetes.deletion import Deletion
from localcloud.kubernetes.errors import StatusError
from localcloud.kubernetes.fieldmanager import managed_fields, updater
from localcloud.kubernetes.fieldmanager.managed_fields import Manager
from localcloud.kubernetes.fieldmanager.validate import as_typed
from localcloud.kubernetes.kinds import Kind, Registry
from localcloud.kubernetes.store import Clock, Place, Store
from localcloud.kubernetes.strategies import ClusterIp, strategy
from localcloud.kubernetes.times import rfc3339
from localcloud.wire.messages import Json

_SYSTEM = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
_NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class Ids(Protocol):
    """Where identifiers come from."""

    def uid(self) -> str:
        """A fresh uuid4-shaped id."""


@dataclass
class Written:
    """What a write gave: the object, whether it is new, and warnings for the client."""

    item: Json
    created: bool = False
    warnings: list[str] = field(default_factory=list)


Entries = Callable[[Json, bool], list[Json]]
"""(object, whether it changed) → its managedFields."""


class Objects:
    """The verbs of one cluster."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        clock: Clock,
        ids: Ids,
        cluster_ip: ClusterIp,
    ) -> None:
        self.store = store
        self.registry = registry
        self.deletion = Deletion(store, registry, clock)
        self._clock = clock
        self._ids = ids
        self._cluster_ip = cluster_ip
        self.quota: Mapping[str, int] = {}

    def find(self, kind: Kind, namespace: str, name: str) -> Json:
        """The object.

        Raises:
            StatusError: 404.
        """
        item = self.store.get(kind.key, (namespace, name))
        if item is None:
            raise errors.not_found(kind.group, kind.plural, name)
        return item

    def create(self, kind: Kind, namespace: str, body: Json, options: Options) -> Written:
        """POST.

        Raises:
            StatusError: 400, 403, 404 (no such namespace), 409, 422.
        """
        check_identity(kind, namespace, body)
        item, unknown = decoded(kind, body)
        warnings = check_unknown(kind, unknown, options)
        if answer := strategy(kind.key).answer:
            return Written(answer(item), created=True, warnings=warnings)
        meta = item["metadata"]
        if kind.namespaced:
            meta["namespace"] = namespace
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"][:58] + self._suffix()
        by = self._manager(kind, options, "Update")
        now = rfc3339(self._clock.now)
        item = self._create(
            kind, item, lambda new, changed: updater.update(None, new, kind.schema, by, now), options
        )
        return Written(item, created=True, warnings=warnings)

    def update(self, kind: Kind, namespace: str, name: str, body: Json, options: Options) -> Written:
        """PUT, of the object or of its status.

        Raises:
            StatusError: 400, 404, 409 (stale resourceVersion or other uid), 422.
        """
        check_identity(kind, namespace, body)
        given = body.get("metadata", {}).get("name", name)
        if given != name:
            raise renamed(given, name)
        item, unknown = decoded(kind, body)
        warnings = check_unknown(kind, unknown, options)
        old = self.find(kind, namespace, name)
        if kind.custom and not item["metadata"].get("resourceVersion"):
            fault = errors.invalid("metadata.resourceVersion", 0, "must be specified for an update")
            raise errors.rejected(kind.group, kind.plural, name, [fault])
        return Written(self._update(kind, old, item, options), warnings=warnings)

    def patch(
        self, kind: Kind, namespace: str, name: str, change: tuple[str, Any], options: Options
    ) -> Written:
        """PATCH: `change` is the content type and the decoded body.

        Raises:
            StatusError: 400, 404, 409, 415, 422; 500 for an apply that the schema does not know.
        """
        content_type, body = change
        if content_type == APPLY_PATCH:
            return self.apply(kind, namespace, name, body, options)
        old = {**self.find(kind, namespace, name), "apiVersion": kind.api_version}
        new = patched(kind, old, content_type, body)
        item, unknown = _decoded_patch(kind, new, options.validation == "Strict")
        return Written(self._update(kind, old, item, options), warnings=check_unknown(kind, unknown, options))

    def apply(self, kind: Kind, namespace: str, name: str, body: Json, options: Options) -> Written:
        """Server-side apply: creates or merges, by field ownership. `fieldmanager` tells of the stages.

        Raises:
            StatusError: 400, 404 (no such namespace), 409 with FieldManagerConflict causes, 422, 500.
        """
        _check_applied(kind, (namespace, name), body, options)
        as_typed(body, kind)
        config = self._configuration(kind, (namespace, name), body, options)
        live = self.store.get(kind.key, (namespace, name))
        check_precondition(kind, live, config["metadata"])
        by = self._manager(kind, options, "Apply")
        merged, managed = updater.apply(live, config, kind.schema, by, options.force)
        item, _ = decoded(kind, merged)
        now = rfc3339(self._clock.now)

        def entries(new: Json, changed: bool) -> list[Json]:
            return managed_fields.encode_applied(managed, by, now, changed)

        if live is None:
            return Written(self._create(kind, item, entries, options), created=True)
        return Written(self._replace(kind, live, item, entries, options))

    def _configuration(self, kind: Kind, place: Place, body: Json, options: Options) -> Json:
        """What is applied: without defaults, which nobody asked for, and less what this endpoint may not set."""
        config, _ = decoded(kind, body, defaults=False)
        namespace, name = place
        config["metadata"].update({"name": name, **({"namespace": namespace} if kind.namespaced else {})})
        return reset(kind, config, options.subresource)

    def _update(self, kind: Kind, old: Json, item: Json, options: Options) -> Json:
        check_precondition(kind, old, item["metadata"])
        by = self._manager(kind, options, "Update")
        now = rfc3339(self._clock.now)
        return self._replace(
            kind,
            old,
            item,
            lambda new, changed: updater.update(old, new, kind.schema, by, now),
            options,
        )

    def _create(self, kind: Kind, item: Json, entries: Entries, options: Options) -> Json:
        meta = item["metadata"]
        if meta.get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        self._admit(kind, meta)
        self._check_quota(kind, meta)
        rules = strategy(kind.key)
        for name in (*_SYSTEM, "selfLink"):
            meta.pop(name, None)
        meta.update({"uid": self._ids.uid(), "creationTimestamp": rfc3339(self._clock.now)})
        if kind.generation:
            meta["generation"] = 1
        if kind.has_status:
            item.pop("status", None)
        rules.default(item)
        _keep_entries(meta, entries(item, True))
        if meta.get("name"):
            rules.prepare(item, self._cluster_ip)
        default_status(kind, item)
        refuse(kind, item, None)
        if self.store.get(kind.key, (meta.get("namespace", ""), meta["name"])):
            raise errors.already_exists(kind.group, kind.plural, meta["name"])
        return item if options.dry_run else self._put(kind, item)

    def _replace(self, kind: Kind, old: Json, item: Json, entries: Entries, options: Options) -> Json:
        item = scoped(kind, old, item, options.subresource)
        meta, before = item["metadata"], old["metadata"]
        for name in ("name", "namespace", "resourceVersion", *_SYSTEM):
            meta.pop(name, None)
            if name in before:
                meta[name] = before[name]
        rules = strategy(kind.key)
        rules.default(item)
        rules.carry(item, old)
        if kind.generation and wanted(kind, item) != wanted(kind, old):
            meta["generation"] = before.get("generation", 0) + 1
        changed = contents(item) != contents(old)
        _keep_entries(meta, entries(item, changed))
        if not changed and meta.get("managedFields") == before.get("managedFields"):
            return old
        if options.subresource != "status" or kind.custom:
            refuse(kind, item, old)
        if options.dry_run:
            return item
        return self.deletion.finished(kind, item) or self._put(kind, item)

    def _put(self, kind: Kind, item: Json) -> Json:
        """Store `item` in the version that its CRD stores, whichever it came in: the CRDs convert by name alone."""
        return self.store.put(kind.key, {**item, "apiVersion": self.registry.expected(kind.key).api_version})

    def _admit(self, kind: Kind, meta: Json) -> None:
        """A namespace must be there and stay there for something new to be made in it."""
        namespace = meta.get("namespace", "")
        if not kind.namespaced:
            return
        found = self.store.get("Namespace", ("", namespace))
        if found is None:
            raise errors.not_found("", "namespaces", namespace)
        if found["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
            raise errors.forbidden(kind.group, kind.plural, meta.get("name", ""), why, [cause])

    def _check_quota(self, kind: Kind, meta: Json) -> None:
        """Admission by ResourceQuota, in its words [observed]."""
        namespace, most = meta.get("namespace", ""), self.quota.get(kind.key)
        used = self.store.count(kind.key, namespace)
        if most is not None and used >= most:
            counted = f"requested: {kind.plural}=1, used: {kind.plural}={used}, limited: {kind.plural}={most}"
            why = f"exceeded quota: gke-resource-quotas, {counted}"
            raise errors.forbidden(kind.group, kind.plural, meta.get("name", ""), why)

    def _manager(self, kind: Kind, options: Options, operation: str) -> Manager:
        return Manager.of(options.manager or "unknown", operation, kind.api_version, options.subresource)

    def _suffix(self) -> str:
        digits = int(self._ids.uid().replace("-", ""), 16)
        return "".join(_NAME_ALPHABET[digits // 27**i % 27] for i in range(5))


def _check_applied(kind: Kind, place: Place, body: Json, options: Options) -> None:
    """Refuse an apply of nobody's, of nothing in particular, or of what belongs to another request."""
    if not options.manager:
        fault = errors.required("fieldManager", "is required for apply patch")
        raise errors.rejected("meta.k8s.io", "PatchOptions", "", [fault])
    namespace, name = place
    check_identity(kind, namespace, body)
    if not body.get("metadata", {}).get("name"):
        why = "was undeterminable: name must be provided"
        raise errors.bad_request(f"the name of the object ({name} based on URL) {why}")
    if body.get("metadata", {}).get("managedFields"):
        raise errors.bad_request("metadata.managedFields must be nil")


def _keep_entries(meta: Json, entries: list[Json]) -> None:
    if entries:
        meta["managedFields"] = entries
    else:
        meta.pop("managedFields", None)


def _decoded_patch(kind: Kind, new: Json, strict: bool) -> tuple[Json, list[str]]:
    """What a patch made, decoded; what is wrong with it is told of the whole object [observed]."""
    try:
        item, unknown = decoded(kind, new)
        fault = strictness(unknown) if unknown and strict else ""
    except StatusError as refusal:
        fault = refusal.message.partition("cannot be handled as a ")[2].partition(": ")[2]
    if not fault:
        return item, unknown
    text = json.dumps(new, separators=(",", ":"), sort_keys=True)
    raise errors.rejected("", "", "", [errors.invalid("patch", text, fault)])

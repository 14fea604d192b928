"""The HTTP front of a cluster: paths, verbs, content types, lists in pages, tables, watches."""

from __future__ import annotations

import json
from collections.abc import Callable

from localcloud.kubernetes import discovery, errors, openapi
from localcloud.kubernetes.discovery import SUBRESOURCE_VERBS
from localcloud.kubernetes.errors import StatusError
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.objects import Objects, Written
from localcloud.kubernetes.parameters import (
    TRUE,
    content_type,
    decoded_request,
    delete_terms,
    number,
    opened,
    sealed,
    wants_table,
    write_options,
)
from localcloud.kubernetes.routes import Target, target
from localcloud.kubernetes.scale import scaled, with_scale
from localcloud.kubernetes.selectors import selects
from localcloud.kubernetes.store import Clock, place_of
from localcloud.kubernetes.strategies import strategy
from localcloud.kubernetes.tables import table
from localcloud.kubernetes.watching import Render, Watch, events
from localcloud.wire.messages import Json, Request, Response

Verb = Callable[[Request, Target], Response]

# HTTP methods as verbs [documented: Kubernetes API concepts]: of a collection, and of one object.
_COLLECTION = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}
_SINGLE = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Front:
    """Answers HTTP for one cluster's `objects`."""

    def __init__(self, objects: Objects, clock: Clock, version: str) -> None:
        self._objects = objects
        self._store = objects.store
        self._registry = objects.registry
        self._clock = clock
        self._version = version
        self._documents: dict[str, tuple[int, bytes]] = {}

    def handle(self, request: Request) -> Response:
        """Answer `request`; refusals are `Status` objects."""
        try:
            where = target(self._registry, request.path)
            if where is None:
                return self._about_itself(request)
            return self._verb(request, where)
        except StatusError as refusal:
            return refusal.response()

    def _verb(self, request: Request, where: Target) -> Response:
        kind, subresource = where.kind, where.subresource
        if subresource and subresource not in kind.subresources:
            return self._other_subresource(where)
        verb = (_SINGLE if where.name else _COLLECTION).get(request.method, "")
        if verb not in (SUBRESOURCE_VERBS if subresource else kind.verbs):
            raise errors.not_allowed()
        return self._verbs(subresource)[verb](request, where)

    def _verbs(self, subresource: str) -> dict[str, Verb]:
        if subresource == "scale":
            return {"get": self._get_scale, "update": self._set_scale, "patch": self._set_scale}
        return {
            "list": self._list,
            "create": self._create,
            "deletecollection": self._delete_collection,
            "get": self._get,
            "update": self._update,
            "patch": self._patch,
            "delete": self._delete,
        }

    def _get(self, request: Request, where: Target) -> Response:
        item = self._objects.find(where.kind, where.namespace, where.name)
        return Response.of_json(self._shown(request, where.kind, item))

    def _list(self, request: Request, where: Target) -> Response:
        if request.one("watch") in TRUE:
            return self._watch(request, where)
        self._refuse_future(_revision(request))
        test = selects(where.kind, request.one("labelSelector"), request.one("fieldSelector"))
        items = self._store.items(where.kind.key, where.namespace)
        items = [item for item in items if test(item)] if test else items
        page, meta = self._page(request, items)
        if where.kind.custom:
            meta.setdefault("continue", "")
        if wants_table(request):
            whole = request.one("includeObject") == "Object"
            return Response.of_json(table(where.kind, page, self._clock.now, meta, whole))
        return Response.of_json(
            {
                "kind": where.kind.extra.get("listKind", f"{where.kind.kind}List"),
                "apiVersion": where.kind.api_version,
                "metadata": meta,
                "items": [_listed(where.kind, item) for item in page],
            }
        )

    def _refuse_future(self, revision: str) -> None:
        if revision and int(revision) > self._store.revision:
            message = f"Timeout: Too large resource version: {revision}, current: {self._store.revision}"
            cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
            raise StatusError(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})

    def _page(self, request: Request, items: list[Json]) -> tuple[list[Json], Json]:
        """One page of `items` and the list's metadata; the continue token names the last object given."""
        meta: Json = {"resourceVersion": str(self._store.revision)}
        token = request.one("continue")
        if token:
            start = opened(token)
            items = [item for item in items if place_of(item) > start]
        limit = max(number(request, "limit"), 0)
        if not limit or len(items) <= limit:
            return items, meta
        meta["continue"] = sealed(place_of(items[limit - 1]))
        meta["remainingItemCount"] = len(items) - limit
        return items[:limit], meta

    def _watch(self, request: Request, where: Target) -> Response:
        fields = request.one("fieldSelector")
        if where.name:
            fields = ",".join(filter(None, (fields, f"metadata.name={where.name}")))
        revision = _revision(request)
        watch = Watch(
            where.kind,
            where.namespace,
            selects(where.kind, request.one("labelSelector"), fields),
            revision,
            float(max(number(request, "timeoutSeconds"), 0)),
            request.one("allowWatchBookmarks") in TRUE,
            request.one("sendInitialEvents") in TRUE,
        )
        stream = events(self._store, watch, self._renderer(request, where.kind))
        return Response(headers={"content-type": "application/json"}, stream=stream)

    def _renderer(self, request: Request, kind: Kind) -> Render:
        """How a watch shows an object; of a table's events only the first has the columns."""
        if not wants_table(request):
            return lambda item: _versioned(kind, item)
        headed = False
        whole = request.one("includeObject") == "Object"

        def render(item: Json) -> Json:
            nonlocal headed
            meta = {"resourceVersion": item["metadata"]["resourceVersion"]}
            found = table(kind, [item], self._clock.now, meta, whole)
            if headed:
                found["columnDefinitions"] = None
            headed = True
            return found

        return render

    def _create(self, request: Request, where: Target) -> Response:
        body, options = decoded_request(request, where.kind), write_options(request, where)
        written = self._objects.create(where.kind, where.namespace, body, options)
        return self._written(request, where.kind, written)

    def _update(self, request: Request, where: Target) -> Response:
        body, options = decoded_request(request, where.kind), write_options(request, where)
        written = self._objects.update(where.kind, where.namespace, where.name, body, options)
        return self._written(request, where.kind, written)

    def _patch(self, request: Request, where: Target) -> Response:
        change = (content_type(request), decoded_request(request, where.kind))
        options = write_options(request, where)
        written = self._objects.patch(where.kind, where.namespace, where.name, change, options)
        return self._written(request, where.kind, written)

    def _written(self, request: Request, kind: Kind, written: Written) -> Response:
        status = 201 if written.created else 200
        response = Response.of_json(self._shown(request, kind, written.item), status)
        if written.warnings:
            texts = (text.replace('"', '\\"') for text in written.warnings)
            response.headers["warning"] = ", ".join(f'299 - "{text}"' for text in texts)
        return response

    def _delete(self, request: Request, where: Target) -> Response:
        item = self._objects.find(where.kind, where.namespace, where.name)
        gone = self._objects.deletion.delete(where.kind, item, delete_terms(request, where.kind))
        held = gone["metadata"].get("finalizers") or strategy(where.kind.key).returns_deleted
        return Response.of_json(_versioned(where.kind, gone) if held else _success(where.kind, item))

    def _delete_collection(self, request: Request, where: Target) -> Response:
        test = selects(where.kind, request.one("labelSelector"), request.one("fieldSelector"))
        terms = delete_terms(request, where.kind)
        items = [i for i in self._store.items(where.kind.key, where.namespace) if not test or test(i)]
        for item in items:
            if self._store.get(where.kind.key, place_of(item)):
                self._objects.deletion.delete(where.kind, item, terms)
        kind = where.kind.extra.get("listKind", f"{where.kind.kind}List")
        meta = {"continue": "", "resourceVersion": str(self._store.revision)}
        listed = {"kind": kind, "apiVersion": where.kind.api_version, "metadata": meta, "items": items}
        return Response.of_json(listed)

    def _get_scale(self, request: Request, where: Target) -> Response:
        return Response.of_json(scaled(self._objects.find(where.kind, where.namespace, where.name)))

    def _set_scale(self, request: Request, where: Target) -> Response:
        item = self._objects.find(where.kind, where.namespace, where.name)
        change = decoded_request(request, where.kind)
        scale = scaled(item)
        scale = {**scale, **change, "spec": {**scale["spec"], **change.get("spec", {})}}
        options, body = write_options(request, where), with_scale(item, scale)
        written = self._objects.update(where.kind, where.namespace, where.name, body, options)
        return Response.of_json(scaled(written.item))

    def _other_subresource(self, where: Target) -> Response:
        if where.subresource in where.kind.unserved:
            self._objects.find(where.kind, where.namespace, where.name)
            raise errors.not_implemented(f"{where.kind.plural}/{where.subresource}")
        raise StatusError(404, "NotFound", "the server could not find the requested resource", {})

    def _shown(self, request: Request, kind: Kind, item: Json) -> Json:
        if request.method == "GET" and wants_table(request):
            whole = request.one("includeObject") == "Object"
            meta = {"resourceVersion": item["metadata"].get("resourceVersion", "")}
            return table(kind, [item], self._clock.now, meta, whole)
        return _versioned(kind, item)

    def _about_itself(self, request: Request) -> Response:
        """Everything that is not an object: health, version, discovery, schemas."""
        path = request.path.rstrip("/")
        if path in ("/healthz", "/livez", "/readyz"):
            return Response(body=b"ok", headers={"content-type": "text/plain"})
        if path.startswith("/openapi/v3"):
            return self._openapi(path)
        found = self._described(path, "as=APIGroupDiscoveryList" in request.headers.get("accept", ""))
        if found is None or request.method != "GET":
            return _page_not_found()
        response = Response.of_json(found)
        if found["kind"] == "APIGroupDiscoveryList":
            response.headers["content-type"] = discovery.AGGREGATED
        return response

    def _described(self, path: str, aggregated: bool) -> Json | None:
        parts = path.split("/")[1:]
        if path == "/version":
            return {"kind": "", **discovery.version(self._version)}
        if path in ("/api", "/apis") and aggregated:
            return discovery.aggregated(self._registry, core=path == "/api")
        if path == "/api":
            return discovery.api_versions()
        if path == "/apis":
            return discovery.group_list(self._registry)
        if path == "/api/v1":
            return discovery.resource_list(self._registry, "", "v1")
        if parts[0] == "apis" and len(parts) == 2 and parts[1] in self._registry.groups():
            return discovery.api_group(self._registry, parts[1])
        if parts[0] == "apis" and len(parts) == 3:
            return discovery.resource_list(self._registry, parts[1], parts[2])
        return None

    def _openapi(self, path: str) -> Response:
        revision, body = self._documents.get(path, (-1, b""))
        if revision != self._registry.revision:
            found = self._schemas(path.removeprefix("/openapi/v3").strip("/").split("/"))
            body = json.dumps(found).encode() if found else b""
            self._documents[path] = (self._registry.revision, body)
        return (
            Response(body=body, headers={"content-type": "application/json"}) if body else _page_not_found()
        )

    def _schemas(self, parts: list[str]) -> Json | None:
        match parts:
            case [""]:
                return openapi.index(self._registry)
            case ["api", version]:
                return openapi.document(self._registry, "", version)
            case ["apis", group, version]:
                return openapi.document(self._registry, group, version)
        return None


def _revision(request: Request) -> str:
    revision = request.one("resourceVersion")
    if revision and not (revision.isascii() and revision.isdecimal() and len(revision) <= 20):
        raise errors.bad_request(f"resourceVersion: Invalid value: {json.dumps(revision)}")
    return revision


def _versioned(kind: Kind, item: Json) -> Json:
    """`item` in the version it was asked for; the CRDs here convert by name alone."""
    return item if item.get("apiVersion") == kind.api_version else {**item, "apiVersion": kind.api_version}


def _listed(kind: Kind, item: Json) -> Json:
    """An item of a list: the built-in kinds leave out what the list says already [observed]."""
    if kind.custom:
        return _versioned(kind, item)
    return {name: value for name, value in item.items() if name not in ("apiVersion", "kind")}


def _success(kind: Kind, item: Json) -> Json:
    details = {"name": item["metadata"]["name"], "group": kind.group, "kind": kind.plural}
    details["uid"] = item["metadata"]["uid"]
    if not kind.group:
        del details["group"]
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _page_not_found() -> Response:
    return Response(404, b"404 page not found\n", {"content-type": "text/plain; charset=utf-8"})

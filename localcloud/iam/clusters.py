"""Permissions inside clusters: GKE asks IAM for each verb and kind, whatever RBAC says [documented].

A patch is an update; a server-side apply of what is not there is a create besides [documented: Kubernetes; inferred
for IAM]. Whoever comes by the DNS endpoint needs one permission more [documented]. What is not an object (discovery,
versions, health) everybody may read who is let in [documented: system:discovery].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.access import ACCESS
from localcloud.iam.catalog import stems
from localcloud.kubernetes.errors import StatusError
from localcloud.service import Need

if TYPE_CHECKING:
    from localcloud.kubernetes.routes import Target
    from localcloud.wire.messages import Json, Request
    from localcloud.world import World

THIRD_PARTY = "thirdPartyObjects"
CONNECT = "container.clusters.connect"
VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}


class ClusterGuard:
    """Says who may do what in one cluster (by full name)."""

    def __init__(self, world: World, cluster: str) -> None:
        self._world = world
        self._cluster = cluster
        self._holder = f"projects/{cluster.split('/')[1]}"

    def connect(self, request: Request) -> None:
        """Refuse a caller who may not use the endpoint that the request came by.

        Raises:
            StatusError: 403 Forbidden.
        """
        if not self._is_dns(request) or self._may(request, CONNECT):
            return
        words = f"Permission '{CONNECT}' denied on resource \"{self._cluster}\" (or it may not exist)."
        raise StatusError(403, "Forbidden", words)  # [reported] words

    def permit(self, request: Request, where: Target, exists: bool) -> None:
        """Refuse a caller who may not do what is asked for with objects; `exists` says whether the named one is.

        Raises:
            StatusError: 403 Forbidden, in the words of GKE's authorizer [observed].
        """
        stem = _stem(where)
        if stem is None:
            return
        for verb in _verbs(request, where, exists):
            permission = f"container.{stem}.{verb}"
            if not self._may(request, permission):
                raise _forbidden(request, where, verb, permission)

    def _may(self, request: Request, permission: str) -> bool:
        need = Need(permission, self._holder, self._cluster)
        return not self._world[ACCESS].lacking(self._world, request.caller.identity, [need])

    def _is_dns(self, request: Request) -> bool:
        cluster: Json = self._world.store["container.clusters"].get(self._cluster) or {}
        endpoints = cluster.get("controlPlaneEndpointsConfig", {})
        dns = endpoints.get("dnsEndpointConfig", {}).get("endpoint")
        return bool(dns) and request.headers.get("host") == dns


def _stem(where: Target) -> str | None:
    """What the permissions for objects of a kind are called after `container.`; None if it takes none."""
    if where.kind.custom:
        return THIRD_PARTY
    if where.kind.kind not in stems():
        raise StatusError(501, "", f"nobody has written down the permissions of {where.kind.kind}")
    return stems()[where.kind.kind]


def _verbs(request: Request, where: Target, exists: bool) -> list[str]:
    if request.method == "GET" and not where.name:
        return ["list"]
    verb = VERBS.get(request.method, "update")
    applied = request.method == "PATCH" and "apply-patch" in request.headers.get("content-type", "")
    return [verb, "create"] if applied and not exists else [verb]


def _forbidden(request: Request, where: Target, verb: str, permission: str) -> StatusError:
    kind, user = where.kind, request.caller.identity
    resource = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
    what = f'{resource} "{where.name}"' if where.name else resource
    place = f'in the namespace "{where.namespace}"' if where.namespace else "at the cluster scope"
    did = {"update": "patch"}.get(verb, verb) if request.method == "PATCH" else verb
    words = (
        f'{what} is forbidden: User "{user}" cannot {did} resource "{kind.plural}" in API group "{kind.group}" '
        f'{place}: requires one of ["{permission}"] permission(s).'
    )
    details: Json = {"kind": kind.plural} | ({"name": where.name} if where.name else {})
    details |= {"group": kind.group} if kind.group else {}
    return StatusError(403, "Forbidden", words, details)

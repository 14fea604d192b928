"""What IAM asks about GKE's calls: a cluster's nodes run as somebody, and a cluster joins or leaves a fleet."""

from __future__ import annotations

from typing import Any

from localcloud.iam.accounts import NODES_DEFAULT
from localcloud.iam.authorization import DENIED, Authorization, error_info, path_of, verb_of
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json


class ContainerAuthorization(Authorization):
    """Rules ask about nodes' accounts and the fleet."""

    def name(self, call: Call, permission: str) -> str:
        """The project in lists and of what is to be made, else the resource [observed]."""
        verb, path = verb_of(call), path_of(call)
        if verb == "create" and permission.startswith("gkehub."):
            return _membership(call)
        if verb in ("list", "create") or "/" not in path:
            return f"projects/{path.partition('/')[0]}"
        return f"projects/{path}"

    def resource(self, call: Call) -> Json:
        """Of a new cluster, whom its nodes run as and the fleet; of an update, whether it joins or leaves one."""
        asked, update = call.body.get("cluster", {}), call.body.get("update", {})
        if call.method.endswith("clusters.create"):
            return {"nodes": _accounts(asked), "fleet": asked.get("fleet", {}).get("project", "")}
        fleet = update.get("desiredFleet")
        joins = bool(fleet and fleet.get("project"))
        return {"joins": joins, "leaves": fleet is not None and not joins}

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """[observed]; what GKE does in the caller's name is checked later, and its refusal is no 403 [observed]."""
        need = missing[0]
        if need.permission == "iam.serviceAccounts.actAs":
            words = (
                f'The user does not have access to service account "{need.name}". Ask a project owner to grant '
                "you the iam.serviceAccountUser role on the service account."
            )
            return Refused("INVALID_ARGUMENT", words, "badRequest")
        if not need.permission.startswith("container."):
            words = f"generic::permission_denied: Permission '{need.permission}' denied on '{need.name}'"
            return Refused("INVALID_ARGUMENT", words, "badRequest")  # [reported]
        words = f'Required "{need.permission}" permission(s) for "{need.name}".'
        return Refused(DENIED, words, "forbidden", [error_info("container", need)])


def _membership(call: Call) -> str:
    """The membership that a new cluster is to have."""
    location = f"projects/{call.project}/locations/{call.params['locationsId']}"
    return f"{location}/memberships/{call.body.get('cluster', {}).get('name', '')}"


def _accounts(cluster: Json) -> list[str]:
    """Whom the nodes of a new cluster run as; where nothing is said, Compute Engine's own account."""
    if cluster.get("autopilot", {}).get("enabled"):
        defaults = cluster.get("autoscaling", {}).get("autoprovisioningNodePoolDefaults", {})
        return [defaults.get("serviceAccount") or NODES_DEFAULT]
    configs: list[Any] = [each.get("config", {}) for each in cluster.get("nodePools", [])]
    configs = configs or [cluster.get("nodeConfig", {})]
    return sorted({each.get("serviceAccount") or NODES_DEFAULT for each in configs})

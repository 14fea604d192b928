"""What a call takes: permissions, and what each is asked for on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.iam.catalog import Rule, methods

if TYPE_CHECKING:
    from localcloud.service import Call
    from localcloud.wire.messages import Json
    from localcloud.world import World

# Methods that make what their body describes, or change it to that.
MAKING = ("insert", "create", "patch")
NODES_DEFAULT = "default"  # what GKE calls Compute Engine's own account in a cluster [documented]


@dataclass(frozen=True)
class Need:
    """One permission. `holder` has the policy (`projects/P`, with `/topics/T` or `/serviceAccounts/E` behind it),
    `name` is what a refusal calls it."""

    permission: str
    holder: str
    name: str


def needs_of(call: Call) -> list[Need]:
    """Every permission that a call takes.

    Raises:
        KeyError: nobody has written down which its method takes.
    """
    resource = _resource(call)
    return [
        need
        for rule in methods()[call.method]
        if rule.holds(resource)
        for need in _needs(call, rule, resource)
    ]


def account_holder(world: World, email: str, project: str) -> str:
    """A service account as the holder of a policy; `project` is whose it is if its address does not tell."""
    if email == NODES_DEFAULT:
        email = f"{world.projects.get(project).number}-compute@developer.gserviceaccount.com"
    local, _, domain = email.partition("@")
    if domain.endswith(".iam.gserviceaccount.com"):
        project = domain.partition(".")[0]
    elif domain == "developer.gserviceaccount.com":
        project = world.projects.id_of(local.partition("-")[0])
    return f"projects/{project}/serviceAccounts/{email}"


def _needs(call: Call, rule: Rule, resource: Json) -> Iterator[Need]:
    if not rule.at:
        yield Need(rule.permission, _holder(call), _name(call, rule.permission))
        return
    named = resource[rule.at]
    for each in named if isinstance(named, list) else [named]:
        yield _need_on(call, rule.permission, str(each))


def _need_on(call: Call, permission: str, named: str) -> Need:
    if permission == "iam.serviceAccounts.actAs":
        holder = account_holder(call.world, named.rpartition("/")[2], call.project)
        return Need(permission, holder, named)
    path = "projects/" + named.rpartition("projects/")[2] if "projects/" in named else ""
    path = path or f"projects/{call.project}/{named}"
    if "/topics/" in path:
        return Need(permission, path, path)
    return Need(permission, f"projects/{call.world.projects.id_of(path.split('/')[1])}", path)


def _holder(call: Call) -> str:
    """A topic has a policy of its own [documented]; of all else here the project has it."""
    if call.method.startswith("storage."):
        return f"projects/{_of_bucket(call)}"
    project = f"projects/{call.project}"
    topic = call.params.get("topicsId")
    return f"{project}/topics/{topic}" if topic else project


def _of_bucket(call: Call) -> str:
    """The project of the bucket that a call names; a bucket that is not there is nobody's."""
    bucket = call.world.store["storage.buckets"].get(call.params.get("bucket", "")) or {}
    return call.world.projects.id_of(bucket.get("projectNumber") or call.query("project"))


def _name(call: Call, permission: str) -> str:
    """As each API names it: compute and GKE the project in lists, else the resource; GKE also for what it makes."""
    service, _, rest = call.method.partition(".")
    verb = rest.rpartition(".")[2]
    path = call.request.path.lstrip("/").partition("projects/")[2].partition(":")[0]
    if service in ("compute", "container") and (verb in ("list", "aggregatedList") or "/" not in path):
        return f"projects/{path.partition('/')[0]}"
    if service == "container" and verb == "create":
        return _joining(call) if permission.startswith("gkehub.") else f"projects/{path.partition('/')[0]}"
    if service == "compute" and verb == "insert":
        return f"projects/{path}/{call.body.get('name', '')}"
    if service == "compute" and verb not in ("get", "delete", "patch"):
        path = path.removesuffix(f"/{verb}")
    new = call.query("featureId") or call.query("membershipId")
    return f"projects/{path}/{new}" if new else f"projects/{path}"


def _joining(call: Call) -> str:
    """The membership that a new cluster is to have."""
    place = f"projects/{call.project}/locations/{call.params['locationsId']}"
    return f"{place}/memberships/{call.body.get('cluster', {}).get('name', '')}"


def _resource(call: Call) -> Json:
    """The fields that rules ask about."""
    service, _, rest = call.method.partition(".")
    making = rest.rpartition(".")[2] in MAKING
    if service == "container":
        return _cluster(call)
    if service == "compute" and not making:
        collection = ".".join(call.method.split(".")[:2])
        found = call.world.store[collection].get(_name(call, ""))
        return found or {}
    if service in ("workflows", "cloudfunctions") and making:
        return {"serviceAccount": _runs_as(call, service)}
    return call.body if making else {}


def _runs_as(call: Call, service: str) -> str:
    """Whom a workflow or a function that is made or changed runs as, by what is asked or by what is there."""
    kind = "workflows" if service == "workflows" else "functions"
    there = call.world.store[f"{service}.{kind}"].get(_name(call, "")) or {}
    for each in (call.body, there):
        if account := each.get("serviceAccount") or each.get("serviceConfig", {}).get("serviceAccountEmail"):
            return str(account)
    return ""


def _cluster(call: Call) -> Json:
    """A cluster that is made runs its nodes as somebody, and joins a fleet; one that is updated may join or leave."""
    asked, update = call.body.get("cluster", {}), call.body.get("update", {})
    if call.method.endswith("clusters.create"):
        fleet = asked.get("fleet", {}).get("project", "")
        return {"nodes": _accounts(asked), "fleet": fleet}
    fleet = update.get("desiredFleet")
    joins = bool(fleet and fleet.get("project"))
    return {"joins": joins, "leaves": fleet is not None and not joins}


def _accounts(cluster: Json) -> list[str]:
    """Whom the nodes of a new cluster run as; where nothing is said, Compute Engine's own account."""
    if cluster.get("autopilot", {}).get("enabled"):
        defaults = cluster.get("autoscaling", {}).get("autoprovisioningNodePoolDefaults", {})
        return [defaults.get("serviceAccount") or NODES_DEFAULT]
    configs: list[Any] = [each.get("config", {}) for each in cluster.get("nodePools", [])]
    configs = configs or [cluster.get("nodeConfig", {})]
    return sorted({each.get("serviceAccount") or NODES_DEFAULT for each in configs})

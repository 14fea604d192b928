"""A function as the API shows it, and as it runs: one is made from the other."""

from __future__ import annotations

from pathlib import Path

from localcloud.cloudfunctions.service import FUNCTIONS
from localcloud.functions.runtime import Function
from localcloud.ids import keyed
from localcloud.run.allocation import ALLOCATION, DEFAULT_INSTANCES, amount
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import World

RUNTIME = "python312"
PUBSUB_EVENT = "google.cloud.pubsub.topic.v1.messagePublished"


def begun(world: World, name: str, fields: Json) -> Json:
    """Store a new function that is being deployed for the first time."""
    now = rfc3339(world.clock.now)
    made = {
        **fields,
        "name": name,
        "state": "DEPLOYING",
        "environment": "GEN_2",
        "createTime": now,
        "updateTime": now,
    }
    return world.store[FUNCTIONS].put(name, made)


def shown(world: World, name: str, fields: Json, number: int = 1) -> Json:
    """Store a function as it stands after its `number`th deployment, with what Google adds."""
    now = rfc3339(world.clock.now)
    _, project, _, location, _, short = name.split("/")
    before = world.store[FUNCTIONS].get(name) or {"createTime": now}
    place = f"projects/{project}/locations/{location}"
    service = {
        **with_defaults(world, name, fields.get("serviceConfig", {})),
        "service": f"{place}/services/{short}",
        "uri": f"https://{short}-{world.projects.get(project).number}.{location}.run.app",
        "revision": f"{short}-{number:05d}-{keyed(f'{name}/{number}', 16**3):03x}",
    }
    whole = {
        **fields,
        "name": name,
        "state": "ACTIVE",
        "environment": "GEN_2",
        "buildConfig": {**fields["buildConfig"], "build": _build(world, name, number)},
        "serviceConfig": service,
        "createTime": before["createTime"],
        "updateTime": now,
        "url": f"https://{location}-{project}.cloudfunctions.net/{short}",
    }
    if "eventTrigger" in fields:
        whole["eventTrigger"] = event_trigger(world, name, fields["eventTrigger"])
    return world.store[FUNCTIONS].put(name, whole)


def with_defaults(world: World, name: str, config: Json) -> Json:
    """What Google sets where a function's service says nothing [documented: functions v2 ServiceConfig]."""
    _, project, _, location, *_ = name.split("/")
    memory = config.get("availableMemory", "256M")
    size = amount(memory, config.get("availableCpu", ""))
    default = max(1, min(DEFAULT_INSTANCES, world[ALLOCATION].most(project, location, size)))
    return {
        "availableMemory": memory,
        "availableCpu": f"{size.cpu / 1000:g}",
        "timeoutSeconds": 60,
        "maxInstanceCount": default,
        "maxInstanceRequestConcurrency": 1,
        "ingressSettings": "ALLOW_ALL",
        "allTrafficOnLatestRevision": True,
        "serviceAccountEmail": default_account(world, project),
        **config,
    }


def event_trigger(world: World, name: str, fields: Json) -> Json:
    """A function's trigger with what Google adds: its name among Eventarc's [observed: NAME-NNNNNN], and who calls."""
    _, project, _, location, _, short = name.split("/")
    region = fields.get("triggerRegion", location)
    return {
        "retryPolicy": "RETRY_POLICY_DO_NOT_RETRY",
        "serviceAccountEmail": default_account(world, project),
        **fields,
        "triggerRegion": region,
        "trigger": f"projects/{project}/locations/{region}/triggers/{short}-{keyed(name, 10**6):06d}",
    }


def default_account(world: World, project: str) -> str:
    """Compute Engine's own account, which is used where none is named [documented: functions/docs/securing]."""
    return f"{world.projects.get(project).number}-compute@developer.gserviceaccount.com"


def deployments(shown_function: Json) -> int:
    """How often it has been deployed; never, if its first deployment has failed."""
    revision = shown_function.get("serviceConfig", {}).get("revision", "")
    return int(revision.rsplit("-", 2)[1]) if revision else 0


def running(function: Json, source: Path, directory: Path) -> Function:
    """What runs of a function as it is shown: this file, which has its entry point, with this folder to import from."""
    service = function["serviceConfig"]
    return Function(
        name=function["name"].rsplit("/", 1)[-1],
        directory=directory,
        source=source,
        entry_point=function["buildConfig"]["entryPoint"],
        service_account=service["serviceAccountEmail"],
        service=service["service"],
        revision=service["revision"],
        environment=service.get("environmentVariables", {}),
        timeout=float(service["timeoutSeconds"]),
        egress=_egress(function["name"], service),
    )


def _build(world: World, name: str, number: int) -> str:
    """The name of the build behind a deployment; it differs from one deployment to the next."""
    _, project, _, location, *_ = name.split("/")
    digest = keyed(f"{name}/{number}", 16**8)
    return f"projects/{world.projects.get(project).number}/locations/{location}/builds/{digest:08x}"


def _egress(name: str, service: Json) -> tuple[str, str] | None:
    """The network and the region that requests leave from, with Direct VPC egress."""
    interfaces = service.get("directVpcNetworkInterface") or []
    if not interfaces:
        return None
    _, project, _, location, *_ = name.split("/")
    network = interfaces[0].get("network", "default")
    full = network if network.startswith("projects/") else f"projects/{project}/global/networks/{network}"
    return full, location

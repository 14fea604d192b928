"""A function as the API shows it, and as it runs: one is made from the other."""

from __future__ import annotations

from pathlib import Path

from localcloud.cloudfunctions.service import FUNCTIONS
from localcloud.functions.runtime import Function
from localcloud.ids import keyed
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import World

REGION = "us-central1"
RUNTIME = "python312"
PUBSUB_EVENT = "google.cloud.pubsub.topic.v1.messagePublished"


def record(world: World, function: Function, topic: str) -> Json:
    """Show a function that was deployed from a folder, with its trigger on `topic`; its source is nowhere."""
    project, account = topic.split("/")[1], function.service_account
    location = function.egress[1] if function.egress else REGION
    service: Json = {
        "serviceAccountEmail": account,
        "environmentVariables": dict(function.environment),
        "timeoutSeconds": int(function.timeout),
    }
    if function.egress:
        service["directVpcNetworkInterface"] = [{"network": function.egress[0]}]
    return shown(
        world,
        f"projects/{project}/locations/{location}/functions/{function.name}",
        {
            "buildConfig": {"runtime": RUNTIME, "entryPoint": function.entry_point},
            "serviceConfig": service,
            "eventTrigger": {
                "eventType": PUBSUB_EVENT,
                "pubsubTopic": topic,
                "retryPolicy": "RETRY_POLICY_DO_NOT_RETRY",
            },
        },
    )


def shown(world: World, name: str, fields: Json, number: int = 1) -> Json:
    """Store a function as it stands after its `number`th deployment, with what Google adds."""
    now = rfc3339(world.clock.now)
    short, place = name.rsplit("/", 1)[-1], name.rsplit("/functions/", 1)[0]
    before = world.store[FUNCTIONS].get(name) or {"createTime": now}
    service = {
        "service": f"{place}/services/{short}",
        "uri": f"https://{short}-{world.projects.get(name.split('/')[1]).number}.{place.split('/')[3]}.run.app",
        "availableMemory": "256M",
        "timeoutSeconds": 60,
        "maxInstanceRequestConcurrency": 1,
        "ingressSettings": "ALLOW_ALL",
        "allTrafficOnLatestRevision": True,
        **fields.get("serviceConfig", {}),
        "revision": f"{short}-{number:05d}-{keyed(f'{name}/{number}', 16**3):03x}",
    }
    whole = {
        **fields,
        "name": name,
        "state": "ACTIVE",
        "environment": "GEN_2",
        "serviceConfig": service,
        "createTime": before["createTime"],
        "updateTime": now,
        "url": f"https://{place.split('/')[3]}-{name.split('/')[1]}.cloudfunctions.net/{short}",
    }
    return world.store[FUNCTIONS].put(name, whole)


def deployments(shown_function: Json) -> int:
    """How often it has been deployed."""
    return int(shown_function["serviceConfig"]["revision"].rsplit("-", 2)[1])


def running(fields: Json, name: str, source: Path) -> Function:
    """The function that these fields and this file with its entry point make."""
    service = fields.get("serviceConfig", {})
    return Function(
        name=name.rsplit("/", 1)[-1],
        directory=source.parent,
        source=source,
        entry_point=fields["buildConfig"]["entryPoint"],
        service_account=service.get("serviceAccountEmail", ""),
        environment=service.get("environmentVariables", {}),
        timeout=float(service.get("timeoutSeconds", 60)),
        egress=_egress(name, service),
    )


def _egress(name: str, service: Json) -> tuple[str, str] | None:
    """The network and the region that requests leave from, with Direct VPC egress."""
    interfaces = service.get("directVpcNetworkInterface") or []
    if not interfaces:
        return None
    _, project, _, location, *_ = name.split("/")
    network = interfaces[0].get("network", "default")
    full = network if network.startswith("projects/") else f"projects/{project}/global/networks/{network}"
    return full, location

"""What a deployed function is made of, and what goes with it: its Cloud Run service, its trigger, what is served."""

from __future__ import annotations

from pathlib import Path

from localcloud.cloudfunctions.functions import deployments, running, shown
from localcloud.cloudfunctions.service import FUNCTIONS
from localcloud.eventarc.triggers import make_trigger, remove_trigger
from localcloud.functions.runtime import RUNTIME
from localcloud.run.services import put_service, remove_service
from localcloud.wire.messages import Json
from localcloud.world import World

INGRESS = {
    "ALLOW_ALL": "INGRESS_TRAFFIC_ALL",
    "ALLOW_INTERNAL_ONLY": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "ALLOW_INTERNAL_AND_GCLB": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
}


def roll_out(world: World, name: str, fields: Json, source: Path, directory: Path) -> Json:
    """From now on instances are started from this file; the function as it is shown."""
    before = world.store[FUNCTIONS].get(name) or {}
    function = shown(world, name, fields, deployments(before) + 1)
    put_service(world, function["serviceConfig"]["service"], _service(function))
    world[RUNTIME].deploy(running(function, source, directory))
    _connect(world, before, function)
    return function


def take_down(world: World, function: Json) -> None:
    """The function is gone with all that was its own; who calls it finds nobody."""
    if trigger := function.get("eventTrigger", {}).get("trigger"):
        remove_trigger(world, trigger)
    if service := function.get("serviceConfig", {}).get("service"):
        remove_service(world, service)
        world[RUNTIME].remove(function["name"].rpartition("/")[2])
    world.store[FUNCTIONS].delete(function["name"])


def _connect(world: World, before: Json, function: Json) -> None:
    """Let the trigger be as the function has it; one that has not changed stays."""
    was, trigger = before.get("eventTrigger", {}), function.get("eventTrigger", {})
    if was == trigger:
        return
    if was.get("trigger"):
        remove_trigger(world, was["trigger"])
    if topic := trigger.get("pubsubTopic"):
        destination, endpoint = {"cloudFunction": function["name"]}, function["serviceConfig"]["uri"]
        make_trigger(world, trigger["trigger"], destination, topic, trigger["serviceAccountEmail"], endpoint)


def _service(function: Json) -> Json:
    """The function's service, as Cloud Run shows it."""
    config = function["serviceConfig"]
    limits = {"cpu": config["availableCpu"], "memory": config["availableMemory"]}
    variables = [
        {"name": name, "value": value} for name, value in config.get("environmentVariables", {}).items()
    ]
    return {
        "labels": {"goog-managed-by": "cloudfunctions", **function.get("labels", {})},
        "ingress": INGRESS[config["ingressSettings"]],
        "uri": config["uri"],
        "template": {
            "revision": config["revision"],
            "serviceAccount": config["serviceAccountEmail"],
            "timeout": f"{config['timeoutSeconds']}s",
            "maxInstanceRequestConcurrency": config["maxInstanceRequestConcurrency"],
            "scaling": {"maxInstanceCount": config["maxInstanceCount"]},
            "containers": [{"name": "worker", "resources": {"limits": limits}, "env": variables}],
            **_vpc_access(config),
        },
    }


def _vpc_access(config: Json) -> Json:
    interfaces = config.get("directVpcNetworkInterface")
    if not interfaces:
        return {}
    egress = str(config.get("directVpcEgress", "VPC_EGRESS_PRIVATE_RANGES_ONLY")).removeprefix("VPC_EGRESS_")
    return {"vpcAccess": {"egress": egress, "networkInterfaces": interfaces}}

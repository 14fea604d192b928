"""The commands that a report tells a person, and what each does: the calls of gcloud and kubectl, without these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from fleetgate.local.run import LocalRun
from fleetgate.report import Report
from tests.support.local_cloud import let_pass, respond

DONE = 60.0  # simulated seconds until what a command began is done: gcloud waits for it
PATIENCE = 1800.0  # seconds that a person repeats a command for that is refused


def of(report: Report) -> Iterator[str]:
    """The commands, in order: of each leak, or of the causes."""
    if report.leaks:
        yield from (each["fix"] for each in report.leaks)
        return
    for each in report.diagnoses:
        told = f"{each.cause} {each.fix}"
        yield from _in(told)


def of_others(report: Report) -> Iterator[str]:
    """The commands for what nothing says whose it is: for a person who knows."""
    for each in report.foreign:
        yield from _in(str(each["why"]))


def _in(text: str) -> list[str]:
    found = re.findall(r"(?:gcloud|kubectl) (?:(?!\. |[;&()]|, and so).)*", text)
    return [each.strip(". ") for each in found]


async def follow(local: LocalRun, command: str) -> None:
    """Run it as a person does: again and again while it is refused, as it may say why.

    Raises:
        AssertionError: it is refused all the time, or does not exist.
    """
    clock = local.cloud.world.clock
    until = clock.now + PATIENCE
    while (answer := _run(local, command)) >= 400:
        assert answer != 404, f"there is nothing for {command}"
        assert clock.now < until, f"{command} is refused with {answer}"
        await let_pass(local.cloud, DONE)
    await let_pass(local.cloud, DONE)


def _run(local: LocalRun, command: str) -> int:
    """The status that the API answers."""
    words = command.split()
    flags = dict(each[2:].partition("=")[::2] for each in words if each.startswith("--"))
    verb = " ".join(each for each in words[1:] if not each.startswith("--"))
    found = ((run, match) for run, pattern in _COMMANDS if (match := re.fullmatch(pattern, verb)))
    run, match = next(found, (None, None))
    assert run is not None and match is not None, f"no such command is known here: {command}"
    return run(local, flags, *match.groups())


def _delete_compute(local: LocalRun, flags: dict[str, str], kind: str, name: str) -> int:
    places = {
        "global": "global",
        "zone": f"zones/{flags.get('zone')}",
        "region": f"regions/{flags.get('region')}",
    }
    place = next((places[each] for each in places if each in flags), "global")
    plural = {"networks subnets": "subnetworks", "firewall-rules": "firewalls"}.get(kind)
    plural = plural or re.sub("-(.)", lambda dash: dash[1].upper(), kind)
    path = f"compute/compute/v1/projects/{flags['project']}/{place}/{plural}/{name}"
    return respond(local.cloud, "DELETE", path).status


def _join_fleet(local: LocalRun, flags: dict[str, str], name: str) -> int:
    update = {"update": {"desiredFleet": {"project": flags["project"]}}}
    path = f"container/v1/projects/{flags['project']}/locations/{flags['location']}/clusters/{name}"
    return respond(local.cloud, "PUT", path, update).status


def _enable_ingress(local: LocalRun, flags: dict[str, str]) -> int:
    path = f"projects/{flags['project']}/locations"
    member = f"{path}/{flags['location']}/memberships/{flags['config-membership']}"
    body = {"spec": {"multiclusteringress": {"configMembership": member}}}
    where = f"gkehub/v1/{path}/global/features"
    return respond(local.cloud, "POST", where, body, featureId="multiclusteringress").status


def _disable_feature(local: LocalRun, flags: dict[str, str], feature: str) -> int:
    name = {"ingress": "multiclusteringress", "multi-cluster-services": "multiclusterservicediscovery"}[
        feature
    ]
    path = f"gkehub/v1/projects/{flags['project']}/locations/global/features/{name}"
    return respond(local.cloud, "DELETE", path).status


def _delete_membership(local: LocalRun, flags: dict[str, str], name: str) -> int:
    path = f"projects/{flags['project']}/locations/{flags['location']}/memberships/{name}"
    return respond(local.cloud, "DELETE", f"gkehub/v1/{path}").status


def _delete_cluster(local: LocalRun, flags: dict[str, str], name: str) -> int:
    path = f"projects/{flags['project']}/locations/{flags['location']}/clusters/{name}"
    return respond(local.cloud, "DELETE", f"container/v1/{path}").status


def _take_role_back(local: LocalRun, flags: dict[str, str], project: str) -> int:
    path = f"cloudresourcemanager/v3/projects/{project}"
    asked = {"options": {"requestedPolicyVersion": 3}}  # as gcloud asks: bindings may have conditions
    policy = json.loads(respond(local.cloud, "POST", f"{path}:getIamPolicy", asked).body)
    for binding in policy["bindings"]:
        if binding["role"] == flags["role"] and flags["member"] in binding["members"]:
            binding["members"].remove(flags["member"])
    policy["bindings"] = [each for each in policy["bindings"] if each["members"]]
    return respond(local.cloud, "POST", f"{path}:setIamPolicy", {"policy": policy}).status


_COMMANDS = (
    (_take_role_back, r"projects remove-iam-policy-binding (\S+)"),
    (_delete_compute, r"compute (networks subnets|[a-z-]+) delete (\S+)"),
    (_join_fleet, r"container clusters update (\S+)"),
    (_enable_ingress, r"container fleet ingress enable"),
    (_disable_feature, r"container fleet (ingress|multi-cluster-services) disable"),
    (_delete_membership, r"container fleet memberships delete (\S+)"),
    (_delete_cluster, r"container clusters delete (\S+)"),
)

"""What must hold, looked for in the local cloud's own state: Fleetgate is not asked, and none of its code looks."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from fleetgate.local.installation import HOME_PROJECT as PROJECT
from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from tests.acceptance.chaos.backends import silent
from tests.acceptance.chaos.requests import DEPLOYS, EXTENSION, HOSTILE, LEASE, REFUSED_LEASE
from tests.acceptance.chaos.storm import Storm

Json = dict[str, Any]

ANCHOR = f"projects/{PROJECT}/regions/us-central1/addresses/fleetgate-store"
GATEWAY_API = "gateway.networking.k8s.io"
VERIFIED, BLOCKED = (f"dev.fleetgate.environment.{each}" for each in ("verified", "blocked"))
OURS = re.compile(r'fleetgate-env(?:": "|=)(?:store|ghost)\b')  # a label or a mark
ROUNDING = 2  # seconds of a lease's end


@dataclass
class Witness:
    """Hears what is told to be verified, and looks at once whether it is all there."""

    storm: Storm
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        local = self.storm.local
        local.cloud.broker.listen(local.installation.topic("events"), self._hear)

    def _hear(self, event: Json) -> None:
        """Look, if it is the newest claim that is verified, and nobody has deleted anything since it was published.

        Of a deploy that was refused nothing may be on the anchor but its claim.
        """
        if event["attributes"]["ce-type"] == BLOCKED:
            self.found += _took_effect(self.storm, json.loads(base64.b64decode(event["data"])))
        if event["attributes"]["ce-type"] != VERIFIED:
            return
        told = json.loads(base64.b64decode(event["data"]))
        newest = self.storm.newest()
        mine = told.get("action") == "deploy" and str(told.get("generation", "")).endswith(f"-{newest.id}")
        if mine and not self.storm.deleted_since(newest):
            lacking = list(lacks(self.storm.local, DEPLOYS[newest.name]["environment"]))
            self.found += [
                f"told to be verified at {self.storm.now:.0f} s without {each}" for each in lacking
            ]


def _took_effect(storm: Storm, told: Json) -> Iterator[str]:
    """What of a refused deploy is on the anchor of an environment: its lease ends like no other."""
    refused = [each for each in storm.messages if each.name == "refused"]
    anchor = storm.local.cloud.world.store["compute.addresses"].get(ANCHOR) or {}
    written = anchor.get("labels", {})
    if written.get("fleetgate-action") == "deploy" and str(told.get("generation", "")) == written.get(
        "fleetgate-generation"
    ):
        ends = [storm.began + each.when + REFUSED_LEASE for each in refused]
        found = int(written.get("fleetgate-expires", "0"))
        if any(abs(found - each) <= ROUNDING for each in ends):
            yield f"a refused deploy has written its lease by {storm.now:.0f} s"


def lacks(local: LocalRun, document: Json) -> Iterator[str]:
    """What a verified environment of this document has not got."""
    store = local.cloud.world.store
    for each in document["clusters"]:
        name = f"projects/{PROJECT}/locations/{each['location']}/clusters/{each['name']}"
        cluster = store["container.clusters"].get(name)
        if cluster is None or cluster["status"] != "RUNNING":
            yield f"cluster {each['name']}"
            continue
        region = each["location"].rpartition("-")[0]
        member = f"projects/{PROJECT}/locations/{region}/memberships/{each['name']}"
        if store["gkehub.memberships"].get(member) is None:
            yield f"membership {each['name']}"
        if not _has_proxies(local, region):
            yield f"a proxy-only subnet in {region}"
        yield from _lacks_in(local, name, each["name"], document)
    for feature in ("multiclusteringress", "multiclusterservicediscovery"):
        if store["gkehub.features"].get(f"projects/{PROJECT}/locations/global/features/{feature}") is None:
            yield f"feature {feature}"
    if len(store["compute.forwardingRules"].names()) < len(document["clusters"]):
        yield "a forwarding rule for each region"
    if (store["compute.addresses"].get(ANCHOR) or {}).get("labels", {}).get("fleetgate-env") != "store":
        yield "its anchor"
    yield from silent(local.cloud.world, document)


def _has_proxies(local: LocalRun, region: str) -> bool:
    subnets = local.cloud.world.store["compute.subnetworks"].items()
    return any(
        each.get("purpose") == "GLOBAL_MANAGED_PROXY" and each["region"].endswith(f"/{region}")
        for _, each in subnets
    )


def _lacks_in(local: LocalRun, cluster: str, name: str, document: Json) -> Iterator[str]:
    api = local.cloud.world[CLUSTER_APIS][cluster]
    for service in document["services"]:
        if name in service.get("clusters", [name]):
            for kind in ("Service", "net.gke.io/ServiceExport"):
                if not _stands(api.get(kind, "store", service["name"])):
                    yield f"{kind} {service['name']} in {name}"
    if name != document["clusters"][0]["name"]:
        return
    if not _stands(api.get(f"{GATEWAY_API}/Gateway", "store", "internal-cross-region-gateway")):
        yield "the Gateway"
    for route in document["routes"]:
        live = api.get(f"{GATEWAY_API}/HTTPRoute", "store", route["name"])
        if not _stands(live) or len(live["spec"]["rules"]) != len(route["rules"]):
            yield f"HTTPRoute {route['name']} with {len(route['rules'])} rules"
    policies = api.list("networking.gke.io/HealthCheckPolicy")
    if bool(policies) != ("healthCheck" in document):
        yield f"the health check that it has: {len(policies)} policies"


def _stands(live: Json | None) -> TypeGuard[Json]:
    """Whether an object is there, and not about to go."""
    return live is not None and "deletionTimestamp" not in live["metadata"]


def wrong_lease(storm: Storm) -> str:
    """What is wrong with the lease of a deployed environment: it is that of the newest claim or extension."""
    anchor = storm.local.cloud.world.store["compute.addresses"].get(ANCHOR) or {}
    found = int(anchor.get("labels", {}).get("fleetgate-expires", "0"))
    newest = storm.newest()
    extended = [each for each in storm.messages if each.name == "extend" and storm.is_done(each.id)]
    ends = [newest.when + LEASE, *(each.when + EXTENSION for each in extended if each.when > newest.when)]
    expected = storm.began + ends[-1]
    return (
        ""
        if abs(found - expected) <= ROUNDING
        else f"the lease ends {found - expected:+.0f} s from where it should"
    )


def not_accepted(storm: Storm) -> str:
    """What is wrong with an anchor that bears a deploy which was not accepted: only a refused one leaves it so."""
    anchor = storm.local.cloud.world.store["compute.addresses"].get(ANCHOR) or {}
    refused = [each for each in storm.messages if each.name == "refused"]
    asked = "fleetgate-accepted" in anchor.get("labels", {})
    return "a deploy has ended, and was never accepted" if asked and not refused else ""


def misled(storm: Storm) -> Iterator[str]:
    """Messages that were no requests, and yet something was done for them."""
    yield from (
        f"done: {each.name}" for each in storm.messages if each.name in HOSTILE and storm.is_done(each.id)
    )


def stumbled(storm: Storm) -> Iterator[str]:
    """Executions that met what nobody had thought of, or failed without a result."""
    names = {each.id: each.name for each in storm.messages}
    for each in storm.executions():
        result = each.run.result or ""
        if '"INTERNAL"' in result or not result:
            yield f"{names.get(each.event, 'a request')} ends with {(result or str(each.run.error))[:600]}"


def left(local: LocalRun) -> str:
    """Where something of ours is, tombstones among it, or ""."""
    text = json.dumps(local.cloud.dump())
    found = OURS.search(text)
    return text[max(found.start() - 300, 0) : found.end() + 100] if found else ""

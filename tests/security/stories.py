"""Environments on clusters that somebody made before, with whatever endpoints they gave them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fleetgate.local.installation import HOME_PROJECT as PROJECT
from fleetgate.local.run import LocalRun
from fleetgate.report import Report
from localcloud.records.call_log import LoggedCall
from tests.acceptance import foreign
from tests.support.local_cloud import let_pass, respond

Json = dict[str, Any]

WEST, EAST = ("gke-west-1", "us-west1-a"), ("gke-east-1", "us-east1-c")
DNS_CLOSED = {"dnsEndpointConfig": {"allowExternalTraffic": False}}
# What a cluster is made with whose owner wants it off the internet, but for Google Cloud's own addresses.
PUBLIC_ONLY = {
    **DNS_CLOSED,
    "ipEndpointsConfig": {
        "enabled": True,
        "enablePublicEndpoint": True,
        "authorizedNetworksConfig": {"enabled": True, "gcpPublicCidrsAccessEnabled": True},
    },
}
PRIVATE_ONLY = {**DNS_CLOSED, "ipEndpointsConfig": {"enabled": True, "enablePublicEndpoint": False}}
RESTRICTED = {
    **DNS_CLOSED,
    "ipEndpointsConfig": {
        "enabled": True,
        "enablePublicEndpoint": True,
        "authorizedNetworksConfig": {
            "enabled": True,
            "cidrBlocks": [{"cidrBlock": "203.0.113.0/24"}],
            "gcpPublicCidrsAccessEnabled": False,
        },
    },
}


@dataclass
class Told:
    """What is left of a story: its report, calls, log lines and tokens, and the dump before it."""

    report: Report
    calls: list[LoggedCall]
    lines: list[str]
    before: Json
    after: Json
    tokens: set[str] = field(default_factory=set)

    def on(self, cluster: str) -> list[LoggedCall]:
        """The calls on a cluster's own API."""
        return [each for each in self.calls if each.service == "kubernetes" and cluster in each.resource]


def told(document: Json, made: Mapping[tuple[str, str], Json], seed: int = 3) -> Told:
    """Deploy a document where clusters (name and zone) with these endpoints stand already."""
    return asyncio.run(_told(document, made, seed))


async def _told(document: Json, made: Mapping[tuple[str, str], Json], seed: int) -> Told:
    async with LocalRun(seed=seed) as local:
        for (name, zone), endpoints in made.items():
            _make(local, name, zone, endpoints)
        await let_pass(local.cloud, 1200.0, to_the_end=True)
        before = local.cloud.dump()
        local.cloud.log.calls.clear()
        report = await local.deploy(document)
        await let_pass(local.cloud, 60.0, to_the_end=True)
        lines = [json.dumps(entry.payload) for entry in local.cloud.functions.logs.entries]
        tokens = set(local.cloud.edge.identities._callers)
        return Told(report, list(local.cloud.log.calls), lines, before, local.cloud.dump(), tokens)


def _make(local: LocalRun, name: str, zone: str, endpoints: Json) -> None:
    cluster = foreign.fit_cluster(PROJECT, name, controlPlaneEndpointsConfig=endpoints)
    path = f"/container/v1/projects/{PROJECT}/locations/{zone}/clusters"
    answer = respond(local.cloud, "POST", path, {"cluster": cluster})
    assert answer.status == 200, answer.body

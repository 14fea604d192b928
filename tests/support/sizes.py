"""Environments of any size: what `make bench` and the proofs of many clusters deploy.

Clusters are spread over ten regions, one zone in each, round and round. Every service is exported from every cluster
and has a route with a hostname of its own. All select the pods of the sample app, so each has endpoints.
"""

from __future__ import annotations

from typing import Any

# A Gateway has an address in each region of its clusters, 16 at most: ten regions leave room.
ZONES = (
    "us-west1-a",
    "us-east1-c",
    "us-central1-f",
    "europe-west1-b",
    "europe-west4-a",
    "asia-east1-a",
    "asia-southeast1-b",
    "us-east4-a",
    "us-west2-a",
    "europe-west3-a",
)
CLUSTERS = (2, 10, 25, 40, 50)  # the sizes that are measured
PORT = 8080


def sized(clusters: int, services: int = 1, name: str = "sized", **of_each: Any) -> dict[str, Any]:
    """A spec with so many clusters and services; `of_each` are further fields of every cluster (`podRange="/17"`).

    Names are short, so that 50 clusters × 9 services are within the 12,000 bytes that a spec may have.
    """
    names = ["store", *(f"s{number}" for number in range(2, services + 1))]
    return {
        "name": name,
        "clusters": [_cluster(index, of_each) for index in range(clusters)],
        "sampleApp": True,
        "services": [{"name": each, "port": PORT, "selector": {"app": "store"}} for each in names],
        "routes": [_route(each) for each in names],
    }


def _cluster(index: int, more: dict[str, Any]) -> dict[str, Any]:
    return {"name": f"c{index + 1}", "location": ZONES[index % len(ZONES)], **more}


def _route(service: str) -> dict[str, Any]:
    backends = [{"name": service, "port": PORT}]
    return {
        "name": service,
        "hostnames": [f"{service}.test"],
        "rules": [{"backendRefs": backends}],
    }

"""kubectl's configuration for the clusters of a local cloud."""

from __future__ import annotations

from typing import Any

from fleetgate.local.shell_environment import kubeconfig

CLUSTERS = "projects/{}/locations/{}/clusters/{}"


def cluster(endpoint: str | None) -> dict[str, Any]:
    """A cluster, as far as its endpoint goes."""
    told = {"endpoint": endpoint} if endpoint else {}
    return {**told, "masterAuth": {"clusterCaCertificate": "Q0E="}}


def contexts(*clusters: tuple[str, str, str, str | None]) -> dict[str, str]:
    """Where each context leads, for clusters of (project, location, name, endpoint)."""
    config = kubeconfig({CLUSTERS.format(*names): cluster(told) for *names, told in clusters}, "token")
    assert {each["name"] for each in config["clusters"]} == {each["name"] for each in config["contexts"]}
    assert config["current-context"] in ["", *(each["name"] for each in config["contexts"])]
    return {each["name"]: each["cluster"]["server"] for each in config["clusters"]}


def test_a_context_has_the_clusters_short_name() -> None:
    """Once it has an endpoint; before, there is nothing to ask."""
    found = contexts(("p", "us-west1-a", "west", "127.0.0.1:1"), ("p", "us-east1-c", "east", None))

    assert {"west": "https://127.0.0.1:1"} == found
    assert {} == contexts()


def test_where_two_share_a_name_both_have_gclouds() -> None:
    """So that neither is taken for the other."""
    found = contexts(("p", "us-west1-a", "c", "127.0.0.1:1"), ("q", "us-west1-a", "c", "127.0.0.1:2"))

    assert {"gke_p_us-west1-a_c": "https://127.0.0.1:1", "gke_q_us-west1-a_c": "https://127.0.0.1:2"} == found

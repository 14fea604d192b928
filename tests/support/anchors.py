"""Anchors for tests of claims: to look at, and to find."""

from __future__ import annotations

from typing import Any

from shared import labels
from tests.support.google_server import NOW, GoogleServer

MINE = "1767600000000-88"  # the generation of a request that is published NOW, as message 88
OTHER = "22222222-2222-4333-8444-555555555555"
NEWEST = "9999999999999-1"  # the generation of a request that is newer than every other

# The labels that the claim of a deploy writes on an anchor that stands for an environment.
OF_CLAIM = {
    labels.GENERATION,
    labels.EXECUTION,
    labels.ACTION,
    labels.ACCEPTED,
    labels.ACCEPTED_BY,
    labels.ACCEPTED_ACTION,
    labels.ASKED,
}
EXECUTIONS = "GET /workflowexecutions/v1/projects/hub/locations/us-west1/workflows/fleetgate/executions"


def anchor(google: GoogleServer, name: str = "store") -> Any:
    """An anchor as it is."""
    return google.addresses[f"fleetgate-{name}"]


def standing(google: GoogleServer) -> list[Any]:
    """The addresses that are no tombstones."""
    ended = ("tombstone", "release")
    return [
        each for each in google.addresses.values() if each.get("labels", {}).get(labels.ACTION) not in ended
    ]


def bearer(google: GoogleServer) -> tuple[str, str]:
    """Which claim the anchor of `store` bears."""
    held = anchor(google)["labels"]
    return held[labels.GENERATION], held[labels.EXECUTION]


def add_anchor(google: GoogleServer, name: str, expires: float | None = None, **values: str) -> Any:
    """An anchor that an earlier request left; `expires` is in seconds from now, `values` are other labels."""
    told = {
        labels.OWNER: name,
        labels.GENERATION: "1767560000000-1",
        labels.EXECUTION: OTHER,
        labels.ACTION: "deploy",
        labels.PROJECT: "shop-prod",
        labels.NETWORK: "default",
        labels.GATEWAY: "store_2finternal-cross-region-gateway",
    }
    lease = {} if expires is None else {labels.EXPIRES: str(int(NOW + expires))}
    more = {f"fleetgate-{key}": value for key, value in values.items()}
    return google.add_address(name=f"fleetgate-{name}", labels=told | lease | more)


def add_unlabelled(google: GoogleServer, claimed_by: str, name: str = "store", project: str = "") -> Any:
    """An anchor that a claim (`generation/execution`) created and has not labelled; a deploy's names its project."""
    note = f"Fleetgate environment {name}, first claimed by {claimed_by}"
    return google.add_address(
        name=f"fleetgate-{name}", description=f"{note} for project {project}" if project else note
    )


def alive(google: GoogleServer, execution: str = OTHER, state: str = "ACTIVE") -> None:
    """An execution in this state; others are not known."""
    google.answers[f"{EXECUTIONS}/{execution}"] = {"state": state}


def overtake(google: GoogleServer) -> None:
    """Let the newest claim write the anchor just before the next write of its labels, which then has lost."""

    def claims(method: str, path: str) -> None:
        if path.endswith("/setLabels"):
            google.before = lambda *_: None
            held = {**anchor(google)["labels"], labels.GENERATION: NEWEST}
            anchor(google).update(labels=held, labelFingerprint="bmV3")

    google.before = claims

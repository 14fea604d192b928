"""Reconciles environments with a folder of specs in Git: compares the specs with the anchors, and publishes requests.

An anchor has the hash of the spec that stands, and while a deploy is being checked the hash of that one as well. So a
second run publishes nothing, even while the first one's requests still run. A deploy that was refused is asked for
again: its cause may be mended. Between a publication and its claim (some seconds) another run may publish the same
request again. That is harmless: the newer request finds everything as wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fleetgate.client.executions import read
from fleetgate.client.following import publish
from fleetgate.client.target import Target
from fleetgate.repository import RepositorySpec
from shared import anchor, labels
from shared.anchor import Anchor

GIT = "git"  # the origin of environments whose specs are in a repository


@dataclass(frozen=True)
class PlannedRequest:
    """One request and its reason; `message` is its id once it is published."""

    request: dict[str, Any]
    name: str
    reason: str
    message: str | None = None

    def wire(self) -> dict[str, str | None]:
        """The documented JSON."""
        return {
            "environment": self.name,
            "action": self.request["action"],
            "reason": self.reason,
            "messageId": self.message,
        }


@dataclass(frozen=True)
class Reconciliation:
    """The requests, and the names of unchanged environments and of others that are not in the folder."""

    requests: Sequence[PlannedRequest]
    unchanged: Sequence[str]
    others: Sequence[str]

    def wire(self) -> dict[str, Any]:
        """The documented JSON."""
        requests = [each.wire() for each in self.requests]
        return {"requests": requests, "unchanged": list(self.unchanged), "others": list(self.others)}


def reconcile(target: Target, kept: Sequence[RepositorySpec], dry_run: bool = False) -> Reconciliation:
    """Publish the requests that make the environments match `kept`; with `dry_run`, only return them."""
    found = [each for each in anchor.read_all(target.session) if each.is_claimed]
    wanted = compare(kept, [_without_ended(target, each) for each in found])
    if dry_run:
        return wanted
    published = [_published(target, each) for each in wanted.requests]
    return Reconciliation(published, wanted.unchanged, wanted.others)


def _without_ended(target: Target, found: Anchor) -> Anchor:
    """The anchor, without the spec that was asked for if that request has ended: it was refused."""
    if labels.ASKED not in found.labels:
        return found
    execution = read(target, found.execution)
    if execution is not None and execution.is_alive:
        return found
    return replace(found, labels={k: v for k, v in found.labels.items() if k != labels.ASKED})


def compare(kept: Sequence[RepositorySpec], anchors: Iterable[Anchor]) -> Reconciliation:
    """The requests that are needed: first teardowns, then deploys, each by name."""
    by_name = {each.name: each for each in sorted(anchors, key=lambda each: each.name)}
    names = {each.environment.name for each in kept}
    deploys = [(each, _difference(each, by_name.get(each.environment.name))) for each in kept]
    return Reconciliation(
        [*_teardowns(by_name, names), *(_deploy(each, why) for each, why in deploys if why)],
        [each.environment.name for each, why in deploys if not why],
        [name for name, each in by_name.items() if name not in names and not _is_from_git(each)],
    )


def _is_from_git(found: Anchor) -> bool:
    return found.labels.get(labels.ORIGIN) == GIT


def _difference(kept: RepositorySpec, found: Anchor | None) -> str:
    """Why the environment must be deployed; "" if its anchor shows this very spec.

    An environment that somebody deployed by hand becomes the repository's, even with the same spec. Otherwise nobody
    would tear it down when its spec is deleted.
    """
    if found is None:
        return "it is new"
    if found.is_being_removed:
        return "it was being torn down"
    if not _is_from_git(found):
        return "it was not in Git before"
    last = found.labels.get(labels.ASKED) or found.labels.get(labels.SPEC)
    return "its spec has changed" if last != kept.environment.spec_hash else ""


def _deploy(kept: RepositorySpec, why: str) -> PlannedRequest:
    request = {"action": "deploy", "environment": kept.document, "origin": GIT}
    return PlannedRequest(request, kept.environment.name, why)


def _teardowns(anchors: dict[str, Anchor], names: set[str]) -> Iterator[PlannedRequest]:
    """One for each environment from Git whose spec is gone, unless it is being removed already."""
    for name, found in anchors.items():
        if name not in names and _is_from_git(found) and not found.is_being_removed:
            yield PlannedRequest({"action": "teardown", "name": name}, name, "its spec is gone")


def _published(target: Target, planned: PlannedRequest) -> PlannedRequest:
    return PlannedRequest(planned.request, planned.name, planned.reason, publish(target, planned.request))

"""Git keeps environments: what a folder of specs and the anchors have to say to each other, and what follows.

An anchor bears the hash of the spec last asked for, from the moment that a claim is made: so a second run publishes
nothing, also while the first one's requests are being worked on. Between a publication and its claim (some seconds)
another run may ask the same again, which is harmless: the newer request is claimed and finds the same world.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fleetgate.client.following import publish
from fleetgate.client.target import Target
from fleetgate.repository import Kept
from shared import anchor, labels
from shared.anchor import Anchor

GIT = "git"  # the origin of what a repository keeps


@dataclass(frozen=True)
class Asking:
    """One request and why it is made; `message` is its id once it is published."""

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
    """What is asked for, what is as its spec says (by name), and what the folder has nothing to do with."""

    asked: Sequence[Asking]
    unchanged: Sequence[str]
    others: Sequence[str]

    def wire(self) -> dict[str, Any]:
        """The documented JSON."""
        asked = [each.wire() for each in self.asked]
        return {"requests": asked, "unchanged": list(self.unchanged), "others": list(self.others)}


def reconcile(target: Target, kept: Sequence[Kept], dry_run: bool = False) -> Reconciliation:
    """Publish what makes the environments those that `kept` says; with `dry_run`, only tell."""
    found = [each for each in anchor.read_all(target.session) if each.is_ours]
    wanted = compare(kept, found)
    if dry_run:
        return wanted
    published = [_published(target, each) for each in wanted.asked]
    return Reconciliation(published, wanted.unchanged, wanted.others)


def compare(kept: Sequence[Kept], anchors: Iterable[Anchor]) -> Reconciliation:
    """What has to be asked for: first what goes, then what comes, each by name."""
    by_name = {each.name: each for each in sorted(anchors, key=lambda each: each.name)}
    names = {each.environment.name for each in kept}
    deploys = [(each, _difference(each, by_name.get(each.environment.name))) for each in kept]
    return Reconciliation(
        [*_teardowns(by_name, names), *(_deploy(each, why) for each, why in deploys if why)],
        [each.environment.name for each, why in deploys if not why],
        [name for name, each in by_name.items() if name not in names and not _is_gits(each)],
    )


def _is_gits(found: Anchor) -> bool:
    return found.labels.get(labels.ORIGIN) == GIT


def _difference(kept: Kept, found: Anchor | None) -> str:
    """Why the environment has to be asked for; nothing if it was, and nobody has asked for anything else since.

    One that somebody deployed by hand becomes the repository's, even if it is the same: or nobody would take it
    down when its spec goes.
    """
    if found is None:
        return "it is new"
    if found.is_being_removed:
        return "it was being torn down"
    if not _is_gits(found):
        return "it was not kept by Git so far"
    changed = found.labels.get(labels.SPEC) != kept.environment.spec_hash
    return "its spec has changed" if changed else ""


def _deploy(kept: Kept, why: str) -> Asking:
    request = {"action": "deploy", "environment": kept.document, "origin": GIT}
    return Asking(request, kept.environment.name, why)


def _teardowns(anchors: dict[str, Anchor], names: set[str]) -> Iterator[Asking]:
    """One for each environment of Git's whose spec is gone, unless that was asked for already."""
    for name, found in anchors.items():
        if name not in names and _is_gits(found) and not found.is_being_removed:
            yield Asking({"action": "teardown", "name": name}, name, "its spec is gone")


def _published(target: Target, asking: Asking) -> Asking:
    message = publish(target, asking.request).message
    return Asking(asking.request, asking.name, asking.reason, message)

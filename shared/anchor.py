"""The anchor: an environment's reserved internal address. It is the lock, the fencing token and the lease.

An address is created atomically by name, and its labels are written with the fingerprint that was read
(compare-and-swap) [documented, compute addresses]. An insert drops labels [documented, the API's description]: a claim
creates the anchor, then labels it, and holds it only then. Until then the anchor's description, which cannot change,
says which claim created it.

The anchor is created first and ends last: while it is there, something of the environment may still be billed. When
nothing is left it becomes a tombstone, which bears the newest generation: a copy of an older request, which may come
late, finds a newer one. A tombstone stands for nothing that is billed. A newer claim takes it over, or a sweep retires
it and then deletes it.

Anchors are in Fleetgate's own project and network, so that one regional list shows the environments of all projects,
and no removal of an environment's network touches them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from shared import labels
from shared.errors import Busy, NotFound, Pending
from shared.google import compute
from shared.google.session import Session

if TYPE_CHECKING:
    from shared.google import wire

PREFIX = "fleetgate-"
_NAME = re.compile(r"[a-z0-9-]{1,63}")
_VALUE = "[a-z0-9_-]{1,63}"  # of a label: a claim writes what the note says as labels, and names an execution by it
_NOTE = re.compile(
    rf"Fleetgate environment (?P<env>{_VALUE}), first claimed by (?P<generation>{_VALUE})/(?P<execution>{_VALUE})"
    rf"(?: for project (?P<project>{_VALUE}))?"
)
TEARDOWN = "teardown"  # the action of an anchor whose environment is being removed
# The actions of anchors that no claim holds.
CLAIM = "claim"  # a deploy has taken it over, and has not looked yet whether the fleet is free
TOMBSTONE = "tombstone"  # nothing is left of the environment
RELEASE = "release"  # a tombstone that is retired: it is never taken over, only deleted
HELD_BY_NOBODY = (CLAIM, TOMBSTONE, RELEASE)
WAITS = 2  # for one write, within one call of a function
# Tries of one anchor's deletion, over all requests that come for it: each that failed costs everybody after it one call
# more, to find the next id (`release`). An attempt tries once more, so twenty outlast an outage of some minutes; who
# finds them used up is told what the last one failed with.
DELETIONS = 20


VERIFIED, BROKEN = "verified", "broken"  # what serves


@dataclass(frozen=True)
class Serving:
    """What the last proof found. `moment` (unix seconds) is that of the proof, or when it was first found broken."""

    state: str
    moment: int

    @property
    def label(self) -> dict[str, str]:
        """As the anchor keeps it."""
        return {labels.SERVING: f"{self.state}-{self.moment}"}


@dataclass(frozen=True)
class Anchor:
    """One anchor, as it was read.

    `created` is the server's timestamp, `description` says which claim created it. Until that claim or a newer one has
    labelled the anchor, `labels` are those that follow from the description, and `is_labelled` is False. An anchor that
    is created again under the same name has another `id`.
    """

    name: str
    path: str
    labels: Mapping[str, str]
    fingerprint: str
    status: str
    created: str
    description: str
    id: str = ""
    is_labelled: bool = True

    @property
    def generation(self) -> str:
        """The newest claim."""
        return self.labels.get(labels.GENERATION, "")

    @property
    def execution(self) -> str:
        """The workflow execution that holds it."""
        return self.labels.get(labels.EXECUTION, "")

    @property
    def action(self) -> str:
        """The action of the newest claim."""
        return self.labels.get(labels.ACTION, "")

    @property
    def is_accepted(self) -> bool:
        """Whether lease, spec and place are those of the newest claim: not while a deploy is being checked."""
        return labels.ACCEPTED not in self.labels

    @property
    def accepted(self) -> str:
        """The generation of the request whose lease, spec and place these labels are."""
        return self.labels.get(labels.ACCEPTED, self.generation)

    @property
    def accepted_by(self) -> str:
        """The execution of that request."""
        return self.execution if self.is_accepted else self.labels.get(labels.ACCEPTED_BY, "")

    @property
    def accepted_action(self) -> str:
        """The action of that request."""
        return self.action if self.is_accepted else self.labels.get(labels.ACCEPTED_ACTION, "")

    @property
    def has_lost_labels(self) -> bool:
        """Whether the label of the environment is gone, and other labels of Fleetgate's are there."""
        ours = self.labels.keys() - labels.not_ours(self.labels).keys()
        return not self.is_labelled and ours != first_labels(self.description).keys()

    @property
    def is_being_removed(self) -> bool:
        """Whether its environment is being removed."""
        return self.action == TEARDOWN

    @property
    def goes_on_being_removed(self) -> bool:
        """Whether a deploy has taken it over from a teardown, which goes on unless the deploy is accepted."""
        return not self.is_accepted and self.accepted_action == TEARDOWN

    @property
    def is_tombstone(self) -> bool:
        """Whether nothing is left of the environment."""
        return self.action == TOMBSTONE

    @property
    def is_retired(self) -> bool:
        """Whether the anchor itself is being removed."""
        return self.action == RELEASE

    @property
    def stands(self) -> bool:
        """Whether it is an anchor, and something of its environment may be there."""
        return self.is_ours and not self.is_tombstone and not self.is_retired

    @property
    def is_claimed(self) -> bool:
        """Whether a claim of its environment is complete: it has labels, and its fleet was found free."""
        return self.stands and self.is_labelled and self.action != CLAIM

    @property
    def needs_its_execution(self) -> bool:
        """Whether nothing is to stay of it if its execution has ended: it is being removed, or not claimed yet."""
        return self.stands and (self.is_being_removed or self.goes_on_being_removed or not self.is_claimed)

    @property
    def ended(self) -> int:
        """When the environment of a tombstone ended, unix seconds; 0 if the label is no moment."""
        return labels.number(self.labels.get(labels.ENDED, "")) or 0

    @property
    def depends_on_its_execution(self) -> bool:
        """Whether a sweep must know if its execution has ended: a deploy that is being checked may move the lease."""
        return self.needs_its_execution or (self.stands and not self.is_accepted)

    @property
    def expires(self) -> int | None:
        """When the lease ends, unix seconds; None also for a label that is no moment."""
        return labels.number(self.labels.get(labels.EXPIRES, ""))

    @property
    def serving(self) -> Serving | None:
        """What the last proof found; None if nothing was proven yet."""
        state, _, moment = self.labels.get(labels.SERVING, "").partition("-")
        found = labels.number(moment)
        return Serving(state, found) if state in (VERIFIED, BROKEN) and found is not None else None

    @property
    def is_ours(self) -> bool:
        """Whether it is an anchor, not a foreign address of the same name."""
        return labels.is_owned(self.labels, self.name)

    def is_held_by(self, generation: str, execution: str) -> bool:
        """Whether this claim holds it. Nobody holds an anchor without labels, or one that stands for nothing."""
        return self.bears(generation, execution) and self.action not in HELD_BY_NOBODY

    def bears(self, generation: str, execution: str) -> bool:
        """Whether its labels name this claim, be it that its environment has ended since."""
        return self.is_labelled and (self.generation, self.execution) == (generation, execution)

    @property
    def first_execution(self) -> str:
        """The execution before which nothing of the environment was there; "" if the anchor does not say."""
        return self.labels.get(labels.BEGAN) or first_labels(self.description).get(labels.EXECUTION, "")

    def began_with(self, generation: str, execution: str) -> bool:
        """Whether nothing was there before this claim: it created the anchor, or took over a tombstone."""
        if labels.BEGAN in self.labels:
            return self.labels[labels.BEGAN] == execution
        first = first_labels(self.description)
        return (first.get(labels.GENERATION), first.get(labels.EXECUTION)) == (generation, execution)


def creation_note(values: Mapping[str, str]) -> str:
    """The description of an anchor that a claim creates to give it these labels.

    It cannot change, so it still names the creator when another claim holds the anchor. It names the project of a
    deploy: another deploy into that fleet must see it before the anchor has labels.
    """
    note = (
        f"Fleetgate environment {values[labels.OWNER]}, first claimed by"
        f" {values[labels.GENERATION]}/{values[labels.EXECUTION]}"
    )
    return f"{note} for project {values[labels.PROJECT]}" if labels.PROJECT in values else note


def first_labels(description: str) -> dict[str, str]:
    """The labels that follow from an anchor's description; {} if it is not an anchor's."""
    found = _NOTE.fullmatch(description)
    return {f"fleetgate-{key}": value for key, value in found.groupdict().items() if value} if found else {}


def read(session: Session, name: str) -> Anchor | None:
    """The anchor of environment `name`, or None. An invalid name has none, and costs no call."""
    if not _NAME.fullmatch(name):
        return None
    settings = session.settings
    found = compute.address(session, settings.project, settings.region, PREFIX + name)
    return _anchor(found) if found else None


def read_all(session: Session) -> list[Anchor]:
    """Every address that has an anchor's name."""
    settings = session.settings
    found = compute.addresses(session, settings.project, settings.region)
    return [_anchor(each) for each in found if each["name"].startswith(PREFIX)]


def path_of(session: Session, name: str) -> str:
    """The full name of an environment's anchor."""
    settings = session.settings
    return f"projects/{settings.project}/regions/{settings.region}/addresses/{PREFIX}{name}"


def create(session: Session, name: str, note: str) -> wire.Operation:
    """Begin to create the anchor, with `note` as its description; the operation. It has no labels yet.

    Raises:
        AlreadyExists: the name is taken.
    """
    settings = session.settings
    body: wire.Address = {
        "name": PREFIX + name,
        "addressType": "INTERNAL",
        "purpose": "GCE_ENDPOINT",
        "subnetwork": settings.anchor_subnetwork,
        "description": note,
    }
    return compute.insert_address(session, settings.project, settings.region, body)


def relabel(session: Session, anchor: Anchor, values: Mapping[str, str]) -> wire.Operation:
    """Begin to replace the labels of an anchor, if nobody has changed them since it was read; the operation.

    Raises:
        Conflict: somebody has.
        Pending: the anchor is being reserved, or another write of its labels still runs.
    """
    try:
        return compute.set_address_labels(session, anchor.path, dict(values), anchor.fingerprint)
    except Busy as error:
        raise Pending(str(error)) from error


def wait(session: Session, operation: str) -> None:
    """Wait until a write of an anchor is done, which takes a second. One that Google has forgotten is done.

    Raises:
        Pending: Google answered twice before it was.
        ApiError: what it failed with.
    """
    settings = session.settings
    for _ in range(WAITS):
        try:
            told = compute.waited_for(session, settings.project, settings.region, operation)
        except NotFound:
            return
        if told.get("status") == "DONE":
            return
    raise Pending(f"{operation} still runs")


def release(session: Session, anchor: Anchor) -> None:
    """Begin to delete the anchor, which must be retired.

    A delete has no compare-and-swap. But Google ignores a request id that it has seen before [documented, addresses
    delete], and every deletion of one anchor sends the same id. So a late request never deletes a newer anchor of the
    same name. An id whose deletion failed is used up; the next id follows from that operation's name.

    Raises:
        NotFound: it is gone.
        ApiError: it cannot be deleted.
    """
    key = f"{anchor.path}/{anchor.id}"
    for _ in range(DELETIONS):
        operation = compute.delete_address(session, anchor.path, str(uuid5(NAMESPACE_URL, key)))
        if compute.failure_of(operation) is None:
            return
        key = operation["name"]
    compute.checked(operation)


def _anchor(address: wire.Address) -> Anchor:
    written, description = address.get("labels", {}), address.get("description", "")
    is_labelled = labels.OWNER in written
    return Anchor(
        name=address["name"].removeprefix(PREFIX),
        path=compute.path_of(address["selfLink"]),
        labels=written if is_labelled else {**first_labels(description), **written},
        fingerprint=address.get("labelFingerprint", ""),
        status=address.get("status", ""),
        created=address.get("creationTimestamp", ""),
        description=description,
        id=str(address.get("id", "")),
        is_labelled=is_labelled,
    )

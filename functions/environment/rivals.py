"""Who may have a fleet: one environment, and the one that was there first.

Every claim of a fleet goes the same way: it shows on its anchor which fleet it wants, looks whether another anchor
shows the same, and only then is complete. Of two that come at the same time at least one sees the other, and yields. An
environment whose claim is complete never yields to one whose claim is not.

An anchor that a deploy creates shows the fleet in its description, from its creation on, which the server dates: the
older one stays. An anchor that a deploy takes over (a tombstone, or that of a teardown which found none) shows it by
labels, with the action `claim`, and nothing tells since when: then both yield.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from functions.environment.last_accepted import last_accepted
from functions.environment.observed_request import ObservedRequest
from shared import labels
from shared.anchor import CLAIM, Anchor, first_labels
from shared.google import compute

if TYPE_CHECKING:
    from shared.spec import Environment


def rival(observed: ObservedRequest, wanted: Environment) -> Anchor | None:
    """Another environment that the fleet is left to; the oldest if there are several."""
    mine, project = observed.anchor, labels.pack(wanted.project)
    others = [each for each in observed.environments if each.name != wanted.name and _shows(each, project)]
    return min((each for each in others if _comes_before(each, mine, project)), key=_age, default=None)


def first_shown(observed: ObservedRequest, wanted: Environment) -> dict[str, str] | None:
    """The labels that show which fleet this claim wants; None if the anchor shows it, or will when it is created."""
    anchor, project = observed.anchor, labels.pack(wanted.project)
    if anchor is None or anchor.is_retired or _shows(anchor, project):
        return None
    if anchor.is_claimed and not anchor.is_being_removed:
        return None
    return labels.not_ours(anchor.labels) | {
        labels.OWNER: wanted.name,
        labels.GENERATION: observed.generation,
        labels.EXECUTION: observed.execution,
        labels.ACTION: CLAIM,
        labels.PROJECT: project,
        **began(observed),
        **(last_accepted(anchor) if anchor.is_being_removed and observed.is_accepted_later else {}),
    }


def began(observed: ObservedRequest) -> Mapping[str, str]:
    """The label of a claim before which nothing of the environment was there, though the anchor was."""
    anchor = observed.anchor
    if anchor is None or not (
        anchor.is_tombstone or (anchor.action == CLAIM and labels.BEGAN in anchor.labels)
    ):
        return {}
    return {labels.BEGAN: observed.execution}


def _shows(each: Anchor, project: str) -> bool:
    return each.stands and each.labels.get(labels.PROJECT) == project


def _comes_before(other: Anchor, mine: Anchor | None, project: str) -> bool:
    """Whether the fleet is another's, who shows it, and not mine."""
    if mine is None or not _shows(mine, project):
        return True
    if mine.is_claimed != other.is_claimed:
        return other.is_claimed
    if mine.is_claimed:  # never two by claims of this release: the order is for what others have left
        return (not _names(other, project), _age(other)) < (not _names(mine, project), _age(mine))
    dated = _is_dated(mine, project) and _is_dated(other, project)
    return not (dated and _age(mine) < _age(other))


def _is_dated(each: Anchor, project: str) -> bool:
    """Whether it has shown the fleet since its creation, and by nothing else."""
    return not each.is_labelled and _names(each, project)


def _names(each: Anchor, project: str) -> bool:
    return first_labels(each.description).get(labels.PROJECT) == project


def _age(each: Anchor) -> tuple[float, str]:
    return compute.unix(each.created), each.name

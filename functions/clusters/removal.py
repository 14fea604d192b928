"""Removes every cluster that bears our label, side by side, and their memberships with them."""

from __future__ import annotations

from collections.abc import Sequence

from functions.clusters import detaching
from functions.clusters.attachments import Attachments, ClustersToRemove, attachments, to_remove
from shared import labels
from shared.google.container import Cluster, clusters
from shared.google.gkehub import MCS, features
from shared.step.step import Context, Step


def observe(context: Context) -> ClustersToRemove:
    """Every cluster of an environment that is torn down, and its memberships, by mark alone."""
    project = context.place.project
    every = clusters(context.session, project)
    ours = [each for each in every.within(context.places) if labels.is_owned(each.labels, context.name)]
    return to_remove(context, project, every, ours, _attachments(context, ours))


CLUSTER_REMOVAL = Step("clusters", observe, detaching.decide, frozenset({"destroy"}))


def _attachments(context: Context, ours: Sequence[Cluster]) -> dict[str, Attachments]:
    """None, unless multi-cluster Services stay because others need them.

    The steps before have seen to what is in the clusters, so nobody looks into them.
    """
    session, place = context.session, context.place
    if not any(each.serves for each in ours) or MCS not in features(session, place.project):
        return {}
    return attachments(session, place.project, place.network, ours, {})

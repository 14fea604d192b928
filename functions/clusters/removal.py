"""Removes every cluster that bears our label, side by side, and their memberships with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
    """Those that nobody would remove once the clusters are gone, while that can be told.

    The steps before have seen to what is in the clusters, so nobody looks into them. Multi-cluster Services that stay
    for others, or that somebody has disabled by force, leave the clusters' firewall rules. Only the first kind has a
    cluster leave the fleet before.
    """
    session, place = context.session, context.place
    if not any(each.serves for each in ours):
        return {}
    found = attachments(session, place.project, place.network, ours, {})
    if MCS in features(session, place.project):
        return found
    return {path: replace(each, is_in_fleet=False) for path, each in found.items()}

"""Notices what a deploy has made and is gone again: somebody has deleted it by hand while the deploy is at work.

A step is asked until it is done, and not again. Others would wait for what it made until their budgets are over.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared import errors
from shared.google.container import Cluster
from shared.google.gkehub import INGRESS, MCS, features
from shared.step.step import Context

# Seconds of a step after which every cluster has been begun, also one whose name another one had, which takes six to
# seven minutes to delete [observed]. Each joins the fleet as it is made.
BEGUN = 600.0
# Seconds of a step after which a deploy is late: then it is worth a call to see whether the features are still on.
LATE = 1200.0


def require_clusters(context: Context, there: Mapping[str, Cluster]) -> None:
    """See that every cluster of the spec is among those that are `there`, by name, once it must have been made.

    One that serves must be in the fleet, too.

    Raises:
        Gone: one is not.
    """
    if not _must_be_there(context):
        return
    names = [each.name for each in context.wanted.clusters]
    gone = [f"cluster {name}" for name in names if name not in there]
    gone += [
        f"the membership of cluster {name}" for name in names if name in there and _has_left(there[name])
    ]
    if gone:
        raise errors.Gone(", ".join(gone), context.wanted.project)


def require_config_cluster(context: Context) -> None:
    """The same for the config cluster, which is not there.

    Raises:
        Gone: it must have been made.
    """
    if _must_be_there(context):
        raise errors.Gone(f"cluster {context.wanted.config_cluster}", context.wanted.project)


def require_features(context: Context) -> None:
    """The same for both features of the fleet, looked at once a deploy is late.

    Raises:
        Gone: somebody has disabled one.
    """
    wanted, session = context.wanted, context.session
    if context.message.mode != "apply" or session.now < context.message.began + LATE:
        return
    there = features(session, wanted.project)
    if gone := [f"feature {each}" for each in (MCS, INGRESS) if each not in there]:
        raise errors.Gone(", ".join(gone), wanted.project)


def _must_be_there(context: Context) -> bool:
    return context.message.mode == "apply" and context.session.now > context.message.began + BEGUN


def _has_left(cluster: Cluster) -> bool:
    return cluster.serves and not cluster.membership

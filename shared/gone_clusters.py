"""Notices that a cluster which a deploy has made is gone again: somebody has deleted it while the deploy is at work.

The step that makes clusters is asked until they serve, and not again. Others would wait for such a cluster until their
budgets are over.
"""

from __future__ import annotations

from collections.abc import Container

from shared import errors
from shared.step.step import Context

# Seconds of a step after which every cluster has been begun, also one whose name another one had, which takes six
# minutes to delete [observed].
BEGUN = 900.0


def require(context: Context, there: Container[str]) -> None:
    """See that every cluster of the spec is among those that are `there`, by name, once it must have been made.

    Raises:
        ClusterGone: one is not.
    """
    if context.message.mode != "apply" or context.session.now < context.message.began + BEGUN:
        return
    if gone := [each.name for each in context.wanted.clusters if each.name not in there]:
        raise errors.ClusterGone(", ".join(gone), context.wanted.project)

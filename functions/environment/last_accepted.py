"""What an anchor says of the request that was last accepted, while a deploy that holds the anchor is being checked.

If that request is a teardown, the deploy has interrupted it. A deploy that is then refused gives the anchor back. If
its execution has died, the anchor still tells the sweep of the teardown. So nothing is left that is billed, and that
nobody removes.
"""

from __future__ import annotations

from shared import labels
from shared.anchor import Anchor


def last_accepted(anchor: Anchor) -> dict[str, str]:
    """The labels that name that request: its generation, its execution and its action."""
    return {
        labels.ACCEPTED: anchor.accepted,
        labels.ACCEPTED_BY: anchor.accepted_by,
        labels.ACCEPTED_ACTION: anchor.accepted_action,
    }


def without_unaccepted(anchor: Anchor) -> dict[str, str]:
    """The anchor's labels without what a deploy that was not accepted has added.

    Where the teardown knew no place, a fleet on the anchor is only the one that the deploy wanted.
    """
    over = {labels.ACCEPTED, labels.ACCEPTED_BY, labels.ACCEPTED_ACTION, labels.ASKED}
    if anchor.goes_on_being_removed and labels.NETWORK not in anchor.labels:
        over.add(labels.PROJECT)
    return {key: value for key, value in anchor.labels.items() if key not in over}

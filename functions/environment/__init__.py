"""Decides which request an environment follows, and publishes how each request ended. The newest request wins.

A claim writes the request's generation to the environment's anchor. Extend and sweep are finished with their claim.
At the end of the workflow the same function publishes the ending. Once nothing is left it makes the anchor a tombstone.

Read `claim.py` first (what each request does), then `observed_request.py` (what a claim looks at),
`claim_to_deploy.py`, `rivals.py` (who may have a fleet) and `claim_by_name.py`, `accepted_labels.py`, `accept.py` and
`last_accepted.py` (when a deploy takes effect, and what holds until then), `acquire.py` (how the anchor is acquired),
`takeover.py` (from whom), `lease.py`, `sweep.py`, `monitor.py` and `scheduled.py` (both without an execution),
`finish.py` (endings), `nothing_before.py` (when nothing stays), `serving.py` (what is proven), `tombstones.py` (what
stays of an anchor then), `lateness.py` (who comes too late), and `refusals.py`, `events.py`, `changes.py`.
"""

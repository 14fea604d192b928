"""Decides which request an environment obeys, and tells how each request ended. The newest request wins.

A claim writes the request's generation on the environment's anchor; extensions and sweeps are done with the claim.
When the workflow is through, the same function publishes the ending, and gives the anchor back once nothing is left.

Read `claim.py` first (which request does what), then `claim_to_deploy.py` and `claim_by_name.py`, `acquire.py` (how
the anchor is acquired), `lease.py` and `sweep.py`, `finish.py` (endings), and `refusals.py`, `events.py`, `changes.py`.
"""

"""Chaos: storms that a seed draws, each of requests that overlap and of whatever may go wrong meanwhile.

However it went, in the end the newest request's state holds, nothing of other people's has changed, nothing is left of
what was torn down, and whatever was told to be verified had every object of its spec. All of that is looked for in the
local cloud's own state, not in what Fleetgate says of it.

Read `seeds.py` first (a storm, as a seed draws it), then `requests.py` and `troubles.py` (what it is made of: a class
for each kind), `storm.py` (a cloud that a storm passes over), `witness.py` and `dumps.py` (what must hold), `run.py`
(a storm from its first request to its verdict). `python -m tests.acceptance.chaos SEED` plays one again.
"""

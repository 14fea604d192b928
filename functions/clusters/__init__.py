"""Brings about the environment's GKE clusters, side by side, each with all that a multi-cluster Gateway needs.

What is ours is brought up to the spec, one operation at a time; a cluster that existed before is checked and never
changed. A cluster of ours that the spec no longer names, and at a teardown every one, is detached from what lies
outside it, and then deleted.

Read `step.py` first (what is created and updated, and what is waited for), then `fitness.py` (what a cluster must
be), `blockers.py` (what only a person can mend), `reckoning.py` (whether new ranges fit) and `observed.py`. For
clusters that go: `attachments.py` (what is observed of them), `detaching.py` (what has to go before one can),
`deletion.py` and `removal.py` (teardown). What is changed is in `changes.py`.
"""

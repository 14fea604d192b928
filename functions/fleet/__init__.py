"""Brings about the fleet's part: multi-cluster Services, the importer's grant, and multi-cluster ingress, in order.

Done is when every membership of the environment has the state OK in both features; memberships come with the
clusters, and are read from them. A teardown disables what is ours and nobody else uses, and then, if it is asked to,
the APIs.

Read `step.py` first (what is enabled, and when), then `observed.py`, `waits.py` (what is waited for, and how long) and
`blockers.py` (what only a person can mend). For a teardown: `removal.py` (in which order), `remaining.py` (what is
left) and `users.py` (who else uses a feature). What is changed is in `changes.py`.
"""

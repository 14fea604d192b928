"""Proves traffic: it sends requests from inside the VPC, and checks that the right cluster answered each.

After a teardown it audits what is left of the environment. When a request gives up, it diagnoses why.

Read `step.py` first, with `subject.py` (the Gateway), `proof.py` (what a row says), `expectation.py` and `routing.py`
(the requests and their expected answers). `proving.py` says how many requests that takes, with `tally.py` and
`confidence.py`; `sending.py` sends all of it, again where that is worth it. `probe.py` sends one request, over
`timed_http.py`, side by side in `lanes.py`. `filters.py` is about filters, `endpoint_states.py` about backends that do
not answer. Then `audit.py`, with `inventory.py`, `leaks.py` and the rules in `load_balancer_leaks.py` and
`cluster_leaks.py`. The rules answer in the terms of `attribution.py`, and read labels and descriptions with
`descriptions.py`. `diagnosis.py` applies the rules of `shared/diagnosis`.

A request by name has no spec. `deployed.py` finds the one last deployed, `standing.py` looks at all that it asks for,
and `drift.py` says what is not as it was left. `live_environment.py` reconstructs a spec where none was kept.
"""

"""Proves traffic: it sends requests from inside the VPC, and looks whether the right cluster answered each.

After a teardown it audits what is left of the environment. When a request gives up, it diagnoses why.

Read `step.py` first, with `expectation.py` and `routing.py` (which requests, and who should answer) and `probe.py`
(sending them). Then `audit.py`, with `inventory.py` and `leaks.py`. `diagnosis.py` asks the rules of
`shared/diagnosis`, with a spec that `live_environment.py` reconstructs where the request brought none.
"""

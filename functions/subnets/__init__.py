"""Brings about one proxy-only subnet in each region that needs one, in a range that overlaps nothing.

One that is there already is used, whoever made it; only what bears our mark is ever removed. A teardown also
releases the environment's static addresses.

Read `step.py` first (what is made, and what is waited for), then `blockers.py` (what only a person can mend),
`taken.py` (which ranges are not free), `removal.py` (teardown) and `changes.py`.
"""

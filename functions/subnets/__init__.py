"""Creates one proxy-only subnet in each region that needs one, in a range that overlaps nothing.

An existing one is used, whoever created it; only subnets with our mark are ever removed. A teardown also deletes the
environment's static addresses.

Read `step.py` first (what is created, and what is waited for), then `observed.py` (what is in the network),
`blockers.py` (what a person must fix), `taken.py` (which ranges are not free), `removal.py` (teardown) and
`changes.py`.
"""

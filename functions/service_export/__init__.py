"""Brings about what each cluster needs to serve and export the environment's services, as soon as it serves.

That is namespaces, the sample app, Services and ServiceExports; done is when the config cluster's imports list
exactly the clusters that export. What a changed spec leaves out is pruned, as a teardown removes everything: stage
after stage, so that nothing goes while something outside the cluster still uses it.

Read `step.py` first (what is applied, and what is waited for), then `shared/exports.py` (what each cluster should
have), `wanted.py`, `contents.py` (what it has), `differences.py` (what it lacks), `observed.py`, `blockers.py` (what
only a person can mend), `awaited.py` (Services that others make) and `waits.py`. For what goes: `stages.py` (in which
order), `survey.py` (what each stage reads), `namespaces.py` (which namespaces may go), then `removal.py` (teardown) and
`pruning.py` (a changed spec).
"""

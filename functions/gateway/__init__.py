"""Brings about the Gateway, its HTTPRoutes, grants and health check policies, in the config cluster alone.

Done is when the load balancer is as these objects say; static addresses are reserved before the Gateway names them.
A teardown waits until the controller has removed the load balancer, because nobody else can.

Read `step.py` first (what is applied, and what is waited for), then `shared/gateway/wanted.py` (what the config
cluster should have), `observed.py`, `differences.py` (what it lacks), `addresses.py`, `blockers.py` (what only a
person can mend), `shared/other_routes.py` (what others' routes take), `waits.py` and `changes.py`. For a teardown:
`removal.py`, `stages.py` (what goes when), `survey.py` (what each stage reads), `controller.py` (who takes a Gateway
down) and `load_balancer_parts.py`.
"""

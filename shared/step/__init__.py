"""The step protocol: how a function is called, observes, begins the changes that can begin now, and answers.

A step is two functions and a value that names them:

    def observe(context: Context) -> ObservedNetwork: ...   # only reads, through `shared.google`
    def decide(wanted: Environment, observed: ObservedNetwork, now: float) -> Decision: ...   # pure

    SUBNETS = SpecStep("subnets", observe, decide)

`SpecStep` serves the modes check and apply: its `decide` gets the environment's spec. The `decide` of a `Step` gets
only what was observed, and the time. A `Step` serves every other mode: a removal, for one, knows no spec. It also
serves check and apply if it reads from the world all that it needs, with or without a spec, as verification does.
`functions/<name>/main.py` hands the event to the runner: `run(event.data, SUBNETS, SUBNET_REMOVAL)`.
Copy `functions/subnets/`.

`decide` returns a `Decision`: changes that can begin now, and the outcome to answer. A change is a frozen value
that describes itself and performs itself (`shared.step.change`). Changes that several functions make are in
`shared.changes`.

The runner does the rest, so that no step has to:

- It reads the anchor between observe and decide. If another claim holds it, the answer is `superseded`.
- In mode check it stops after decide. The answer shows `changes` and `later`, or says why it is blocked.
- It performs `changes` in order, never after the message's deadline. After a 404, 409 or 412 it observes again.
- With `Decision(None, changes)` it observes again at once, up to three rounds a call.
- It turns every error of `shared.errors` into an outcome, so `observe` and `perform` do not catch them.
- It counts the calls, trims the answer, sends it to the checked callback, and writes the log line.

A removal in stages lists them as data (`shared.step.stages`).

A wait is an estimate: `retry_after=remaining(now, since, typical)` from `shared.step.estimate`.
"""

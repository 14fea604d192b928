"""The step protocol: how a function is called, looks, does what can be done now, and answers.

A step is three functions and a `Step` that names them, in `shared/steps/<name>.py`:

    def observe(context: Context) -> Seen: ...          only reads; context.session has get, post, patch,
    delete, pages def decide(wanted, seen, now) -> Decision: ...      pure: no call, no clock; wanted is an
    Environment, or None def act(context: Context, change: Change) -> None:  begins one change, does not wait
    for it

    SUBNETS = Step("subnets", observe, decide, act)

and a function in `functions/<name>/main.py` that hands it the event: `run(event.data, SUBNETS)`.
`functions/subnets/step.py` is the one to copy. What the runner does, so that no step has to:

- reads the anchor between observe and decide (the fence), and answers `superseded` if another claim holds it;
- in mode `check` stops after decide and answers `done` with `changes` and `later` (or `blocked`, `failed`);
- begins `changes` in order, never after the message's deadline; a 404, 409 or 412 on one means: look again;
- with `Decision(None, changes)` looks again at once, for what takes effect at once: up to three rounds a
  call;
- turns every `shared.errors` into an outcome: `observe` and `act` let them pass (`shared/step/troubles.py`);
- counts the calls, trims the answer, sends it to the checked callback, and writes the log line.

A wait is an estimate: `retry_after=remaining(now, since, typical)` from `shared.step.estimate`.
"""

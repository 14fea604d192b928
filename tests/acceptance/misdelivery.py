"""What goes astray around a deploy: requests, answers, executions, and operations of the platform.

The request comes once more, up to a day late. Each step's answer is lost, comes late, or comes twice; the execution is
cancelled when a step has answered, and the request is published again; an operation of the platform fails once, and
what it left is cleared away if that takes a person. In the end the environment stands as if nothing had been.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from fleetgate.local.run import LocalRun, NeverEnded
from localcloud.cloud import LocalCloud
from localcloud.faults import operation_faults
from localcloud.faults.call_faults import (
    Answer,
    CallDescription,
    Effect,
    Fault,
    Late,
    Lost,
    Matcher,
    Means,
    Twice,
)
from localcloud.time.jump_schedule import Stalled
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json, Response
from tests.acceptance.chaos.dumps import comparable, unlike
from tests.acceptance.crashes import CALLBACK, DEPLOY, Lived
from tests.acceptance.runs import settle
from tests.support.local_cloud import call, let_pass

LATE = 95.0  # seconds: the workflow has given the answer up
SOON = 5.0
HOUR = 3600
PARENT = "projects/fleetgate-demo"
REQUESTS = f"{PARENT}/topics/fleetgate-requests"
CLUSTER = f"{PARENT}/locations/us-west1-a/clusters/gke-west-1"
OPERATIONS = {
    "compute.addresses.insert": f"{PARENT}/regions/us-central1/addresses/fleetgate-store",
    "compute.addresses.setLabels": f"{PARENT}/regions/us-central1/addresses/fleetgate-store",
    "compute.subnetworks.insert": f"{PARENT}/regions/us-west1/subnetworks/fleetgate-store-proxy",
    "container.clusters.create": CLUSTER,
    "gkehub.features.mcs.create": f"{PARENT}/locations/global/features/multiclusterservicediscovery",
    "gkehub.features.mci.create": f"{PARENT}/locations/global/features/multiclusteringress",
}


@dataclass(frozen=True)
class Cancel:
    """The execution whose callback is called is cancelled, just after it was."""

    cloud: LocalCloud

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """The answer that the caller would have had."""
        response = answer()
        with contextlib.suppress(Refused):
            self.cloud.executions.cancel(call.resource.removeprefix("v1/").partition("/callbacks/")[0])
        return response


@dataclass(frozen=True)
class Misdelivery:
    """One thing that goes astray: `what` (lost, late, twice, cancelled) with a function's nth answer, or `fails`.

    Or the request comes `again`, `nth` seconds later.
    """

    what: str
    of: str
    nth: int = 1

    def plan(self, cloud: LocalCloud) -> None:
        """Let it happen."""
        if self.what == "fails":
            operation_faults.plan(cloud.world, self.of, OPERATIONS[self.of], "INTERNAL", "Internal error.")
            return
        if self.what == "again":
            self._repeat(cloud)
            return
        effects: dict[str, Effect] = {
            "lost": Lost(),
            "late": Late(LATE),
            "twice": Twice(SOON),
            "cancelled": Cancel(cloud),
        }
        cloud.faults.plan(Fault(Matcher(method=CALLBACK, function=self.of), effects[self.what], self.nth))

    def _repeat(self, cloud: LocalCloud) -> None:
        def heard(message: Json) -> None:
            cloud.world.clock.after(self.nth, lambda: cloud.broker.deliver_again(self.of, message))

        cloud.broker.listen(self.of, heard)

    def __str__(self) -> str:
        if self.what == "again":
            return f"the request comes again after {self.nth} s"
        return f"{self.of} {self.what}" + (f" (answer {self.nth})" if self.what != "fails" else "")


def misdeliveries(undisturbed: Lived) -> Iterator[Misdelivery]:
    """The first and the last answer of every function, in every way; and every operation."""
    answers = Counter(
        (call.caller.instance or "").rpartition("-")[0]
        for call in undisturbed.calls
        if call.method == CALLBACK
    )
    for function, last in sorted(answers.items()):
        for what in ("lost", "late", "twice", "cancelled"):
            yield from (Misdelivery(what, function, nth) for nth in sorted({1, last}))
    yield from (Misdelivery("fails", kind) for kind in OPERATIONS)
    chance = random.Random(f"misdelivery/{DEPLOY.seed}")  # not for secrets
    for least, most in ((1, 900), (900, HOUR), (HOUR, 24 * HOUR)):
        yield Misdelivery("again", REQUESTS, chance.randint(least, most))


def violation(misdelivery: Misdelivery, undisturbed: Lived) -> str:
    """What it does that it should not, or ""."""
    try:
        found = asyncio.run(_found(misdelivery, undisturbed))
    except (Stalled, NeverEnded) as error:
        found = str(error)
    return f"{misdelivery}: {found}" if found else ""


async def _found(misdelivery: Misdelivery, undisturbed: Lived) -> str:
    async with LocalRun(seed=DEPLOY.seed) as local:
        misdelivery.plan(local.cloud)
        report = await local.act(DEPLOY.requests[-1])
        again = report.outcome != "done"
        if again:
            if misdelivery.what not in ("cancelled", "fails"):
                return f"ends {report.outcome}"
            await settle(local, [])
            _clear(local)
            report = await local.act(DEPLOY.requests[-1])
        await let_pass(local.cloud, misdelivery.nth if misdelivery.what == "again" else 0.0)
        await settle(local, [])
        if report.outcome != "done":
            return f"ends {report.outcome}, published again"
        if report.incomplete:
            return f"the log has {report.incomplete.have} of {report.incomplete.of} answers"
        return unlike(comparable(undisturbed.dump), comparable(local.cloud.dump()), taken_over=again)


def _clear(local: LocalRun) -> None:
    """Delete a cluster in ERROR, as the fix says."""
    cluster = local.cloud.world.store["container.clusters"].get(CLUSTER)
    if cluster and cluster["status"] == "ERROR":
        call(local.cloud, "DELETE", f"container/v1/{CLUSTER}")

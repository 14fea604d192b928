"""Invoking a service: whoever calls it must hold `run.routes.invoke` on it [documented: run/docs/reference/iam].

A call without is answered 403 before it reaches an instance, and the service's log says so [observed:
hashicorp/terraform-provider-google#13611, a function whose trigger had no invoker].
"""

from __future__ import annotations

from localcloud.functions.logs import LogEntry
from localcloud.functions.runtime import RUNTIME, Event
from localcloud.iam.access import ACCESS
from localcloud.logging.entries import ENTRIES
from localcloud.logging.lines import revision_resource
from localcloud.run.service import SERVICES
from localcloud.service import Need
from localcloud.world import World

INVOKE = "run.routes.invoke"
REFUSAL = (
    "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization "
    "header. Read more at https://cloud.google.com/run/docs/securing/authenticating Additional troubleshooting "
    "documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#unauthorized-client"
)


def invoke(world: World, service: str, event: Event, account: str) -> bool:
    """Hand `event` to a service (by full name) as `account`; whether the service has taken it."""
    found, name = world.store[SERVICES].get(service), service.rpartition("/")[2]
    if found is None:
        return False
    if world[ACCESS].lacking(world, account, [Need(INVOKE, service, service)]):
        request = {"requestMethod": "POST", "requestUrl": found["uri"], "status": 403}
        payload = {"severity": "WARNING", "message": REFUSAL, "httpRequest": request}
        world[RUNTIME].logs.add(LogEntry(world.clock.now, name, "", payload))
        entry = {"severity": "WARNING", "textPayload": REFUSAL, "httpRequest": request}
        resource = revision_resource(service, found["template"]["revision"])
        world[ENTRIES].write(
            service.split("/")[1], "run.googleapis.com/requests", {**entry, "resource": resource}
        )
        return False
    world[RUNTIME].invoke(name, event)
    return True

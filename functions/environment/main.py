"""The function behind topic fleetgate-environment: claims, and endings."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.environment.accept import ACCEPT
from functions.environment.claim import CLAIM
from functions.environment.finish import FINISH
from functions.environment.scheduled import serve
from shared.step.message import scheduled_request
from shared.step.run import run


@functions_framework.cloud_event
def environment(event: CloudEvent) -> None:
    """Claim an environment for a request, accept the request, or finish it: release its anchor, publish its ending.

    Or do what the scheduler asks for.
    """
    if request := scheduled_request(event.data):
        serve(request)
    else:
        run(event.data, CLAIM, ACCEPT, FINISH)

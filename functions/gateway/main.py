"""The function behind topic fleetgate-gateway: Gateway, routes and health check policies in the config cluster."""

import functions_framework
from cloudevents.http import CloudEvent

from shared.step.run import run
from shared.steps.gateway import GATEWAY
from shared.steps.gateway_removal import GATEWAY_REMOVAL


@functions_framework.cloud_event
def gateway(event: CloudEvent) -> None:
    """Look, begin what can begin, answer."""
    run(event.data, GATEWAY, GATEWAY_REMOVAL)

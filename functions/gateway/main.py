"""The function behind topic fleetgate-gateway: Gateway, routes and health check policies in the config cluster."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.gateway.removal import GATEWAY_REMOVAL
from functions.gateway.step import GATEWAY
from shared.step.run import run


@functions_framework.cloud_event
def gateway(event: CloudEvent) -> None:
    """Look, begin what can begin, answer."""
    run(event.data, GATEWAY, GATEWAY_REMOVAL)

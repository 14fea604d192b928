"""The function behind topic fleetgate-subnets: proxy-only subnets, and at a teardown static addresses too."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.subnets.removal import SUBNET_REMOVAL
from functions.subnets.step import SUBNETS
from shared.step.run import run


@functions_framework.cloud_event
def subnets(event: CloudEvent) -> None:
    """Create or remove proxy-only subnets for one message, and answer it."""
    run(event.data, SUBNETS, SUBNET_REMOVAL)

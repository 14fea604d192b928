"""The function behind topic fleetgate-fleet: memberships, features, the importer's grant."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.fleet.removal import FLEET_REMOVAL
from functions.fleet.step import FLEET
from shared.step.run import run


@functions_framework.cloud_event
def fleet(event: CloudEvent) -> None:
    """Look, begin what can begin, answer."""
    run(event.data, FLEET, FLEET_REMOVAL)

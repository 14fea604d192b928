"""The function behind topic fleetgate-service-export: Services, exports and the sample app in every cluster."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.service_export.removal import SERVICE_EXPORT_REMOVAL
from functions.service_export.step import SERVICE_EXPORT
from shared.step.run import run


@functions_framework.cloud_event
def service_export(event: CloudEvent) -> None:
    """Look, begin what can begin, answer."""
    run(event.data, SERVICE_EXPORT, SERVICE_EXPORT_REMOVAL)

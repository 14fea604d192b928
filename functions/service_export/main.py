"""The function behind topic fleetgate-service-export: Services, exports and the sample app in every cluster."""

import functions_framework
from cloudevents.http import CloudEvent

from shared.step.run import run
from shared.steps.export_removal import SERVICE_EXPORT_REMOVAL
from shared.steps.service_export import SERVICE_EXPORT


@functions_framework.cloud_event
def service_export(event: CloudEvent) -> None:
    """Look, begin what can begin, answer."""
    run(event.data, SERVICE_EXPORT, SERVICE_EXPORT_REMOVAL)

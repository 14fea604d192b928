"""The function behind a network's verification topic: requests from inside the VPC, and who answered them."""

import functions_framework
from cloudevents.http import CloudEvent

from shared.step.run import run
from shared.steps.audit import AUDIT
from shared.steps.diagnosis import DIAGNOSIS
from shared.steps.verification import VERIFICATION


@functions_framework.cloud_event
def verification(event: CloudEvent) -> None:
    """Look, send requests, answer."""
    run(event.data, VERIFICATION, AUDIT, DIAGNOSIS)

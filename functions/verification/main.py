"""The function behind a network's verification topic: requests from inside the VPC, and who answered them."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.verification.audit import AUDIT
from functions.verification.diagnosis import DIAGNOSIS
from functions.verification.step import VERIFICATION
from shared.step.run import run


@functions_framework.cloud_event
def verification(event: CloudEvent) -> None:
    """Look, send requests, answer."""
    run(event.data, VERIFICATION, AUDIT, DIAGNOSIS)

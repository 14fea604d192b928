"""The function behind a network's verification topic: requests from inside the VPC, audits and diagnoses."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.verification.audit import AUDIT
from functions.verification.diagnosis import DIAGNOSIS, LOOK
from functions.verification.step import VERIFICATION
from shared.step.run import run


@functions_framework.cloud_event
def verification(event: CloudEvent) -> None:
    """Verify, audit or diagnose for one message, and answer it."""
    run(event.data, VERIFICATION, AUDIT, LOOK, DIAGNOSIS)

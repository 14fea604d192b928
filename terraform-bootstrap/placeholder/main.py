"""What a function runs until cloudbuild.yaml has deployed its code: it takes the message, says so, and answers nobody.

All functions begin with this one archive, so it has all their entry points.
"""

import json
import sys

import functions_framework
from cloudevents.http import CloudEvent


def _say(step: str) -> None:
    fault = f"The code of {step} is not deployed yet: run the Cloud Build trigger."
    sys.stdout.write(json.dumps({"severity": "WARNING", "message": fault}) + "\n")
    sys.stdout.flush()


@functions_framework.cloud_event
def environment(event: CloudEvent) -> None:
    """Stand in for the function behind fleetgate-environment."""
    _say("environment")


@functions_framework.cloud_event
def clusters(event: CloudEvent) -> None:
    """Stand in for the function behind fleetgate-clusters."""
    _say("clusters")


@functions_framework.cloud_event
def fleet(event: CloudEvent) -> None:
    """Stand in for the function behind fleetgate-fleet."""
    _say("fleet")


@functions_framework.cloud_event
def subnets(event: CloudEvent) -> None:
    """Stand in for the function behind fleetgate-subnets."""
    _say("subnets")


@functions_framework.cloud_event
def service_export(event: CloudEvent) -> None:
    """Stand in for the function behind fleetgate-service-export."""
    _say("service_export")


@functions_framework.cloud_event
def gateway(event: CloudEvent) -> None:
    """Stand in for the function behind fleetgate-gateway."""
    _say("gateway")


@functions_framework.cloud_event
def verification(event: CloudEvent) -> None:
    """Stand in for the functions behind fleetgate-verification."""
    _say("verification")

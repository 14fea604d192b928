"""The spec of an environment, checked completely before anything is changed."""

from shared.spec.faults import Fault, Invalid, InvalidEnvironment, InvalidRequest
from shared.spec.locations import region_of
from shared.spec.model import (
    Cluster,
    Environment,
    Gateway,
    HealthCheck,
    Identity,
    Listener,
    Probe,
    Service,
)
from shared.spec.reading import parse_environment
from shared.spec.request import (
    Deploy,
    Drill,
    Extend,
    Monitor,
    Plan,
    Request,
    Sweep,
    Teardown,
    Verify,
    parse_request,
)
from shared.spec.routes import BackendRef, Route, Rule

__all__ = [
    "BackendRef",
    "Cluster",
    "Deploy",
    "Drill",
    "Environment",
    "Extend",
    "Fault",
    "Gateway",
    "HealthCheck",
    "Identity",
    "Invalid",
    "InvalidEnvironment",
    "InvalidRequest",
    "Listener",
    "Monitor",
    "Plan",
    "Probe",
    "Request",
    "Route",
    "Rule",
    "Service",
    "Sweep",
    "Teardown",
    "Verify",
    "parse_environment",
    "parse_request",
    "region_of",
]

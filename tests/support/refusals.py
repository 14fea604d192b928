"""Refusals in the envelopes of Google's APIs and of Kubernetes."""

from __future__ import annotations

from typing import Any

TERMINATING = (
    'gateways "g" is forbidden: unable to create new content in namespace s because it is being terminated'
)
BUSY = "Cluster is running incompatible operation operation-1"
OFF = "Access Not Configured. Compute Engine API has not been used in project 1 before or it is disabled."


def compute(reason: str, message: str = "") -> Any:
    """As Compute Engine refuses."""
    return {"error": {"code": 400, "message": message, "errors": [{"reason": reason}]}}


def newer(status: str, message: str = "", **metadata: str) -> Any:
    """As the newer APIs refuse, with the details of an ErrorInfo if there is `metadata`."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": metadata.pop("reason", "")}
    details = [info | {"metadata": metadata}] if metadata else []
    return {"error": {"code": 0, "message": message, "status": status, "details": details}}


def kubernetes(reason: str, message: str = "m") -> Any:
    """As Kubernetes refuses."""
    return {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": 0}


QUOTA = (  # google/caliban#66
    "Insufficient regional quota to satisfy request: resource \"IN_USE_ADDRESSES\": request requires '12.0' and is"
    " short '4.0'. project has a quota of '8.0' with '8.0' available."
)
POLICY = "Constraint constraints/compute.vmExternalIpAccess violated for project 291560455175."
AGENT = "Kubernetes Engine Service Agent is missing required permissions on this project."
NO_SPACE = (  # cilium/cilium#20338
    'The network "default" does not have available private IP space in 10.0.0.0/9 to reserve a /14 block for pods for'
    " cluster {Zone=us-west2-a, ProjectNum=1, ProjectName=p, ClusterName=c, ClusterHash=49b8}."
)

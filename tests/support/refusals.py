"""Refusals in the envelopes of Google's APIs and of Kubernetes."""

from __future__ import annotations

from typing import Any

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


def kubernetes(reason: str) -> Any:
    """As Kubernetes refuses."""
    return {"kind": "Status", "status": "Failure", "reason": reason, "message": "m", "code": 0}

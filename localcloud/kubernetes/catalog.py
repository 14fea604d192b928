"""The CustomResourceDefinitions that ship with the local cloud, in `crds/`; each file names its source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

from localcloud.kubernetes.times import rfc3339
from localcloud.own_files import own
from localcloud.wire.messages import Json

_FOLDER = Path(__file__).with_name("crds")

GATEWAY_API = (
    "gateway.networking.k8s.io_gatewayclasses",
    "gateway.networking.k8s.io_gateways",
    "gateway.networking.k8s.io_httproutes",
    "gateway.networking.k8s.io_referencegrants",
    "networking.gke.io_healthcheckpolicies",
    "networking.gke.io_gcpbackendpolicies",
)
"""What a cluster has with the Gateway API on its standard channel."""

MULTI_CLUSTER_SERVICES = ("net.gke.io_serviceexports", "net.gke.io_serviceimports")
"""What the multi-cluster services controller installs."""


@cache
def crd(name: str) -> Json:
    """The CRD document of file `name`.yaml, shared by all who ask: not to be changed."""
    document: Json = own(_FOLDER / f"{name}.yaml")
    return document


_STRICT = "without portSpecification"  # part of the message of the rule that refuses a bare port
_BARE = (
    "has(self.portSpecification) ? (self.portSpecification != 'USE_SERVING_PORT' ||"
    " (!has(self.port) && !has(self.portName))) : !has(self.portName)"
)


def with_bare_ports(policies: Json) -> Json:
    """The CRD of HealthCheckPolicies with a rule that lets a `port` do without its `portSpecification`."""
    return cast("Json", _relaxed(policies))


def _relaxed(value: Any) -> Any:
    if isinstance(value, list):
        return [_relaxed(each) for each in value]
    if not isinstance(value, dict):
        return value
    if _STRICT in str(value.get("message", "")):
        return {**value, "rule": _BARE}
    return {key: _relaxed(each) for key, each in value.items()}


def established(item: Json, now: float) -> Json:
    """The status of a CRD whose kinds are served."""
    conditions = [
        _condition("NamesAccepted", "True", "NoConflicts", "no conflicts found", now),
        _condition(
            "Established", "True", "InitialNamesAccepted", "the initial names have been accepted", now
        ),
    ]
    return {
        "acceptedNames": item["spec"]["names"],
        "conditions": conditions,
        "storedVersions": [v["name"] for v in item["spec"]["versions"] if v.get("storage")],
    }


def not_accepted(name: str, now: float) -> Json:
    """The status of a CRD that is not served, because others of its group have a name of its [documented:
    apiextensions-apiserver, pkg/controller/status/naming_controller.go]."""
    reason = "PluralConflict" if name[:1].islower() else "KindConflict"
    conditions = [
        _condition("NamesAccepted", "False", reason, f'"{name}" is already in use', now),
        _condition("Established", "False", "NotAccepted", "not all names are accepted", now),
    ]
    return {"acceptedNames": {"plural": "", "kind": ""}, "conditions": conditions, "storedVersions": []}


def _condition(type_: str, status: str, reason: str, message: str, now: float) -> Json:
    return {
        "type": type_,
        "status": status,
        "lastTransitionTime": rfc3339(now),
        "reason": reason,
        "message": message,
    }

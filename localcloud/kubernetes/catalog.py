"""The CustomResourceDefinitions that ship with the local cloud, in `crds/`; each file names its source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from localcloud.kubernetes.times import rfc3339
from localcloud.wire.messages import Json

_FOLDER = Path(__file__).with_name("crds")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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
    document: Json = yaml.load((_FOLDER / f"{name}.yaml").read_text(), _LOADER)  # noqa: S506 - a safe loader
    return document


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

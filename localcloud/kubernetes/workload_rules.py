"""What the API server refuses in Deployments and Services beyond types, in its words.

[documented: k8s.io/kubernetes, pkg/apis/apps/validation and pkg/apis/core/validation]
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from localcloud.kubernetes.errors import FieldError, forbidden_field, invalid, required, unsupported
from localcloud.kubernetes.names import name_fault
from localcloud.wire.messages import Json

NOT_NEGATIVE = "must be greater than or equal to 0"
_PERCENT = re.compile(r"[0-9]{1,9}%")
_WRONG_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used "
    "for validation is '[0-9]+%')"
)
_WRONG_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_NODE_PORTS = range(30000, 32768)


def deployment_faults(spec: Json) -> Iterator[FieldError]:
    """Faults of how a Deployment is to be rolled out."""
    for field in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        if spec.get(field, 0) < 0:
            yield invalid(f"spec.{field}", spec[field], NOT_NEGATIVE)
    deadline = spec.get("progressDeadlineSeconds", 600)
    if deadline <= spec.get("minReadySeconds", 0):
        yield invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    yield from _strategy_faults(spec.get("strategy", {}))


def _strategy_faults(strategy: Json) -> Iterator[FieldError]:
    kind, rolling = strategy.get("type", "RollingUpdate"), strategy.get("rollingUpdate")
    if kind == "RollingUpdate":
        yield from _rolling_faults(rolling or {})
    elif kind != "Recreate":
        yield unsupported("spec.strategy.type", kind, ("Recreate", "RollingUpdate"))
    elif rolling is not None:
        words = "may not be specified when strategy `type` is 'Recreate'"
        yield forbidden_field("spec.strategy.rollingUpdate", words)


def _rolling_faults(rolling: Json) -> Iterator[FieldError]:
    path, given = "spec.strategy.rollingUpdate", {}
    for field in ("maxUnavailable", "maxSurge"):
        given[field] = rolling.get(field, "25%")
        yield from _amount_faults(given[field], f"{path}.{field}")
    unavailable = given["maxUnavailable"]
    if {unavailable, given["maxSurge"]} <= {0, "0%"}:
        yield invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    if isinstance(unavailable, str) and _PERCENT.fullmatch(unavailable) and int(unavailable[:-1]) > 100:
        yield invalid(f"{path}.maxUnavailable", unavailable, "must not be greater than 100%")


def _amount_faults(value: Any, path: str) -> Iterator[FieldError]:
    """Faults of a number, or percentage, of pods."""
    if isinstance(value, str) and not _PERCENT.fullmatch(value):
        yield invalid(path, value, _WRONG_PERCENT)
    if isinstance(value, int) and value < 0:
        yield invalid(path, value, NOT_NEGATIVE)


def service_faults(spec: Json) -> Iterator[FieldError]:
    """Faults of a Service's addresses, policies and external name."""
    if spec.get("type") == "ExternalName":
        yield from _external_name_faults(spec.get("externalName", ""))
    yield from _address_faults(spec)
    for field, allowed in _CHOICES.items():
        if field in spec and spec[field] not in allowed:
            yield unsupported(f"spec.{field}", spec[field], allowed)
    for i, port in enumerate(spec.get("ports", ())):
        if (given := port.get("nodePort", 0)) and given not in _NODE_PORTS:
            words = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            yield invalid(f"spec.ports[{i}].nodePort", given, words)


def _address_faults(spec: Json) -> Iterator[FieldError]:
    for i, address in enumerate(spec.get("clusterIPs", ())):
        if address != "None" and not _is_address(address):
            yield invalid(f"spec.clusterIPs[{i}]", [address], _WRONG_ADDRESS)
    for i, address in enumerate(spec.get("externalIPs", ())):
        if not _is_address(address):
            yield invalid(f"spec.externalIPs[{i}]", address, _WRONG_ADDRESS)
    for i, family in enumerate(spec.get("ipFamilies", ())):
        if family not in ("IPv4", "IPv6"):
            yield unsupported(f"spec.ipFamilies[{i}]", family, ("IPv4", "IPv6"))
        elif family == "IPv6":
            yield invalid(f"spec.ipFamilies[{i}]", family, "not configured on this cluster")


_CHOICES = {
    "ipFamilyPolicy": ("PreferDualStack", "RequireDualStack", "SingleStack"),
    "externalTrafficPolicy": ("Cluster", "Local"),
    "internalTrafficPolicy": ("Cluster", "Local"),
}


def _external_name_faults(name: str) -> Iterator[FieldError]:
    if name:
        yield from name_fault(name.removesuffix("."), "subdomain", "spec.externalName")
    else:
        yield required("spec.externalName")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

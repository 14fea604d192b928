"""What the controller says when it cannot do what it is asked: reasons of conditions, and Google's words.

`Error GWCER1xx` are the controller's own codes: 102 a referenced object is missing, 104 an HTTPRoute is
misconfigured, 106 a Gateway is invalid. `gceSync:` is compute refusing a part [observed in public issues].
"""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.controllers.gateway.names import Ref


@dataclass(frozen=True)
class Fault:
    """Why a Gateway is not programmed.

    `reason` is that of Programmed; `listener` that of the listeners' Accepted where the fault is theirs, else
    empty; `event` is the message of the Warning event.
    """

    reason: str
    message: str
    event: str
    listener: str = ""


def invalid_gateway(gateway: Ref, err: str, listener: str = "UnsupportedAddress") -> Fault:
    """GWCER106: the Gateway's own spec is wrong [observed, words and the two full stops included]."""
    return _untranslated(gateway, f'Error GWCER106: Gateway "{gateway}" is invalid, err: {err}.', listener)


def missing_secret(gateway: Ref, secret: Ref) -> Fault:
    """GWCER102: fails the whole Gateway, its HTTP listeners included [observed]."""
    return _untranslated(gateway, f"Error GWCER102: Secret {secret} not found.", "InvalidCertificateRef")


def misconfigured_route(gateway: Ref, route: Ref, err: str) -> Fault:
    """GWCER104 of an attached route: errors are not isolated, so the whole Gateway stops at it [observed]."""
    return _untranslated(gateway, route_message(route, err), "")


def route_message(route: Ref, err: str) -> str:
    """GWCER104, as the route's own conditions carry it [observed]."""
    return f'Error GWCER104: HTTPRoute "{route}" is misconfigured, err: {err}'


def refused_by_compute(err: str) -> Fault:
    """A part could not be made; the controller goes on trying [observed]."""
    message = f"gceSync: generic::invalid_argument: error ensuring load balancer: Insert: {err}"
    return Fault("Pending", message, message)


def no_proxy_subnet(proxy: str) -> Fault:
    """No ACTIVE GLOBAL_MANAGED_PROXY subnetwork where a forwarding rule is to be [observed words]."""
    return refused_by_compute(
        f"Invalid value for field 'resource.target': 'global/targetHttpProxies/{proxy}'. An active "
        "proxy-only subnetwork is required in the same region and VPC as the forwarding rule."
    )


def _untranslated(gateway: Ref, message: str, listener: str) -> Fault:
    return Fault("Invalid", message, f'failed to translate Gateway "{gateway}": {message}', listener)

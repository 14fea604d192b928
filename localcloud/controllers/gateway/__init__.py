"""Multi-cluster Gateways of class gke-l7-cross-regional-internal-managed-mc.

`addresses`, `binding`, `backends`, `limits` and `assessment` say what a Gateway and its routes ask for;
`urlmap` and `parts` what that is in compute; `loadbalancer` makes it so; `status` and `routes` say what
is told; `loop` and `controller` drive it all. Other `-mc` classes exist in name only: a Gateway of theirs
waits for its controller.
"""

from localcloud.controllers.gateway.controller import GatewayController

__all__ = ["GatewayController"]

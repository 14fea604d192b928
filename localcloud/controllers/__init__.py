"""What works behind the APIs: loops over the store that bring the world to what was asked for, in their own time."""

from __future__ import annotations

from localcloud.controllers.fleet import FleetController
from localcloud.controllers.gateway.controller import GatewayController
from localcloud.controllers.gateway_api import GatewayApiController
from localcloud.controllers.mcs.controller import MultiClusterServices
from localcloud.controllers.workloads.controller import Workloads
from localcloud.world import World

CONTROLLERS = (
    FleetController,
    GatewayApiController,
    Workloads,
    MultiClusterServices,
    GatewayController,
)


def start_controllers(world: World) -> None:
    """Start every controller; each subscribes to what it watches and lives as long as the world."""
    for controller in CONTROLLERS:
        controller(world)

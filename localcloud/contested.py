"""What Google's own pages and public set-ups contradict each other about, so that this cloud can be told to do either.

A program that is right for both runs in each; that is what the settings are for.
"""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.world import Part


@dataclass(frozen=True)
class Contested:
    """One way in which Google may behave.

    `one_proxy_subnet`: a region of a network has one proxy-only subnet, of whichever purpose: beside an active
    REGIONAL_MANAGED_PROXY one a GLOBAL_MANAGED_PROXY one is refused [documented: GKE, multi-cluster inference gateway,
    which has the regional one deleted first]. Otherwise each purpose has one of its own [documented: load balancing,
    proxy-only subnets].

    `bare_check_port`: a HealthCheckPolicy may give a `port` without `portSpecification`, and is then asked at that port
    [documented: GKE, inference gateway, whose example does; five public set-ups do]. Otherwise the kind's own rule
    refuses it [observed: gke-gateway-api, config/crd, fc40d60].

    `keeps_to_zone`: the proxies of a region send to the backends of one zone alone, as long as these have room
    [documented: load balancing, service LB policy, WATERFALL_BY_REGION: at low rates a proxy may use its preferred zone
    exclusively]. Otherwise a client meets all backends of the region, in proportion to their endpoints [documented:
    Cloud Service Mesh, advanced load balancing: under the same algorithm the requests of each client can be spread
    over several zones].
    """

    one_proxy_subnet: bool = False
    bare_check_port: bool = False
    keeps_to_zone: bool = False


CONTESTED: Part[Contested] = Part("what is contested of Google", lambda _: Contested())

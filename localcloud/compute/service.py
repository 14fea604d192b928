"""The compute service itself, apart from its methods, so that every file of methods can register with it."""

from __future__ import annotations

from localcloud.compute.authorization import ComputeAuthorization
from localcloud.service import Service
from localcloud.wire.errors import Style

service = Service(
    "compute",
    "compute.googleapis.com",
    ["v1"],
    Style.COMPUTE,
    reads=frozenset({"getHealth", "listNetworkEndpoints", "wait"}),
    has_outages=True,
    authorization=ComputeAuthorization(__file__),
)

"""getServerConfig: the versions that GKE offers in a location."""

from __future__ import annotations

from localcloud.container.machines import defaults
from localcloud.container.names import parent_of
from localcloud.container.service import service
from localcloud.service import Call
from localcloud.wire.messages import Json


@service.on("container.projects.locations.getServerConfig")
def get_server_config(call: Call) -> Json:
    """projects.locations.getServerConfig."""
    parent_of(call)
    offered: dict[str, str] = defaults()["versions"]
    versions = sorted(set(offered.values()), reverse=True)
    return {
        "channels": [
            {"channel": channel, "defaultVersion": version, "validVersions": [version]}
            for channel, version in offered.items()
        ],
        "defaultClusterVersion": offered["REGULAR"],
        "defaultImageType": "COS_CONTAINERD",
        "validImageTypes": ["COS_CONTAINERD", "UBUNTU_CONTAINERD", "WINDOWS_LTSC_CONTAINERD"],
        "validMasterVersions": versions,
        "validNodeVersions": versions,
    }

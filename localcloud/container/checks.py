"""What GKE refuses before it creates anything, in its own words where they are known."""

from __future__ import annotations

import re
from typing import Any

from localcloud.compute.labels import check_labels
from localcloud.container.machines import defaults, machine
from localcloud.container.names import Parent
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World

_NAME = "(?:[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?)"


def check_cluster(world: World, parent: Parent, asked: Json) -> None:
    """Refuse a cluster that cannot be.

    Raises:
        Refused: mostly INVALID_ARGUMENT; each rule says where its words are from.
    """
    check_name("cluster.name", asked.get("name", ""))
    check_labels(asked.get("resourceLabels", {}))
    _check_nodes(asked, parent)
    check_pool(world, parent, asked)
    check_fleet(world, asked.get("fleet", {}).get("project", ""))


def check_name(field: str, name: Any) -> None:
    """Refuse a name that is not one (otrack/cloud-computing-infrastructures#17 shows the words)
    [observed]."""
    if not re.fullmatch(_NAME, str(name)):
        raise invalid(
            f'Invalid value for field "{field}": "{name}". Must be a match of regex \'{_NAME}\' (only '
            "lowercase "
            "alphanumerics and '-' allowed, must start with a letter and end with an alphanumeric, "
            "and must be no "
            "longer than 40 characters).",
            "badRequest",
        )


def _check_nodes(asked: Json, parent: Parent) -> None:
    pools, autopilot = asked.get("nodePools", []), asked.get("autopilot", {}).get("enabled")
    if autopilot and parent.zonal:
        raise invalid("Autopilot clusters must be regional clusters.", "badRequest")  # [inferred]
    if autopilot and pools:
        raise invalid("Node pools cannot be specified for Autopilot clusters.", "badRequest")  # [inferred]
    if pools and "initialNodeCount" in asked:  # documented in the field's description
        raise invalid("Cluster.initial_node_count must be empty when node pools are specified.", "badRequest")
    if not pools and not autopilot and int(asked.get("initialNodeCount", 0)) < 1:  # [observed]
        raise invalid("Cluster.initial_node_count must be greater than zero.", "badRequest")
    for index, pool in enumerate(pools):
        check_name(f"cluster.node_pools[{index}].name", pool.get("name", ""))
    for config in [pool.get("config", {}) for pool in pools] + [asked.get("nodeConfig", {})]:
        check_machine(config.get("machineType", "e2-medium"))


def check_machine(name: str) -> None:
    """Refuse a machine type that does not exist (kubernetes/kubernetes#12985 shows the words) [observed]."""
    if machine(name) is None:
        raise invalid(f'machine type "{name}" does not exist.', "badRequest")


def check_locations(parent: Parent, locations: list[str]) -> None:
    """Refuse node zones outside the cluster's region; the wording is [inferred]."""
    for zone in locations:
        if not zone.startswith(f"{parent.region}-"):
            raise invalid(
                f'Zone "{zone}" is not in the region "{parent.region}" of the cluster.', "badRequest"
            )


def check_pool(world: World, parent: Parent, asked: Json) -> None:
    """Refuse a workload pool other than the project's own: there is one a project [documented]; the
    wording is [inferred]."""
    own = f"{parent.project}.svc.id.goog"
    pool = asked.get("workloadIdentityConfig", {}).get("workloadPool", "")
    if pool and pool != own:
        raise invalid(f'Workload pool "{pool}" is not supported; the only one is "{own}".', "badRequest")


def check_fleet(world: World, project: str) -> None:
    """Refuse a fleet whose project has no fleet API; the status and the wording are [inferred]."""
    if project and "gkehub.googleapis.com" not in world.projects.get(project).enabled:
        raise Refused(
            "FAILED_PRECONDITION",
            f"GKE Hub API (gkehub.googleapis.com) is not enabled in fleet project {project}.",
        )


def master_version(asked: str, channel: str) -> str:
    """The version for what was asked: nothing, `latest`, `-`, a prefix (`1.33`) or a full version.

    Raises:
        Refused: INVALID_ARGUMENT for a version that is not offered (skypilot-org/skypilot#9025) [observed].
    """
    offered: dict[str, str] = defaults()["versions"]
    version = offered.get(channel, offered["REGULAR"])
    if asked in ("", "-"):
        return version
    if asked == "latest":
        return max(offered.values(), key=_order)
    fitting = [one for one in [version, *offered.values()] if one == asked or one.startswith(f"{asked}.")]
    if not fitting:
        raise invalid(f'Master version "{asked}" is unsupported.', "badRequest")
    return fitting[0]


def _order(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]

"""Where a pod finds room, and what it is told where there is none. Pure: no cluster here."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator, Sequence

from localcloud.controllers.workloads.occupancy import Occupancy
from localcloud.controllers.workloads.pods import millicpus, requested
from localcloud.ids import keyed
from localcloud.kubernetes.quantities import amount
from localcloud.wire.messages import Json

# What GKE's own pods request of a node's CPU, in thousandths, and of the cluster's, which spreads over its nodes
# [inferred from public reports: one e2-medium node is full before the first workload, three have room].
SYSTEM_ON_EACH_NODE = 200
SYSTEM_IN_CLUSTER = 700

PODS_ON_A_NODE = 110  # where the node does not say [documented: kubelet's --max-pods]


def free(node: Json, nodes: int, occupancy: Occupancy) -> int:
    """CPU (thousandths) that is left on `node`, one of `nodes`, beside GKE's own pods and those of `occupancy`."""
    allocatable = millicpus(_allocatable(node).get("cpu", 0))
    used = occupancy.millicpus(node["metadata"]["name"])
    return allocatable - SYSTEM_ON_EACH_NODE - SYSTEM_IN_CLUSTER // nodes - used


def node_for(item: Json, nodes: Sequence[Json], occupancy: Occupancy) -> Json | None:
    """The node with room for `item`; which of several depends on the pod's name, not on who came first."""
    name = item["metadata"]["name"]
    roomy = [node for node in nodes if not any(_lacks(item, node, len(nodes), occupancy))]
    return min(
        roomy,
        key=lambda node: (
            occupancy.siblings(node["metadata"]["name"], item),
            keyed(name + node["metadata"]["name"], 2**16),
        ),
        default=None,
    )


def shortages(item: Json, nodes: Sequence[Json], occupancy: Occupancy) -> str:
    """Why no node takes `item`, in the scheduler's words [documented]: how many nodes lack what."""
    lacking = Counter(what for node in nodes for what in _lacks(item, node, len(nodes), occupancy))
    reasons = ", ".join(f"{count} {what}" for what, count in sorted(lacking.items()))
    return f"0/{len(nodes)} nodes are available: {reasons}."


def _lacks(item: Json, node: Json, nodes: int, occupancy: Occupancy) -> Iterator[str]:
    wanted = requested(item["spec"])
    if wanted and free(node, nodes, occupancy) < wanted:
        yield "Insufficient cpu"
    if occupancy.pods(node["metadata"]["name"]) >= int(
        amount(_allocatable(node).get("pods", PODS_ON_A_NODE))
    ):
        yield "Too many pods"


def _allocatable(node: Json) -> Json:
    found: Json = node.get("status", {}).get("allocatable", {})
    return found


def address_in(node: Json, name: str, taken: frozenset[str]) -> str | None:
    """An address of the node's pod range that is none of `taken`, or None; where the search begins depends on `name`.

    The first host of the range is the node's own.
    """
    block = ipaddress.ip_network(node.get("spec", {}).get("podCIDR", "0.0.0.0/32"))
    hosts = block.num_addresses - 3
    if hosts < 1:
        return None
    start, tries = keyed(name, hosts), min(hosts, len(taken) + 1)
    found = (str(block[2 + (start + nth) % hosts]) for nth in range(tries))
    return next((address for address in found if address not in taken), None)

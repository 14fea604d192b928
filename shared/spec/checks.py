"""Checks across an environment: names exist, ranges do not overlap, regions match.

A check reads only what it needs. A part of the document that has a fault itself raises Unreadable when it is read. That
ends this check alone, so that no fault is reported twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv4Network
from typing import Any

from shared.cluster_ranges import block_of, nodes_of, prefix_for, prefix_of
from shared.spec.faults import Fault, listed, nearest
from shared.spec.model import MAX_ADDRESSES, Cluster, Environment, Service
from shared.spec.part import Unreadable
from shared.spec.route_checks import OF_RULE, too_many_matches

Faults = Iterator[Fault]
_RESERVED = ("default", "kube-system")
_SMALL = ("e2-micro", "e2-small", "e2-medium", "f1-micro", "g1-small")


def cross_checks(env: Environment) -> list[Fault]:
    """Every fault between the parts of an environment, which may be a partial model."""
    return [fault for check, arguments in _calls(env) for fault in _found(check, env, *arguments)]


def _calls(env: Environment) -> Iterator[tuple[Callable[..., Faults], tuple[Any, ...]]]:
    yield from ((check, ()) for check in OF_ENVIRONMENT)
    for path, cluster in _each("clusters", env):
        yield from ((check, (path, cluster)) for check in OF_CLUSTER)
    for path, service in _each("services", env):
        yield unknown_clusters, (path, service)
    for path, route in _each("routes", env):
        yield too_many_matches, (path, route)
        for inner, rule in _each("rules", route):
            yield from ((check, (f"{path}.{inner}", rule)) for check in OF_RULE)


def _each(name: str, part: Any) -> Iterator[tuple[str, Any]]:
    """The entries of a list with their paths; none if the list is unreadable."""
    return ((f"{name}[{index}]", each) for index, each in enumerate(getattr(part, name, ())))


def _found(check: Callable[..., Faults], *arguments: Any) -> list[Fault]:
    found: list[Fault] = []
    with suppress(Unreadable):
        for fault in check(*arguments):
            found.append(fault)  # one by one, so that faults before the unreadable part are kept
    return found


def duplicate_names(env: Environment) -> Faults:
    """Names of clusters, routes and listeners are unique; names of services are unique in their namespace."""
    yield from _twice("clusters", env)
    yield from _twice("services", env, within="namespace")
    yield from _twice("routes", env)
    yield from (fault.under("gateway") for fault in _twice("listeners", getattr(env, "gateway", None)))


def _twice(name: str, part: Any, within: str = "name") -> Faults:
    first: dict[tuple[str, str], str] = {}
    for path, each in _each(name, part):
        if not (hasattr(each, "name") and hasattr(each, within)):
            continue
        found = first.setdefault((each.name, getattr(each, within)), path)
        if found != path:
            fault = f"{each.name} is already the name of {found}"
            yield Fault(f"{path}.name", fault, "give it another name, or remove it")


def listeners_apart(env: Environment) -> Faults:
    """Two listeners on one port must differ in their host."""
    first: dict[tuple[int, str | None], int] = {}
    for index, listener in enumerate(env.gateway.listeners):
        found = first.setdefault((listener.port, listener.hostname), index)
        if found != index:
            fault = f"port {listener.port} is taken by gateway.listeners[{found}] for the same hosts"
            yield Fault(
                f"gateway.listeners[{index}].port", fault, "use another port, or give each a hostname"
            )


def config_cluster_known(env: Environment) -> Faults:
    """The config cluster is one of the clusters."""
    yield from _unknown("configCluster", env.config_cluster, [cluster.name for cluster in env.clusters])


def unknown_clusters(env: Environment, path: str, service: Service) -> Faults:
    """A service lists existing clusters, each once."""
    names = [cluster.name for cluster in env.clusters]
    for index, name in enumerate(service.clusters):
        yield from _unknown(f"{path}.clusters[{index}]", name, names)
    yield from _repeated(f"{path}.clusters", service.clusters)


def _unknown(path: str, name: str, names: list[str]) -> Faults:
    if name not in names:
        near = nearest(name, names)
        yield Fault(path, f"there is no cluster {name!r}", f"write {near or listed(names)}")


def _repeated(path: str, items: Sequence[str]) -> Faults:
    for item, count in Counter(items).items():
        if count > 1:
            where = max(index for index, each in enumerate(items) if each == item)
            yield Fault(f"{path}[{where}]", f"{item} is listed {count} times", "list it once")


def reserved_namespaces(env: Environment) -> Faults:
    """Nothing is exported from default or kube-system, which every cluster has [observed: Percona's docs]."""
    fix = "use a namespace of its own, such as store"
    for index, service in enumerate(env.services):
        if service.namespace in _RESERVED and service.namespace != env.gateway.namespace:
            fault = f"services must not be exported from {service.namespace}"
            yield Fault(f"services[{index}].namespace", fault, fix)
    if env.gateway.namespace in {service.namespace for service in env.services}.intersection(_RESERVED):
        fault = (
            f"services take the gateway's namespace, and must not be exported from {env.gateway.namespace}"
        )
        yield Fault("gateway.namespace", fault, fix)


def gateway_regions(env: Environment) -> Faults:
    """A Gateway has at most 16 addresses, one a region."""
    regions = env.gateway.regions
    yield from _repeated("gateway.regions", regions)
    if len(regions) > MAX_ADDRESSES:
        fault = f"{len(regions)} regions; a Gateway has at most {MAX_ADDRESSES} addresses"
        yield Fault("gateway.regions", fault, f"list the {MAX_ADDRESSES} regions or fewer that need one")


def addresses_match_regions(env: Environment) -> Faults:
    """Addresses given by name are given for exactly the gateway's regions."""
    if isinstance(env.gateway.addresses, str):
        return
    regions = env.gateway.regions
    for region in env.gateway.addresses:
        if region not in regions:
            fix = f"remove it, or add {region} to gateway.regions"
            yield Fault(f"gateway.addresses.{region}", f"the gateway has no address in {region}", fix)
    for region in regions:
        if region not in env.gateway.addresses:
            yield Fault(
                "gateway.addresses", f"no address for {region}", f"add {region}: the name of an address there"
            )


def ranges_in_use(env: Environment) -> Faults:
    """A proxy-only range is for a region that has a cluster or an address."""
    if isinstance(env.proxy_ranges, str):
        return
    for region in env.proxy_ranges:
        if region not in env.proxy_regions:
            fault = f"no cluster and no address is in {region}"
            yield Fault(f"proxyRanges.{region}", fault, f"remove it, or write {listed(env.proxy_regions)}")


def ranges_apart(env: Environment) -> Faults:
    """No two ranges that are given as blocks overlap: all lie in one network."""
    earlier: list[tuple[str, IPv4Network]] = []
    for path, network in _blocks(env):
        other = next((each for each in earlier if each[1].overlaps(network)), None)
        if other:
            fault = f"{network} overlaps {other[1]} of {other[0]}"
            yield Fault(path, fault, "choose a range that overlaps no other")
        earlier.append((path, network))


def _blocks(env: Environment) -> Iterator[tuple[str, IPv4Network]]:
    """Where the spec gives a block of the network, and which; what has a fault of its own is left out."""
    ranges = getattr(env, "proxy_ranges", "")
    for region, text in ranges.items() if isinstance(ranges, Mapping) else ():
        yield f"proxyRanges.{region}", IPv4Network(text)
    for path, cluster in _each("clusters", env):
        for key, text in _ranges_of(cluster):
            if block := block_of(text):
                yield f"{path}.{key}", block


def _ranges_of(cluster: Cluster) -> tuple[tuple[str, str | None], ...]:
    pods, services = getattr(cluster, "pod_range", None), getattr(cluster, "service_range", None)
    return ("podRange", pods), ("serviceRange", services)


def timeout_within_interval(env: Environment) -> Faults:
    """A health check's timeout is at most its interval [observed: the HealthCheckPolicy CRD]."""
    check = env.health_check
    if check and check.timeout_sec > check.check_interval_sec:
        fault = f"{check.timeout_sec} s is longer than the interval of {check.check_interval_sec} s"
        yield Fault("healthCheck.timeoutSec", fault, f"write {check.check_interval_sec} or less")


def one_identity(env: Environment) -> Faults:
    """An answer is identified by a field or by a header, not both."""
    identity = env.probe.identity
    if identity != "none" and (identity.json_field is None) == (identity.header is None):
        given = "neither jsonField nor header" if identity.header is None else "both jsonField and header"
        yield Fault(
            "probe.identity", f"{given} is given", "give one of them, or write none for the whole identity"
        )


def autopilot_is_regional(_env: Environment, path: str, cluster: Cluster) -> Faults:
    """An Autopilot cluster is regional [inferred]."""
    if cluster.autopilot and cluster.zonal:
        yield Fault(f"{path}.location", "an Autopilot cluster has no zone", f"write {cluster.region}")


def autopilot_has_no_nodes(_env: Environment, path: str, cluster: Cluster) -> Faults:
    """Autopilot chooses the nodes [inferred]."""
    given = {"machineType": cluster.machine_type, "nodeCount": cluster.node_count}
    if cluster.autopilot:
        for key in (key for key, value in given.items() if value is not None):
            yield Fault(f"{path}.{key}", "Autopilot chooses the nodes", f"remove {key}, or autopilot")


def existing_is_not_created(_env: Environment, path: str, cluster: Cluster) -> Faults:
    """Fields that only the creation can set are not allowed for an existing cluster."""
    given = {
        "autopilot": cluster.autopilot or None,
        "machineType": cluster.machine_type,
        "nodeCount": cluster.node_count,
        "releaseChannel": cluster.release_channel,
        "nodeServiceAccount": cluster.node_service_account,
        "privateNodes": cluster.private_nodes or None,
        "podRange": cluster.pod_range,
        "serviceRange": cluster.service_range,
    }
    if cluster.existing:
        for key in (key for key, value in given.items() if value is not None):
            yield Fault(
                f"{path}.{key}",
                "it can only be set at a cluster's creation, and this one exists",
                f"remove {key}",
            )


def importer_has_room(_env: Environment, path: str, cluster: Cluster) -> Faults:
    """On one small node the multi-cluster Services importer lacks CPU, and stays Pending [observed]."""
    machine = cluster.machine_type or "e2-medium"
    if cluster.zonal and cluster.node_count == 1 and machine in _SMALL:
        fault = f"one {machine} leaves no CPU for the multi-cluster Services importer"
        yield Fault(
            f"{path}.nodeCount", fault, "write 2 or more, or a larger machineType such as e2-standard-2"
        )


def pods_have_room(_env: Environment, path: str, cluster: Cluster) -> Faults:
    """A Pod range has a block for each node, and for the one more during an upgrade [documented: surge upgrades]."""
    text = cluster.pod_range
    if text is None or cluster.autopilot:
        return
    room, needed = nodes_of(prefix_of(text)), cluster.nodes + 1
    if room < needed:
        fault = (
            f"{text} has room for {room} nodes; {cluster.nodes} and one more during upgrades need {needed}"
        )
        yield Fault(f"{path}.podRange", fault, f"write a size of /{prefix_for(needed)} or larger")


OF_ENVIRONMENT = (
    duplicate_names,
    config_cluster_known,
    reserved_namespaces,
    gateway_regions,
    addresses_match_regions,
    listeners_apart,
    ranges_in_use,
    ranges_apart,
    timeout_within_interval,
    one_identity,
)
OF_CLUSTER = (
    autopilot_is_regional,
    autopilot_has_no_nodes,
    existing_is_not_created,
    importer_has_room,
    pods_have_room,
)

"""How an environment differs from the spec that it was last deployed with: what is missing, changed, or not ours. Pure.

Root causes come first. Of what is gone with something larger (the objects of a namespace, the membership of a cluster)
nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.verification.standing import InCluster, Standing, expected, fault_of
from shared import labels
from shared.gateway.names import reserved_names
from shared.google.gkehub import INGRESS, MCS, member_key
from shared.json_types import Json
from shared.kubectl import Located, deletion
from shared.objects import ASKED, Key, KubeObject, difference, is_ours
from shared.step.outcome import Blocked

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment

SHOWN = 3  # so many of several are in the cause; the faults have all
# What is only ever ours; of the other kinds an object that fits is used, whoever made it.
ONLY_OURS = ("Gateway", "HTTPRoute", "ReferenceGrant", "HealthCheckPolicy")


@dataclass(frozen=True)
class Drift:
    """One difference: `what` it is about, the `fault` of that, and one fix."""

    code: str
    what: str
    fault: str
    fix: str

    @property
    def cause(self) -> str:
        """As one says it."""
        return f"{self.what} {self.fault}."

    def as_fault(self) -> Json:
        """One of several."""
        return {"path": self.what, "fault": self.fault, "fix": self.fix}


class Drifted(Exception):
    """The environment is not as it was deployed."""

    def __init__(self, *drift: Drift) -> None:
        super().__init__(" ".join(each.cause for each in drift))
        self.drift = drift


def blocked(every: Sequence[Drift]) -> Blocked:
    """The answer about one difference or more."""
    left = len(every) - SHOWN
    causes = [each.cause for each in every[:SHOWN]] + ([f"And {left} more."] if left > 0 else [])
    each = every[0]
    return Blocked(
        code=each.code,
        cause=" ".join(causes),
        fix=" ".join(dict.fromkeys(each.fix for each in every[:SHOWN])),
        faults=[each.as_fault() for each in every] if len(every) > 1 else (),
    )


def drift_of(wanted: Environment, standing: Standing) -> Iterator[Drift]:
    """Every difference."""
    for cluster in wanted.clusters:
        yield from _cluster(wanted, cluster, standing)
    yield from _features(wanted, standing)
    yield from _network(wanted, standing)
    for cluster in wanted.clusters:
        if contents := standing.inside.get(cluster.name):
            yield from _contents(wanted, cluster, contents)


def again(environment: str) -> str:
    """The fix of whatever a deploy makes."""
    return f"Deploy {environment} again."


def missing_cluster(environment: str, name: str, fault: str = "is missing") -> Drift:
    """A cluster of the environment's own."""
    return Drift(code="CLUSTER_MISSING", what=f"Cluster {name}", fault=fault, fix=again(environment))


def missing_object(environment: str, cluster: str, key: Key, fault: str) -> Drift:
    """An object that a deploy makes."""
    return Drift(code="OBJECT_MISSING", what=_named(key, cluster), fault=fault, fix=again(environment))


def foreign_object(environment: str, project: str, cluster: Located, key: Key) -> Drift:
    """An object of somebody else's that has the name of ours."""
    kind = key[0]
    return Drift(
        code=f"{kind.upper()}_FOREIGN",
        what=_named(key, cluster.name),
        fault="is not this environment's",
        fix=f"If nobody needs it: {deletion(project, cluster, *key)}; then deploy {environment} again.",
    )


def _named(key: Key, cluster: str) -> str:
    kind, space, name = key
    return f"{kind} {'/'.join(filter(None, (space, name)))} in cluster {cluster}"


def _cluster(wanted: Environment, spec: Cluster, standing: Standing) -> Iterator[Drift]:
    """A cluster that is missing, somebody else's, or not in the fleet."""
    live, name = standing.clusters.get(spec.name), f"{spec.name} in {spec.location}"
    if live is None or live.status == "STOPPING":
        fault = "is missing" if live is None else "is being deleted"
        if not spec.existing:
            yield missing_cluster(wanted.name, name, fault)
            return
        fix = f"Make it again, or take it out of the spec; then deploy {wanted.name} again."
        yield Drift(code="CLUSTER_MISSING", what=f"Cluster {name}", fault=fault, fix=fix)
    elif not spec.existing and not labels.is_owned(live.labels, wanted.name):
        fix = f"Give it another name in the spec, or say `existing: true`; then deploy {wanted.name} again."
        fault = "is not this environment's any more"
        yield Drift(code="CLUSTER_FOREIGN", what=f"Cluster {name}", fault=fault, fix=fix)
    elif member_key(live.membership) not in standing.memberships:
        yield Drift(
            code="MEMBERSHIP_MISSING",
            what=f"Cluster {name}",
            fault="has no membership in the fleet",
            fix=again(wanted.name),
        )


def _features(wanted: Environment, standing: Standing) -> Iterator[Drift]:
    """Features of the fleet that are off, and the config membership, if it is another cluster's."""
    for name in (MCS, INGRESS):
        feature = standing.features.get(name)
        if feature is None or feature.going:
            what = f"Feature {name} of the fleet of {wanted.project}"
            yield Drift(code="FEATURE_MISSING", what=what, fault="is off", fix=again(wanted.name))
    ingress, config = standing.features.get(INGRESS), standing.clusters.get(wanted.config_cluster)
    mine = member_key(config.membership) if config else ""
    if ingress and not ingress.going and mine and member_key(ingress.config_membership) != mine:
        yield Drift(
            code="CONFIG_MEMBERSHIP_ELSEWHERE",
            what=f"The config membership of the fleet of {wanted.project}",
            fault=f"is {member_key(ingress.config_membership) or '(none)'}, not that of {wanted.config_cluster}",
            fix=again(wanted.name),
        )


def _network(wanted: Environment, standing: Standing) -> Iterator[Drift]:
    """Proxy-only subnets and reserved addresses that are missing."""
    for region in wanted.proxy_regions:
        if region not in standing.proxies:
            yield Drift(
                code="PROXY_SUBNET_MISSING",
                what=f"Network {wanted.network} in {region}",
                fault="has no active subnet of purpose GLOBAL_MANAGED_PROXY",
                fix=again(wanted.name),
            )
    for region, name in reserved_names(wanted).items():
        if (region, name) not in standing.addresses:
            mine = wanted.gateway.addresses == "static"
            fix = again(wanted.name) if mine else f"Reserve it again; then deploy {wanted.name} again."
            what = f"Address {name} in {region}"
            yield Drift(code="ADDRESS_MISSING", what=what, fault="is missing", fix=fix)


def _contents(wanted: Environment, cluster: Cluster, contents: InCluster) -> Iterator[Drift]:
    """Namespaces and objects in one cluster."""
    for space, fault in contents.lost.items():
        yield missing_object(wanted.name, cluster.name, ("Namespace", "", space), fault)
    for key, wish in expected(wanted, cluster).items():
        if key[1] not in contents.lost and (
            found := _object(wanted, cluster, key, wish, contents.objects.get(key))
        ):
            yield found


def _object(
    wanted: Environment, cluster: Cluster, key: Key, wish: KubeObject | None, live: KubeObject | None
) -> Drift | None:
    """How one object is not as it should be."""
    what = _named(key, cluster.name)
    if live is None or fault_of(live):
        if wish:
            return missing_object(wanted.name, cluster.name, key, fault_of(live))
        fix = f"Create it again; then deploy {wanted.name} again."
        return Drift(code="SERVICE_MISSING", what=what, fault=fault_of(live), fix=fix)
    if wish is None:
        return None
    if not is_ours(live, wanted.name):
        fits = not difference(wish.get("spec", {}), live.get("spec", {}))
        is_used = fits and key[0] not in ONLY_OURS
        return None if is_used else foreign_object(wanted.name, wanted.project, cluster, key)
    if not (field := _changed(wish, live)):
        return None
    fault = f"is not as it was deployed: {field} differs"
    return Drift(code="OBJECT_CHANGED", what=what, fault=fault, fix=again(wanted.name))


def _changed(wish: KubeObject, live: KubeObject) -> str | None:
    """The first field that differs. If all that is wanted is there, it was applied with something more."""
    mark = {ASKED: wish["metadata"]["annotations"][ASKED]} if "annotations" in wish["metadata"] else {}
    return difference(wish.get("spec", {}), live.get("spec", {}), "spec") or difference(
        mark, live["metadata"].get("annotations", {}), "metadata.annotations"
    )

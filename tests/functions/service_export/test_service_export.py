"""The service export step: what each cluster lacks, what is in the way, and when the imports are as they should be."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.service_export.differences import ObservedCluster
from functions.service_export.observed import ObservedExports
from functions.service_export.step import decide
from shared.changes.objects import ApplyObject
from shared.exports import wanted_exports
from shared.objects import Key, body
from shared.spec import Environment
from shared.step.outcome import Blocked, Decision, Done, Waiting
from tests.support.live import EXAMPLE, NOW, born, environment, one_cluster, service_import, stamp

Json = dict[str, Any]

STORE = environment()
WEST, EAST = "gke-west-1", "gke-east-1"
PLACES = {WEST: "us-west1-a", EAST: "us-east1-c"}
BOTH = ("us-west1/gke-west-1", "us-east1/gke-east-1")
IMPORTS = [
    service_import("store", *BOTH),
    service_import("store-west-1", BOTH[0]),
    service_import("store-east-1", BOTH[1]),
]
SPACE: Key = ("Namespace", "", "store")
SERVICE: Key = ("Service", "store", "store")
EXPORT: Key = ("ServiceExport", "store", "store")
APP: Key = ("Deployment", "store", "store")


def listed(item: Json) -> Json:
    """As a list shows an object: without version and kind."""
    return {name: value for name, value in born(item).items() if name not in ("apiVersion", "kind")}


def objects(cluster: str, wanted: Environment = STORE) -> dict[Key, Json]:
    """All that a cluster should have, applied."""
    every = wanted_exports(wanted, wanted.cluster(cluster))
    return {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): listed(o) for o in every}


def there(cluster: str, live: dict[Key, Json] | None = None, known: bool = True) -> ObservedCluster:
    found = objects(cluster) if live is None else live
    return ObservedCluster(one_cluster(name=cluster, location=PLACES[cluster]), found, known)


def observed(
    west: ObservedCluster | None = None,
    imports: list[Json] | None = None,
    foreign_clusters: dict[str, str] | None = None,
) -> ObservedExports:
    """Both clusters as wanted, but for what is given of the west one and the imports."""
    clusters = {WEST: west or there(WEST), EAST: there(EAST)}
    found = IMPORTS if imports is None else imports
    return ObservedExports(
        {name: each.cluster for name, each in clusters.items()},
        clusters,
        {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in found},
        foreign_clusters or {},
    )


def look(*args: Any, wanted: Environment = STORE, **fields: Any) -> Decision:
    return decide(wanted, observed(*args, **fields), NOW)


def waiting(decision: Decision) -> Waiting:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome


def names(changes: Any) -> list[str]:
    described = [change.describe() for change in changes]
    return [f"{each.verb} {each.resource.split('/clusters/')[1]}" for each in described]


def changed(key: Key, **fields: Any) -> ObservedCluster:
    """The west cluster with other metadata or spec in one object."""
    found = copy.deepcopy(objects(WEST))
    for part, values in fields.items():
        found[key][part] = found[key].get(part, {}) | values
    return there(WEST, found)


def test_clusters_and_imports_that_are_as_wanted_are_done() -> None:
    """Lists leave out their items' version and kind; that is no difference."""
    assert Decision(Done()) == look()


def test_a_cluster_that_just_serves_gets_everything_but_exports() -> None:
    """Their kind comes later; the namespace is first."""
    decision = look(there(WEST, {}, known=False))

    assert [
        "create gke-west-1/Namespace/store",
        "create gke-west-1/Deployment/store/store",
        "create gke-west-1/Service/store/store",
        "create gke-west-1/Service/store/store-west-1",
    ] == names(decision.changes)
    assert [
        "create gke-west-1/ServiceExport/store/store",
        "create gke-west-1/ServiceExport/store/store-west-1",
    ] == names(decision.later)
    assert ("ServiceExportUnknown", 38.5) == (waiting(decision).reason, waiting(decision).retry_after)


@pytest.mark.parametrize(("age", "is_near"), [(10, False), (30, True), (90, True), (3000, False)])
def test_a_kind_that_is_due_is_waited_for_closely(age: float, is_near: bool) -> None:
    """Reckoned from when the namespace was made, a while after the cluster had begun to serve."""
    live = {key: each for key, each in objects(WEST).items() if key[0] != "ServiceExport"}
    live[SPACE] = {"metadata": {"name": "store", "creationTimestamp": stamp(NOW - age)}}
    decision = look(there(WEST, live, known=False))

    assert "ServiceExportUnknown" == waiting(decision).reason
    assert is_near is (decision.near is not None)


def test_a_cluster_that_knows_exports_gets_them_with_everything_else() -> None:
    """One look is enough where multi-cluster Services were enabled before."""
    decision = look(there(WEST, {}), imports=[])

    assert 6 == len(decision.changes)
    assert ("ServiceImportMissing", 180) == (waiting(decision).reason, waiting(decision).retry_after)


def test_clusters_that_do_not_serve_yet_are_planned_and_waited_for() -> None:
    """Looked for when the first is due."""
    decision = decide(STORE, ObservedExports({WEST: one_cluster("PROVISIONING", age=100)}), NOW)

    assert 12 == len(decision.later)
    assert () == tuple(decision.changes)
    assert ("ClusterProvisioning", 80) == (waiting(decision).reason, waiting(decision).retry_after)


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        (SERVICE, {"spec": {"selector": {"app": "old"}}}),
        (SERVICE, {"spec": {"ports": [{"port": 80}]}}),
        (SERVICE, {"metadata": {"annotations": {}}}),
        (APP, {"spec": {"replicas": 1}}),
    ],
)
def test_what_differs_of_ours_is_applied_and_looked_at_at_once(key: Key, fields: dict[str, Any]) -> None:
    """With imports as they should be there is nothing to wait for."""
    decision = look(changed(key, **fields))

    assert [f"update gke-west-1/{key[0]}/store/store"] == names(decision.changes)
    assert decision.outcome is None


def test_what_the_server_adds_is_no_difference() -> None:
    """Addresses, node ports, defaults."""
    ports = [{"port": 8080, "targetPort": 8080, "protocol": "TCP", "nodePort": 30001}]

    assert Decision(Done()) == look(changed(SERVICE, spec={"clusterIP": "10.0.0.1", "ports": ports}))


@pytest.mark.parametrize(("key", "held"), [(SPACE, 6), (SERVICE, 1), (EXPORT, 1)])
def test_what_is_being_deleted_is_made_again_once_it_is_gone(key: Key, held: int) -> None:
    """In a namespace that goes nothing is applied: it would be refused."""
    decision = look(changed(key, metadata={"deletionTimestamp": stamp(NOW)}))

    assert [] == [each for each in names(decision.changes) if "gke-west-1" in each]
    assert "Deleting" == waiting(decision).reason
    assert f"{key[0]} store in cluster gke-west-1" in waiting(decision).message
    assert 1 <= len(decision.later) <= held


def test_exports_that_are_asked_for_no_more_are_withdrawn() -> None:
    """Else the import would list a cluster too many, for ever."""
    store, *others = EXAMPLE["services"]
    services = [{**store, "clusters": [EAST]}, *others]
    decision = look(wanted=environment(services=services))

    assert ["delete gke-west-1/ServiceExport/store/store"] == names(decision.changes)
    assert (
        "import store/store still lists locations/us-west1/memberships/gke-west-1"
        == waiting(decision).message
    )
    assert waiting(decision).retry_after < 60


@pytest.mark.parametrize(
    ("imports", "words", "most"),
    [
        ([], "import store/store lacks gke-west-1, gke-east-1; ", 200),
        (IMPORTS[1:], "import store/store lacks gke-west-1, gke-east-1", 60),
        ([service_import("store", BOTH[0]), *IMPORTS[1:]], "import store/store lacks gke-east-1", 60),
        ([IMPORTS[0], service_import("store-west-1", *BOTH), IMPORTS[2]], "store-west-1 still lists", 60),
    ],
)
def test_imports_are_waited_for_until_they_list_exactly_who_exports(
    imports: list[Json], words: str, most: float
) -> None:
    """The first export of a cluster takes longest."""
    decision = look(imports=imports)

    assert () == tuple(decision.changes)
    assert "ServiceImportMissing" == waiting(decision).reason
    assert words in waiting(decision).message
    assert 25 <= waiting(decision).retry_after <= most


def test_an_existing_namespace_of_long_ago_does_not_make_the_next_look_late() -> None:
    """Pauses do not grow with the age of what was there."""
    old = {SPACE: {"metadata": {"name": "store", "creationTimestamp": stamp(NOW - 365 * 86400)}}}

    assert waiting(look(there(WEST, old, known=False))).retry_after <= 60


def foreign(key: Key, **spec: Any) -> ObservedCluster:
    """The west cluster with somebody else's object in one place."""
    found = changed(key, **({"spec": spec} if spec else {})).objects
    return there(WEST, {**found, key: {**found[key], "metadata": {**found[key]["metadata"], "labels": {}}}})


@pytest.mark.parametrize(("key", "spec"), [(SERVICE, {"selector": {"app": "else"}}), (APP, {"replicas": 7})])
def test_a_foreign_object_that_differs_is_in_the_way(key: Key, spec: dict[str, Any]) -> None:
    """It is named, and nothing is applied anywhere."""
    decision = look(foreign(key, **spec))

    assert isinstance(decision.outcome, Blocked)
    assert f"{key[0].upper()}_FOREIGN" == decision.outcome.code
    assert f"{key[0]} store/store in cluster gke-west-1" in decision.outcome.cause
    kinds = {"Service": "services", "Deployment": "deployments"}
    assert "get-credentials gke-west-1 --location=us-west1-a" in decision.outcome.fix
    assert decision.outcome.fix.endswith(f"kubectl delete {kinds[key[0]]} store --namespace=store")


@pytest.mark.parametrize("key", [SPACE, SERVICE, EXPORT, APP])
def test_a_foreign_object_that_fits_is_used_and_left_alone(key: Key) -> None:
    """Whoever made it."""
    assert Decision(Done()) == look(foreign(key))


def test_a_service_without_selector_must_be_there() -> None:
    """It is the user's own: exported, never applied."""
    services = [{"name": "own", "port": 80, "clusters": [WEST]}]
    wanted = environment(services=services, sampleApp=False, routes=[])
    space = {"metadata": {"name": "store", "creationTimestamp": stamp(NOW - 900)}}
    missing = decide(wanted, observed(there(WEST, {SPACE: space})), NOW).outcome
    service: Json = {"metadata": {"name": "own"}, "spec": {"ports": [{"port": 80, "targetPort": 8080}]}}
    own: dict[Key, Json] = {SPACE: {"metadata": {"name": "store"}}, ("Service", "store", "own"): service}

    assert isinstance(missing, Blocked)
    assert ("SERVICE_MISSING", True) == (missing.code, "no Service store/own" in missing.cause)
    assert "create gke-west-1/ServiceExport/store/own" in names(
        decide(wanted, observed(there(WEST, own)), NOW).changes
    )


OWN = environment(services=[{"name": "own", "port": 80}], sampleApp=False, routes=[])
FITS = {"ports": [{"port": 80, "targetPort": 8080}], "selector": {"app": "own"}}


def exporting(wests: Json, easts: Json, *containers: Json) -> Decision:
    """What follows when Services of the user's own, with these specs, are there; and pods with these ports in west."""
    pod = {
        "metadata": {"name": "own-1", "namespace": "store", "labels": {"app": "own"}},
        "spec": {"containers": [{"ports": [each]} for each in containers]},
    }
    found = {}
    for name, spec in ((WEST, wests), (EAST, easts)):
        service: Json = {"metadata": {"name": "own"}, "spec": spec}
        live: dict[Key, Json] = {SPACE: {"metadata": {"name": "store"}}, ("Service", "store", "own"): service}
        found[name] = replace(there(name, live), pods=(pod,) if containers and name == WEST else ())
    clusters = {name: each.cluster for name, each in found.items()}
    return decide(OWN, ObservedExports(clusters, found, {}, {}), NOW)


@pytest.mark.parametrize(
    ("spec", "why", "fix"),
    [
        (
            {"ports": [{"port": 90, "name": "http"}]},
            "has no TCP port 80 (it has 90)",
            '"value": {"name": "port-80"',
        ),
        ({"ports": [{"port": 80, "protocol": "UDP"}]}, "has no TCP port 80 (it has 80 for UDP)", "port-80"),
        (
            {"type": "ExternalName"},
            "is of type ExternalName, which multi-cluster Services do not",
            "another Service in its place",
        ),
        (
            {"ports": [{"port": 80, "targetPort": "web"}], "selector": {"app": "own"}},
            "called web",
            '"value": "http"',
        ),
        (
            {"ports": [{"port": 80, "targetPort": 8080, "appProtocol": "HTTPS"}]},
            "has the load balancer speak HTTPS to its pods at port 80",
            "speak plain HTTP",
        ),
        (
            {"ports": [{"port": 80, "targetPort": 8080, "appProtocol": "kubernetes.io/h2c"}]},
            "has the load balancer speak kubernetes.io/h2c to its pods at port 80",
            "speak plain HTTP",
        ),
    ],
    ids=["port", "protocol", "type", "target", "tls", "http2"],
)
def test_a_service_that_cannot_be_exported_is_named_before_anything_is_exported(
    spec: Json, why: str, fix: str
) -> None:
    """In whichever cluster: a union of ports would send the other cluster nothing, and nobody would say why."""
    stop = exporting(spec, FITS, {"containerPort": 8080, "name": "http"}).outcome

    assert isinstance(stop, Blocked)
    assert "SERVICE_UNFIT" == stop.code
    assert stop.cause.startswith("Service store/own in cluster gke-west-1 ") and why in stop.cause
    assert "gke-east-1" not in stop.cause
    assert fix in stop.fix


@pytest.mark.parametrize("protocol", ["http", "HTTP", "kubernetes.io/ws"])
def test_a_port_that_says_that_it_speaks_http_is_fine(protocol: str) -> None:
    """Web sockets begin as HTTP."""
    fits = {"ports": [{"port": 80, "targetPort": 8080, "appProtocol": protocol}]}

    assert not isinstance(exporting(fits, FITS).outcome, Blocked)


def test_what_is_wrong_in_two_clusters_is_told_at_once() -> None:
    """A person who mends one finds no second."""
    lacking = {"ports": [{"port": 90}]}
    stop = exporting(lacking, lacking).outcome

    assert isinstance(stop, Blocked)
    assert ["services.own", "services.own"] == [each["path"] for each in stop.faults]
    assert ("gke-west-1" in stop.cause, "gke-east-1" in stop.cause) == (True, True)
    assert 2 == stop.fix.count("kubectl patch service own")


@pytest.mark.parametrize(
    "containers", [[], [{"containerPort": 8080, "name": "web"}]], ids=["no pods", "as named"]
)
def test_a_port_by_name_is_fine_as_long_as_no_pod_speaks_against_it(containers: list[Json]) -> None:
    """Pods that come later may have it."""
    by_name = {"ports": [{"port": 80, "targetPort": "web"}], "selector": {"app": "own"}}

    assert not isinstance(exporting(by_name, FITS, *containers).outcome, Blocked)


def test_a_foreign_cluster_that_exports_the_same_is_named() -> None:
    """The fleet takes equal names for one service; waiting would not end."""
    imports = [service_import("store", *BOTH, "us-west1/legacy"), *IMPORTS[1:]]
    outcome = look(
        imports=imports, foreign_clusters={"locations/us-west1/memberships/legacy": "legacy"}
    ).outcome

    assert isinstance(outcome, Blocked)
    assert "IMPORT_SHARED" == outcome.code
    assert "Cluster legacy of the fleet exports store/store" in outcome.cause
    assert "kubectl delete serviceexports.net.gke.io store --namespace=store" in outcome.fix


KEYS = sorted(objects(WEST))
OWNERS = st.sampled_from([{"fleetgate-env": "store"}, {}, {"fleetgate-env": "other"}])


@given(st.dictionaries(st.sampled_from(KEYS), st.tuples(OWNERS, st.booleans())), st.booleans())
def test_nothing_foreign_is_ever_applied_to_or_deleted(
    live: dict[Key, tuple[dict[str, str], bool]], known: bool
) -> None:
    """Nor is anything that does not differ."""
    found = {}
    for key, (owner, fits) in live.items():
        item = copy.deepcopy(objects(WEST)[key])
        item["metadata"]["labels"] = owner
        found[key] = item if fits or "spec" not in item else item | {"spec": {}}
    for change in look(there(WEST, found, known)).changes:
        assert isinstance(change, ApplyObject)
        if change.key in live and change.cluster and change.cluster.name == WEST:
            assert ({"fleetgate-env": "store"}, False) == live[change.key]


def test_a_surplus_export_of_anothers_is_not_withdrawn() -> None:
    """It is not ours."""
    extra = {("ServiceExport", "store", "mine"): listed(body("other", "ServiceExport", "mine", "store"))}

    assert Decision(Done()) == look(there(WEST, {**objects(WEST), **extra}))

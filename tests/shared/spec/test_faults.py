"""One change to the tutorial's environment each, and the one fault that must come of it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.spec import Fault
from shared.spec.fault_messages import UNSUPPORTED
from tests.shared.spec.documents import REMOVED, changed, example, faults_of

RULE = "routes[0].rules[0]"
STORE = {"name": "store", "port": 8080}
PREFIX = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}
REWRITE = {"type": "URLRewrite", "urlRewrite": {"path": PREFIX}}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}
EXPRESSION = {"type": "RegularExpression", "name": "x-a", "value": "a.*"}
HEADERS = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x-a"]}}
EXISTING = {"name": "gke-east-1", "location": "us-east1-c", "existing": True}
AUTOPILOT = {"name": "gke-east-1", "location": "us-east1", "autopilot": True}
REGIONS_17 = [f"europe-west{n}" for n in (1, 2, 3, 4, 6, 8, 9, 10, 12)] + [
    f"us-west{n}" for n in (1, 2, 3, 4)
]
REGIONS_17 += ["us-east1", "us-east4", "us-east5", "us-south1"]


def mirror(**more: Any) -> dict[str, Any]:
    """A filter that mirrors to the store."""
    return {"type": "RequestMirror", "requestMirror": {"backendRef": STORE, **more}}


# What is changed, to what, where the fault is (the same place if ""), a part of the fault, a part of the fix.
VALUES = [
    ("name", REMOVED, "", "name is missing", "add name, such as store"),
    ("name", "Store_1", "", "'Store_1' is not made of lower-case", "write store-1"),
    ("name", "s" * 54, "", "more characters than 53", "shorten it to 53"),
    ("name", "", "", "is not made of", "such as store"),
    ("name", 2024, "", "2024 is not text", "needs quotes"),
    ("project", "Shop", "", "6 to 30", "such as shop-prod"),
    ("project", "Shop Prod", "", "6 to 30", "write shop-prod"),
    ("network", "default/net", "", "Shared VPC", "such as net"),
    ("network", "default net", "", "a letter first", "write default-net"),
    ("ttl", 8, "", "8 is not a time to live", "8m, 8h or 8d"),
    ("ttl", "8 hours", "", "'8 hours' is not a time to live", "8m, 8h or 8d"),
    ("ttl", "８h", "", "is not a time to live", "8m, 8h or 8d"),
    ("ttl", "29m", "", "29m is outside 30m to 30d", "leave ttl out"),
    ("ttl", "31d", "", "31d is outside 30m to 30d", "write 30m to 30d"),
    ("sampleApp", "yes", "", "'yes' is not true or false", "write true or false"),
    ("clustres", [], "", "no field 'clustres'", "write clusters"),
    ("colour", "red", "", "no field 'colour'", "known are name, project"),
    ("clusters", REMOVED, "", "clusters is missing", "gke-west-1"),
    ("clusters", [], "", "clusters is empty", "at least one"),
    ("clusters", "gke-west-1", "", "is not a list", "write a list"),
    ("clusters[1]", "gke-east-1", "", "is not an object", '{"name": "gke-west-1"'),
    ("services", None, "", "null is not a list", "such as"),
    ("clusters[0].location", "us-wets1-a", "", "no region that is known", "write us-west1-a"),
    ("clusters[0].location", "us-wets1", "", "no region that is known", "write us-west1"),
    (
        "clusters[0].location",
        "us-east1-a",
        "",
        "us-east1 has no zone",
        "us-east1-b, us-east1-c or us-east1-d",
    ),
    ("clusters[0].location", "US-West1", "", "neither a zone nor a region", "write us-west1"),
    ("clusters[0].location", "mars-north1-a", "", "no region that is known", "write"),
    ("clusters[0].location", "Frankfurt, somewhere", "", "neither", "gcloud compute zones list"),
    ("clusters[0].nodeCount", "3", "", "'3' is not a whole number", "without quotes, such as 3"),
    ("clusters[0].nodeCount", 0, "", "0 is less than 1", "write 1 at the least"),
    ("clusters[0].nodeCount", 1001, "", "1001 is more than 1000", "write 1000 at the most"),
    ("clusters[0].machineType", "E2", "", "a machine type", "such as e2-standard-2"),
    ("clusters[0].releaseChannel", "regulr", "", "'regulr' is not one of rapid", "write regular"),
    ("clusters[0].nodeServiceAccount", "nodes", "", "e-mail address", "gke-nodes@"),
    ("clusters[0].podRange", "ten", "", "'ten' is not a range", "such as 10.4.0.0/14, or a size such as /20"),
    ("clusters[0].podRange", "/22", "", "/22 is smaller than /21", "a Pod range from /9 to /21"),
    ("clusters[0].podRange", "10.4.0.0/24", "", "10.4.0.0/24 is smaller than /21", "from /9 to /21"),
    ("clusters[0].podRange", "/8", "", "/8 is larger than /9", "from /9 to /21"),
    ("clusters[0].podRange", "10.4.0.1/14", "", "not the start of a range", "write 10.4.0.0/14"),
    ("clusters[0].podRange", "34.118.224.0/20", "", "34.118.224.0/20 is not private", "240.0.0.0/4"),
    ("clusters[0].podRange", "fd00::/16", "", "IPv6", "IPv4 range"),
    ("clusters[0].podRange", "/１４", "", "is not a range", "such as 10.4.0.0/14"),
    (
        "clusters[0].podRange",
        "255.255.0.0/16",
        "",
        "255.255.255.255, which no network may have",
        "from /9 to /21",
    ),
    ("clusters[0].podRange", 14, "", "14 is not text", "such as /17 or 10.4.0.0/14"),
    ("clusters[0].serviceRange", "/28", "", "/28 is smaller than /27", "a Service range from /16 to /27"),
    ("clusters[0].serviceRange", "10.4.0.0/14", "", "larger than /16", "a Service range from /16 to /27"),
    ("proxyRanges", "automatic", "", "'automatic' is not one of auto", "write auto"),
    ("proxyRanges", ["10.1.0.0/23"], "", "does not fit here", 'auto or {"us-west1"'),
    ("proxyRanges.us-west1", "10.129.0/23", "", "is not a range", "10.129.0.0/23"),
    ("proxyRanges.us-west1", "10.129.0.1/23", "", "not the start of a range", "write 10.129.0.0/23"),
    ("proxyRanges.us-west1", "10.129.0.0/27", "", "smaller than /26", "write 10.129.0.0/23"),
    ("proxyRanges.us-west1", "8.8.8.0/23", "", "8.8.8.0/23 is not private", "192.168.0.0/16"),
    ("proxyRanges.us-west1", "fd00::/23", "", "IPv6", "IPv4 range"),
    ("proxyRanges.us-wets1", "10.129.0.0/23", "", "not a region of Google Cloud", "write us-west1"),
    ("services[0].name", "1store", "", "a letter first", "such as store"),
    ("services[0].port", 70000, "", "70000 is more than 65535", "65535"),
    ("services[0].port", True, "", "true is not a whole number", "such as 8080"),
    ("services[0].selector", {}, "", "selector is empty", '{"app": "store"}'),
    ("services[0].selector", "app=store", "", "'app=store' is not a map", "keys and values"),
    ("services[0].selector", {"app": 1}, "services[0].selector.app", "1 is not text", "quotes"),
    ("services[1].clusters", [], "", "clusters is empty", "gke-west-1"),
    ("gateway.regions", ["us-west1-a"], "gateway.regions[0]", "a zone, not a region", "write us-west1"),
    ("gateway.addresses", "sttic", "", "'sttic' is not one of ephemeral, static", "write static"),
    ("gateway.listeners", [], "", "listeners is empty", "at least one"),
    ("gateway.listeners", [{"name": "x"}], "gateway.listeners[0].port", "port is missing", "such as 80"),
    ("routes", REMOVED, "", "routes is missing", "store-route"),
    ("routes[0].rules", [], "", "rules is empty", "backendRefs"),
    ("routes[0].rules", [{}] * 17, "", "more entries than 16", "at most 16"),
    ("routes[0].hostnames[0]", "store_example", "", "lower-case labels joined by dots", "labels"),
    ("routes[0].hostnames[0]", "a.*.example", "", "lower-case labels joined by dots", "the first may be *"),
    (f"{RULE}.matches[0].path.value", "west", "", "does not start with /", "write /west"),
    (f"{RULE}.matches[0].path.value", "/a//b", "", "contains //", "without it"),
    (f"{RULE}.matches[0].path.value", "/a/..", "", "contains /..", "without it"),
    (f"{RULE}.matches[0].path.value", "/a b", "", "cannot have", "%20"),
    (
        f"{RULE}.matches[0].headers",
        [{"name": "a"}],
        f"{RULE}.matches[0].headers[0].value",
        "missing",
        "canary",
    ),
    (f"{RULE}.backendRefs[0].kind", "Service", "", "'Service' is not one of", "write ServiceImport"),
    (f"{RULE}.backendRefs[0].weight", -1, "", "-1 is less than 0", "0"),
    ("healthCheck.host", "", "", "host is empty", "at least one"),
    ("probe.identity", 5, "", "5 is not an object", "cluster_name"),
    ("probe.identity", "no", "", "'no' is not one of none", "write none"),
]
ACROSS = [
    (
        "clusters[2]",
        {"name": "gke-west-1", "location": "us-west2-a"},
        "clusters[2].name",
        "already the name of clusters[0]",
        "another name",
    ),
    ("services[3]", STORE, "services[3].name", "already the name of services[0]", "another name"),
    (
        "routes[1]",
        {"name": "store-route", "rules": [{"backendRefs": [STORE]}]},
        "routes[1].name",
        "already",
        "name",
    ),
    ("configCluster", "gke-wset-1", "", "no cluster 'gke-wset-1'", "write gke-west-1"),
    ("services[1].clusters", ["gke-wset-1"], "services[1].clusters[0]", "no cluster", "write gke-west-1"),
    ("services[1].clusters", ["gke-west-1"] * 2, "services[1].clusters[1]", "listed 2 times", "once"),
    (
        "services[3]",
        STORE | {"namespace": "kube-system"},
        "services[3].namespace",
        "must not be exported from kube-system",
        "of its own",
    ),
    ("gateway.namespace", "default", "", "take the gateway's namespace", "of its own"),
    ("gateway.regions", ["us-west1", "us-west1"], "gateway.regions[1]", "listed 2 times", "once"),
    ("gateway.regions", REGIONS_17, "", "at most 16", "16 regions or fewer"),
    ("gateway.addresses", {"us-west1": "a"}, "", "no address for us-east1", "add us-east1"),
    ("proxyRanges.us-west2", "10.129.0.0/23", "", "no cluster and no address", "us-west1 or us-east1"),
    ("healthCheck.timeoutSec", 16, "", "longer than the interval of 15 s", "15 or less"),
    ("probe.identity", {}, "", "neither jsonField nor header", "none"),
    ("probe.identity", {"jsonField": "a", "header": "b"}, "", "both jsonField and header", "one of them"),
    (
        "clusters[1]",
        AUTOPILOT | {"location": "us-east1-c"},
        "clusters[1].location",
        "no zone",
        "write us-east1",
    ),
    (
        "clusters[1]",
        AUTOPILOT | {"nodeCount": 3},
        "clusters[1].nodeCount",
        "chooses the nodes",
        "remove nodeCount",
    ),
    (
        "clusters[1]",
        AUTOPILOT | {"machineType": "e2-medium"},
        "clusters[1].machineType",
        "chooses the nodes",
        "remove",
    ),
    (
        "clusters[1]",
        EXISTING | {"privateNodes": True},
        "clusters[1].privateNodes",
        "this one exists",
        "remove",
    ),
    ("clusters[1]", EXISTING | {"releaseChannel": "rapid"}, "clusters[1].releaseChannel", "exists", "remove"),
    ("clusters[1]", EXISTING | {"podRange": "/17"}, "clusters[1].podRange", "exists", "remove"),
    ("clusters[1]", EXISTING | {"serviceRange": "/22"}, "clusters[1].serviceRange", "exists", "remove"),
    ("clusters[0].nodeCount", 1, "", "one e2-medium leaves no CPU", "2 or more"),
    (
        "clusters[0]",
        {"name": "gke-west-1", "location": "us-west1", "podRange": "10.4.0.0/21"},
        "clusters[0].podRange",
        "room for 8 nodes; 9 and one more during upgrades need 10",
        "/20 or larger",
    ),
]
ROUTES = [
    (f"{RULE}.backendRefs[0].name", "store-wset-1", "", "no service 'store-wset-1'", "write store-west-1"),
    (f"{RULE}.backendRefs[0].name", "qqq", "", "no service 'qqq'", "add it to services"),
    (
        f"{RULE}.backendRefs[0].namespace",
        "shop",
        f"{RULE}.backendRefs[0].name",
        "from shop",
        "namespace: store",
    ),
    (f"{RULE}.backendRefs[0].port", 80, "", "store-west-1 has no port 80", "write 8080"),
    (f"{RULE}.backendRefs[0].weight", 0, f"{RULE}.backendRefs", "every weight is 0", "weight of 1"),
    (f"{RULE}.backendRefs", [], RULE, "sends requests nowhere", "add backendRefs"),
    (f"{RULE}.filters", [REDIRECT], f"{RULE}.backendRefs", "cannot be combined", "remove backendRefs"),
    (f"{RULE}.filters", [HEADERS, HEADERS], "", "given 2 times", "one filter"),
    (
        f"{RULE}.filters",
        [HEADERS | {"urlRewrite": {}}],
        f"{RULE}.filters[0].urlRewrite",
        "not belong",
        "remove",
    ),
    (f"{RULE}.filters", [{"type": "URLRewrite"}], f"{RULE}.filters[0].urlRewrite", "needs urlRewrite", "add"),
    (
        "routes[0].rules[0]",
        {"filters": [REDIRECT, REWRITE]},
        f"{RULE}.filters",
        "exclude each other",
        "remove",
    ),
    (
        f"{RULE}.filters",
        [mirror(percent=5, fraction={"numerator": 1})],
        f"{RULE}.filters[0].requestMirror",
        "both",
        "",
    ),
    (
        f"{RULE}.filters",
        [mirror(fraction={"numerator": 101})],
        f"{RULE}.filters[0].requestMirror.fraction.numerator",
        "more than the denominator 100",
        "or less",
    ),
    (
        f"{RULE}.filters",
        [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "stor", "port": 8080}}}],
        f"{RULE}.filters[0].requestMirror.backendRef.name",
        "no service 'stor'",
        "write store",
    ),
    (
        f"{RULE}.matches[0].headers",
        [{"name": "X-A", "value": "1"}, {"name": "x-a", "value": "2"}],
        "",
        "x-a is matched more than once",
        "another match",
    ),
]


@pytest.mark.parametrize(("path", "value", "where", "fault", "fix"), [*VALUES, *ACROSS, *ROUTES])
def test_one_mistake_gives_one_fault_with_its_place_and_its_remedy(
    path: str, value: Any, where: str, fault: str, fix: str
) -> None:
    """Nothing is reported twice, and nothing that merely follows from the mistake."""
    found = faults_of(changed(path, value))
    assert [each.path for each in found] == [where or path]
    assert fault in found[0].fault
    assert fix in found[0].fix


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        (f"{RULE}.timeouts", {"request": "10s"}, ("Rule", "timeouts")),
        (f"{RULE}.matches[0].method", "GET", ("Match", "method")),
        (f"{RULE}.matches[0].path.type", "RegularExpression", ("PathMatch", "RegularExpression")),
        (f"{RULE}.matches[0].headers", [EXPRESSION], ("ValueMatch", "RegularExpression")),
        (f"{RULE}.matches[0].queryParams", [EXPRESSION], ("ValueMatch", "RegularExpression")),
        ("gateway.listeners", [{"name": "x", "protocol": "HTTPS", "port": 443}], ("Listener", "HTTPS")),
        ("gateway.listeners", [{"name": "x", "port": 443, "tls": {}}], ("Listener", "tls")),
        (f"{RULE}.filters", [{"type": "ExtensionRef"}], ("Filter", "ExtensionRef")),
        (f"{RULE}.filters", [HEADERS | {"extensionRef": {}}], ("Filter", "extensionRef")),
        (
            f"{RULE}.filters",
            [{"type": "URLRewrite", "urlRewrite": {"path": PREFIX | {"type": "ReplaceFullPath"}}}],
            ("PathModifier", "ReplaceFullPath"),
        ),
        (
            f"{RULE}.filters",
            [{"type": "URLRewrite", "urlRewrite": {"path": PREFIX | {"replaceFullPath": "/"}}}],
            ("PathModifier", "replaceFullPath"),
        ),
        (
            "routes[0].rules[0]",
            {"filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 8443}}]},
            ("Redirect", "port"),
        ),
    ],
)
def test_what_the_controller_refuses_is_refused_here_first(
    path: str, value: Any, part: tuple[str, str]
) -> None:
    """One refused route stops the whole Gateway, so it must not get that far."""
    assert [(each.fault, each.fix) for each in faults_of(changed(path, value))] == [UNSUPPORTED[part]]


def test_overlapping_ranges_are_named_by_the_other_region() -> None:
    """Proxy-only ranges must not overlap."""
    ranges = {"us-west1": "10.129.0.0/16", "us-east1": "10.129.4.0/23"}
    fault = "10.129.4.0/23 overlaps 10.129.0.0/16 of proxyRanges.us-west1"
    expected = [Fault("proxyRanges.us-east1", fault, "choose a range that overlaps no other")]
    assert faults_of(changed("proxyRanges", ranges)) == expected


def test_no_two_ranges_of_a_network_overlap() -> None:
    """Those of proxies, Pods and Services lie in one network; sizes are for GKE to place."""
    document = changed("proxyRanges", {"us-west1": "10.4.2.0/23"})
    document["clusters"][0] |= {"podRange": "10.4.0.0/14", "serviceRange": "10.8.0.0/20"}
    document["clusters"][1] |= {"podRange": "10.8.0.0/14", "serviceRange": "/20"}

    assert [
        ("clusters[0].podRange", "10.4.0.0/14 overlaps 10.4.2.0/23 of proxyRanges.us-west1"),
        ("clusters[1].podRange", "10.8.0.0/14 overlaps 10.8.0.0/20 of clusters[0].serviceRange"),
    ] == [(each.path, each.fault) for each in faults_of(document)]


def test_all_clusters_may_share_the_range_outside_the_network() -> None:
    """It is what a cluster has for its Services where nothing is said."""
    document = example()
    for each in document["clusters"]:
        each |= {"podRange": "/21", "serviceRange": "34.118.224.0/20"}
    assert faults_of(document) == []


def test_a_range_may_be_given_for_some_regions_only() -> None:
    """What the map leaves out is chosen."""
    assert faults_of(changed("proxyRanges", {"us-west1": "10.129.0.0/26"})) == []


def test_listeners_share_neither_name_nor_port_and_host() -> None:
    """Two listeners on one port need different hosts."""
    one, other = {"name": "a", "port": 80}, {"name": "b", "port": 80, "hostname": "b.example"}
    assert faults_of(changed("gateway.listeners", [one, other])) == []
    paths = [each.path for each in faults_of(changed("gateway.listeners", [one, one]))]
    assert paths == ["gateway.listeners[1].name", "gateway.listeners[1].port"]


def test_replacing_a_prefix_needs_one_prefix() -> None:
    """With several matches nobody knows which prefix is meant."""
    rule = {"filters": [REWRITE], "backendRefs": [STORE]}
    assert faults_of(changed(RULE, rule)) == []
    exact = rule | {"matches": [{"path": {"type": "Exact", "value": "/a"}}]}
    assert [each.path for each in faults_of(changed(RULE, exact))] == [f"{RULE}.filters[0]"]
    assert [each.path for each in faults_of(changed(RULE, rule | {"matches": [{}, {}]}))] == [
        f"{RULE}.filters[0]"
    ]


def test_a_route_has_at_most_128_matches() -> None:
    """64 a rule, 16 rules, but not both at once."""
    many = {"matches": [{}] * 64, "backendRefs": [STORE]}
    assert faults_of(changed("routes[0].rules", [many, many])) == []
    found = faults_of(changed("routes[0].rules", [many, many, {"backendRefs": [STORE]}]))
    assert [(each.path, each.fault) for each in found] == [
        ("routes[0].rules", "129 matches; a route has at most 128")
    ]


def test_addresses_by_name_fit_the_regions() -> None:
    """An address in a region where the gateway has none would be forgotten."""
    fits = {"us-west1": "a", "us-east1": "b"}
    assert faults_of(changed("gateway.addresses", fits)) == []
    found = faults_of(changed("gateway.addresses", fits | {"us-west2": "c"}))
    assert [each.path for each in found] == ["gateway.addresses.us-west2"]


def test_seventeen_regions_of_clusters_are_too_many_addresses() -> None:
    """The default for the gateway's regions is no way round its limit."""
    clusters = [{"name": f"c-{index}", "location": region} for index, region in enumerate(REGIONS_17)]
    document = {"name": "wide", "clusters": clusters}
    assert [each.path for each in faults_of(document)] == ["gateway.regions"]
    assert faults_of(document | {"gateway": {"regions": REGIONS_17[:16]}}) == []

"""A request through a VPC: from the address it is sent to, by forwarding rule and URL map, to a pod's answer.

Pure reading of the store but for chance, and for the count of mirrored requests. What a client sees while a Gateway
comes up: a reset until the address is programmed, 404 `fault filter abort` until the URL map has arrived, 503 `no
healthy upstream` until endpoints are healthy, then the application [observed].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from localcloud.compute.names import full_name
from localcloud.contested import CONTESTED
from localcloud.controllers.gateway.addresses import proxy_subnets
from localcloud.controllers.gateway.urlmap import rule_owner
from localcloud.dataplane.chance import Chance, unit
from localcloud.dataplane.convergence import ARRIVED, route_key
from localcloud.dataplane.endpoints import Endpoint, endpoints, healthy, open_to
from localcloud.dataplane.headers import as_sent, with_answers_headers
from localcloud.dataplane.sampleapp import reply
from localcloud.dataplane.urlmap import Asked, matched_prefix, rule_for
from localcloud.wire.messages import Abort, Json, Response
from localcloud.world import World

# The copies that mirrors have sent to a cluster (full name): their count, and the host of the last.
MIRRORED = "dataplane.mirrored.internal"
_REDIRECTS = {
    "MOVED_PERMANENTLY_DEFAULT": 301,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}


@dataclass(frozen=True)
class Client:
    """Where a request comes from: the full name of the network, and the region of the client in it."""

    network: str
    region: str


@dataclass(frozen=True)
class HttpRequest:
    """A request as it leaves the client.

    `address` is where it is sent (`10.138.0.5:80`), `target` the path with its query, header names are
    lower case; without a `host` header the address stands for it.
    """

    method: str
    address: str
    target: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer(world: World, client: Client, request: HttpRequest) -> Response:
    """What `client` gets.

    Raises:
        Abort: nothing listens there for this client: no forwarding rule of its network, or no proxies
        behind it.
    """
    rule = _forwarding_rule(world, client, request.address)
    region = full_name(rule["subnetwork"]).split("/")[3]
    proxies = [name for place, name in proxy_subnets(client.network, world.store) if place == region]
    proxy = world.store["compute.targetHttpProxies"].get(full_name(rule["target"])) or {}
    name = full_name(proxy.get("urlMap", ""))
    url_map = world.store["compute.urlMaps"].get(name)
    if not proxies or url_map is None:
        raise Abort(f"{request.address} resets the connection")
    asked = _asked(request)
    found = rule_for(_arrived(world, name, url_map), asked)
    if found is None:
        return _refusal(404, "fault filter abort")
    return _follow(_Way(world, region, tuple(proxies)), found, asked, request)


@dataclass(frozen=True)
class _Way:
    """The proxies that a request goes through."""

    world: World
    region: str
    subnets: Sequence[str]


def _forwarding_rule(world: World, client: Client, address: str) -> Json:
    """Access is global: a client of the VPC in any region [documented]."""
    host, _, port = address.partition(":")
    for rule in world.store["compute.forwardingRules"].list():
        first, _, last = rule.get("portRange", "-").partition("-")
        here = rule.get("IPAddress") == host and full_name(rule.get("network", "")) == client.network
        if here and int(first or 0) <= int(port or 80) <= int(last or 0):
            return rule
    raise Abort(f"nothing listens at {address}")


def _asked(request: HttpRequest) -> Asked:
    parts = urlsplit(request.target)
    host = request.headers.get("host", request.address).rpartition("@")[2]
    query = parse_qs(parts.query, keep_blank_values=True)
    bare = host.split(":")[0].lower()
    return Asked(request.method, bare, parts.path or "/", request.headers, query)


def _arrived(world: World, name: str, url_map: Json) -> Json:
    """The URL map as the proxies have it: without the rules of routes that have not arrived."""
    known = world.store[ARRIVED]

    def kept(matcher: Json) -> Json:
        rules = [r for r in matcher["routeRules"] if route_key(name, rule_owner(r["description"])) in known]
        return {**matcher, "routeRules": rules}

    return {**url_map, "pathMatchers": [kept(matcher) for matcher in url_map.get("pathMatchers", [])]}


def _follow(way: _Way, rule: Json, asked: Asked, request: HttpRequest) -> Response:
    if "urlRedirect" in rule:
        return _redirect(rule, asked, request)
    action = rule["routeAction"]
    chosen = _weighted(way, rule, action["weightedBackendServices"])
    if chosen is None:
        return _refusal(500, "fault filter abort")
    path, host = _rewritten(rule, asked, request)
    actions = [each["headerAction"] for each in (chosen, rule) if "headerAction" in each]
    headers = as_sent({**request.headers, "host": host}, actions)
    if "requestMirrorPolicy" in action:
        _mirror(way, rule, action["requestMirrorPolicy"], headers)
    endpoint = _nearest(way, full_name(chosen["backendService"]))
    if endpoint is None:
        return _refusal(503, "no healthy upstream")
    if not open_to(way.world, endpoint, _ranges(way)):
        reason = "upstream connect error or disconnect/reset before headers. reset reason: connection timeout"
        return _refusal(503, reason)
    response = reply(endpoint.pod, path, way.world.clock.now, headers)
    return with_answers_headers(response, actions)


def _weighted(way: _Way, rule: Json, services: list[Json]) -> Json | None:
    key = f"{way.region}/{rule['description']}/{rule['priority']}"
    index = _chance(way).choose(key, [one.get("weight", 1) for one in services])
    return None if index is None else services[index]


def _mirror(way: _Way, rule: Json, policy: Json, headers: Mapping[str, str]) -> None:
    """Send a copy. Nobody waits for its answer, and its host ends in `-shadow` [documented: compute v1,
    RequestMirrorPolicy]. So all that is left of it is the count."""
    share = float(policy.get("mirrorPercent", 100.0)) / 100
    key = f"mirror/{way.region}/{rule['description']}/{rule['priority']}"
    endpoint = _nearest(way, full_name(policy["backendService"]))
    if _chance(way).next(key) >= share or endpoint is None or not open_to(way.world, endpoint, _ranges(way)):
        return
    seen = way.world.store[MIRRORED]
    count = (seen.get(endpoint.cluster) or {"count": 0})["count"] + 1
    seen.put(endpoint.cluster, {"count": count, "host": f"{headers['host']}-shadow"})


def _nearest(way: _Way, service: str) -> Endpoint | None:
    """A healthy endpoint of the proxies' own region, else of the nearest one that has any.

    A region is left for the next one when it has no healthy backend or no room [documented: load balancing, service LB
    policy, WATERFALL_BY_REGION, the algorithm where no other is set]. Room there always is: GKE allows 100,000,000
    requests a second and endpoint. Within the region groups get shares by their capacity, RATE times endpoints
    [documented: backend services, balancing modes], and a group's endpoints take turns: each is as likely.
    """
    found = [one for one in endpoints(way.world, service) if healthy(way.world, one)]
    if not found:
        return None
    region = min({one.region for one in found}, key=lambda other: _distance(way.region, other))
    near = [one for one in found if one.region == region]
    if way.world[CONTESTED].keeps_to_zone:
        near = _of_one_zone(way, near)
    index = _chance(way).choose(f"{way.region}/{service}/{region}", [1] * len(near))
    return near[index or 0]


def _of_one_zone(way: _Way, near: list[Endpoint]) -> list[Endpoint]:
    """Those of the zone that the proxies of the region prefer."""
    zone = min({one.pod.zone for one in near}, key=lambda name: unit(f"{way.world.seed}|{way.region}|{name}"))
    return [one for one in near if one.pod.zone == zone]


def _chance(way: _Way) -> Chance:
    return Chance(way.world.seed, way.world.store["dataplane.drawn.internal"])


def _distance(region: str, other: str) -> tuple[int, str]:
    """How far a region is: the same, the same part of the world, elsewhere; then by name [inferred]."""
    if other == region:
        return 0, other
    return (1 if other.split("-")[0] == region.split("-")[0] else 2), other


def _ranges(way: _Way) -> Iterator[str]:
    """What backends see requests come from: the proxy-only subnetworks [documented]."""
    for name in way.subnets:
        yield (way.world.store["compute.subnetworks"].get(name) or {})["ipCidrRange"]


def _rewritten(rule: Json, asked: Asked, request: HttpRequest) -> tuple[str, str]:
    """(path, Host header) as the pod gets them."""
    rewrite = rule["routeAction"].get("urlRewrite", {})
    path = asked.path
    if "pathPrefixRewrite" in rewrite:
        path = _replaced_prefix(path, matched_prefix(rule, asked), rewrite["pathPrefixRewrite"])
    return path, rewrite.get("hostRewrite") or request.headers.get("host", request.address)


def _replaced_prefix(path: str, prefix: str, new: str) -> str:
    rest = path[len(prefix) :].lstrip("/")
    return f"{new.rstrip('/')}/{rest}" if rest else new or "/"


def _redirect(rule: Json, asked: Asked, request: HttpRequest) -> Response:
    redirect = rule["urlRedirect"]
    path = asked.path
    if "pathRedirect" in redirect:
        path = redirect["pathRedirect"]
    elif "prefixRedirect" in redirect:
        path = _replaced_prefix(path, matched_prefix(rule, asked), redirect["prefixRedirect"])
    scheme = "https" if redirect.get("httpsRedirect") else "http"
    host = redirect.get("hostRedirect") or request.headers.get("host", request.address)
    query = urlsplit(request.target).query
    location = f"{scheme}://{host}{path}" + (f"?{query}" if query else "")
    status = _REDIRECTS[redirect.get("redirectResponseCode", "MOVED_PERMANENTLY_DEFAULT")]
    return Response(status, b"", {"location": location})


def _refusal(status: int, words: str) -> Response:
    return Response(status, words.encode(), {"content-type": "text/plain", "via": "1.1 google"})

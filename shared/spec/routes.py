"""Routes: the Gateway API's HTTPRoute rules, without what the GKE controller refuses.

The fields and defaults are those of the standard-channel CRD v1.3 (gateway.networking.k8s.io/v1), so that the API
server keeps what we write. What the controller refuses is left out, because one refused route stops the whole Gateway
from reconciling (GWCER104): see `fault_messages.UNSUPPORTED`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.spec.part import Part
from shared.spec.values import HEADER, PRECISE_HOSTNAME, Hostname, Label, Name, Port, RoutePath

HeaderName = Annotated[str, Field(pattern=HEADER, max_length=256)]
Text = Annotated[str, Field(min_length=1, max_length=4096)]
Count = Annotated[int, Field(strict=True, ge=0)]


class PathMatch(Part):
    """Which paths a match covers."""

    type: Literal["PathPrefix", "Exact"] = Field(
        "PathPrefix", description="PathPrefix covers the paths below, too."
    )
    value: RoutePath = Field("/", description="Absolute path.")


class ValueMatch(Part):
    """A header or query parameter that a request must have."""

    type: Literal["Exact"] = Field("Exact", description="How the value is compared.")
    name: HeaderName = Field(description="Name of the header or parameter.", examples=["x-shop-env"])
    value: Text = Field(description="What it must be.", examples=["canary"])


class Match(Part):
    """Conditions that must all hold."""

    path: PathMatch = Field(
        PathMatch.model_construct(), description="The request's path; default: every path."
    )
    headers: tuple[ValueMatch, ...] = Field((), max_length=16, description="Headers it must have.")
    query_params: tuple[ValueMatch, ...] = Field(
        (), max_length=16, description="Query parameters it must have."
    )


class Header(Part):
    """A header and its value."""

    name: HeaderName = Field(description="Name of the header.", examples=["x-shop-env"])
    value: Text = Field(description="Its value.", examples=["canary"])


class HeaderModifier(Part):
    """What is done to the headers."""

    set: tuple[Header, ...] = Field((), max_length=16, description="Set, in place of what was there.")
    add: tuple[Header, ...] = Field((), max_length=16, description="Added to what is there.")
    remove: tuple[str, ...] = Field((), max_length=16, description="Names of headers to take away.")


class PathModifier(Part):
    """What becomes of the path."""

    type: Literal["ReplacePrefixMatch"] = Field(description="The matched prefix is replaced.")
    replace_prefix_match: Annotated[str, Field(max_length=1024)] = Field(
        description="What stands in its place.", examples=["/"]
    )


class Redirect(Part):
    """Answer with a redirect instead of a backend."""

    scheme: Literal["http", "https"] | None = Field(None, description="Scheme of the location.")
    hostname: Annotated[str, Field(pattern=PRECISE_HOSTNAME, max_length=253)] | None = Field(
        None, description="Host of the location."
    )
    path: PathModifier | None = Field(None, description="Path of the location.")
    status_code: Literal[301, 302] = Field(302, description="Status of the answer.")


class Rewrite(Part):
    """Change the request before a backend gets it."""

    hostname: Annotated[str, Field(pattern=PRECISE_HOSTNAME, max_length=253)] | None = Field(
        None, description="The Host header the backend sees."
    )
    path: PathModifier | None = Field(None, description="The path the backend sees.")


class Backend(Part):
    """A multi-cluster Service, by the port of its Service (not the container's)."""

    group: Literal["net.gke.io"] = Field("net.gke.io", description="Multi-cluster Services' API group.")
    kind: Literal["ServiceImport"] = Field(
        "ServiceImport", description="The only kind this Gateway class takes."
    )
    name: Name = Field(description="One of `services`.", examples=["store"])
    namespace: Label | None = Field(None, description="The service's namespace; default: the gateway's.")
    port: Port = Field(description="The service's port.", examples=[8080])


class Fraction(Part):
    """A share of the requests."""

    numerator: Count = Field(description="So many …", examples=[1])
    denominator: Annotated[int, Field(strict=True, ge=1)] = Field(100, description="… of so many.")


class Mirror(Part):
    """Send a copy of the requests elsewhere; its answers are dropped."""

    backend_ref: Backend = Field(
        description="Where the copies go.", examples=[{"name": "store", "port": 8080}]
    )
    percent: Annotated[int, Field(strict=True, ge=0, le=100)] | None = Field(
        None, description="How many in a hundred."
    )
    fraction: Fraction | None = Field(None, description="How many, when a percentage is too coarse.")


class Filter(Part):
    """One step done to requests or answers; the block that `type` names, and no other, is given."""

    type: Literal[
        "RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect", "URLRewrite"
    ] = Field(description="Which step.")
    request_header_modifier: HeaderModifier | None = Field(None, description="For RequestHeaderModifier.")
    response_header_modifier: HeaderModifier | None = Field(None, description="For ResponseHeaderModifier.")
    request_mirror: Mirror | None = Field(None, description="For RequestMirror.")
    request_redirect: Redirect | None = Field(None, description="For RequestRedirect.")
    url_rewrite: Rewrite | None = Field(None, description="For URLRewrite.")


class BackendRef(Backend):
    """A backend and its share of the requests."""

    weight: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = Field(
        1, description="Share of the requests, in proportion to the rule's other weights."
    )
    filters: tuple[Filter, ...] = Field((), max_length=16, description="Done for this backend alone.")


class Rule(Part):
    """Which requests go where."""

    matches: tuple[Match, ...] = Field(
        (Match.model_construct(),),
        min_length=1,
        max_length=64,
        description="The rule holds when one of them does; default: always.",
    )
    filters: tuple[Filter, ...] = Field((), max_length=16, description="Done to what matches.")
    backend_refs: tuple[BackendRef, ...] = Field((), max_length=16, description="Where it goes.")


class Route(Part):
    """An HTTPRoute on the gateway, in the gateway's namespace."""

    name: Label = Field(description="Name of the HTTPRoute.", examples=["store-route"])
    hostnames: tuple[Hostname, ...] = Field(
        (),
        max_length=16,
        description="Hosts it answers for; none: every host.",
        examples=[["store.example.internal"]],
    )
    rules: tuple[Rule, ...] = Field(
        min_length=1,
        max_length=16,
        description="The Gateway API's own rules.",
        examples=[[{"backendRefs": [{"name": "store", "port": 8080}]}]],
    )

    def wire_rules(self) -> list[dict[str, Any]]:
        """The rules as an HTTPRoute has them: with the CRD's defaults, without empty lists."""
        dumped = self.model_dump(mode="json", by_alias=True, exclude_none=True)["rules"]
        return [_without_empty_lists(rule) for rule in dumped]


def _without_empty_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_empty_lists(each) for key, each in value.items() if each != []}
    return [_without_empty_lists(each) for each in value] if isinstance(value, list) else value

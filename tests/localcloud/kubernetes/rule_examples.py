"""For each rule of the CRDs, by its message: values that keep it, and values that break it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Examples(NamedTuple):
    """Values of the place where the rule stands."""

    fit: tuple[Any, ...]
    broken: tuple[Any, ...]


def _of_type(field: str, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"type": kind, field: {}}, {"type": kind}


def _path(*broken: str, fit: str = "/a/b") -> Examples:
    kinds = ("Exact", "PathPrefix")
    regular = tuple({"type": "RegularExpression", "value": value} for value in broken)
    fits = tuple({"type": kind, "value": fit} for kind in kinds)
    return Examples(
        (*fits, *regular), tuple({"type": kind, "value": value} for kind in kinds for value in broken)
    )


def _listeners(*items: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": f"l{n}", "port": 80 + n, "protocol": "HTTP", **item} for n, item in enumerate(items)]


def _parents(*items: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"group": "g", "kind": "Gateway", "name": "gw", **item} for item in items]


def _prefix(filter_name: str, *, nested: bool) -> Examples:
    """ReplacePrefixMatch, which needs exactly one match, of a prefix."""
    filters = [{filter_name: {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}}}]
    rule = {"backendRefs": [{"name": "b", "filters": filters}]} if nested else {"filters": filters}
    one, other = {"path": {"type": "PathPrefix"}}, {"path": {"type": "Exact"}}
    return Examples(
        ({**rule, "matches": [one]}, {"matches": [other]}, {"matches": [], "filters": []}),
        ({**rule, "matches": [other]}, {**rule, "matches": [one, one]}, {**rule, "matches": [{}]}),
    )


_FILTERS = {
    "requestHeaderModifier": "RequestHeaderModifier",
    "responseHeaderModifier": "ResponseHeaderModifier",
    "requestMirror": "RequestMirror",
    "requestRedirect": "RequestRedirect",
    "urlRewrite": "URLRewrite",
    "extensionRef": "ExtensionRef",
}

EXAMPLES: dict[str, Examples] = {
    "IPAddress values must be unique": Examples(
        ([], [{"type": "IPAddress", "value": "10.0.0.1"}, {"type": "Hostname", "value": "10.0.0.1"}]),
        ([{"type": "IPAddress", "value": "10.0.0.1"}] * 2,),
    ),
    "Hostname values must be unique": Examples(
        ([{"type": "Hostname", "value": "a"}, {"type": "Hostname", "value": "b"}],),
        ([{"type": "Hostname", "value": "a"}] * 2,),
    ),
    "Hostname value must only contain valid characters (matching "
    r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)": Examples(
        ({"type": "Hostname", "value": "*.a-b.example"}, {"type": "IPAddress", "value": "::"}),
        ({"type": "Hostname", "value": "-a"}, {"type": "Hostname", "value": "é"}),
    ),
    "Annotation keys must be in the form of an optional DNS subdomain prefix followed by a required name segment "
    "of up to 63 characters.": Examples(
        ({}, {"a.b/c": "1", "c": "2"}, {"c" * 63: ""}), ({"/c": ""}, {"c" * 64: ""}, {"a/": ""})
    ),
    "If specified, the annotation key's prefix must be a DNS subdomain not longer than 253 characters in "
    "total.": Examples(({"a" * 252 + "/c": ""},), ({"a" * 253 + "/c": ""},)),
    "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']": Examples(
        (_listeners({}, {"protocol": "HTTPS", "tls": {}}),),
        (_listeners({"tls": {}}), _listeners({"protocol": "UDP", "tls": {}})),
    ),
    "tls mode must be Terminate for protocol HTTPS": Examples(
        (_listeners({"protocol": "HTTPS", "tls": {"mode": "Terminate"}}, {"tls": {"mode": "Passthrough"}}),),
        (_listeners({"protocol": "HTTPS", "tls": {"mode": "Passthrough"}}),),
    ),
    "hostname must not be specified for protocols ['TCP', 'UDP']": Examples(
        (_listeners({"hostname": "a"}, {"protocol": "TCP"}, {"protocol": "UDP", "hostname": ""}),),
        (_listeners({"protocol": "TCP", "hostname": "a"}),),
    ),
    "Listener name must be unique within the Gateway": Examples(
        (_listeners(*[{}] * 64),), (_listeners({"name": "x"}, {}, {"name": "x"}),)
    ),
    "Combination of port, protocol and hostname must be unique for each listener": Examples(
        (
            _listeners(*({"hostname": f"h{n}"} for n in range(64))),
            _listeners({"port": 80, "hostname": "a"}, {"port": 80, "hostname": "b"}, {"port": 80}),
        ),
        (_listeners({"port": 80}, {"port": 80}), _listeners(*[{"port": 80, "hostname": "a"}] * 2)),
    ),
    "certificateRefs or options must be specified when mode is Terminate": Examples(
        (
            {"mode": "Terminate", "certificateRefs": [{}]},
            {"mode": "Terminate", "certificateRefs": [], "options": {"a": "b"}},
            {"mode": "Passthrough"},
        ),
        ({"mode": "Terminate", "certificateRefs": [], "options": {}},),
    ),
    "sectionName must be specified when parentRefs includes 2 or more references to the same parent": Examples(
        (
            _parents({"namespace": "a"}, {"namespace": "b", "sectionName": "s"}),
            _parents(*({"sectionName": f"s{n}"} for n in range(32))),
        ),
        (_parents({}, {"sectionName": "s"}), _parents({"namespace": ""}, {"sectionName": "s"})),
    ),
    "sectionName must be unique when parentRefs includes 2 or more references to the same parent": Examples(
        (
            _parents({"namespace": "a"}, {"namespace": "b"}),
            _parents({"sectionName": "s"}, {"sectionName": "t"}),
        ),
        (_parents({}, {}), _parents(*[{"namespace": "a", "sectionName": "s"}] * 2)),
    ),
    "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route "
    "must be less than 128": Examples(
        ([], [{"matches": [{}] * 8}] * 16), ([{"matches": [{}] * 64}] * 2 + [{"matches": [{}]}],)
    ),
    "RequestRedirect filter must not be used together with backendRefs": Examples(
        ({"backendRefs": [{}]}, {"backendRefs": [], "filters": [{"requestRedirect": {}}]}),
        ({"backendRefs": [{}], "filters": [{}, {"requestRedirect": {}}]},),
    ),
    "When using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix match must be "
    "specified": _prefix("requestRedirect", nested=False),
    "When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be "
    "specified": _prefix("urlRewrite", nested=False),
    "Within backendRefs, when using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix "
    "match must be specified": _prefix("requestRedirect", nested=True),
    "Within backendRefs, When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match "
    "must be specified": _prefix("urlRewrite", nested=True),
    "Must have port for Service reference": Examples(
        ({"group": "", "kind": "Service", "port": 80}, {"group": "net.gke.io", "kind": "ServiceImport"}),
        ({"group": "", "kind": "Service"},),
    ),
    "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both": Examples(
        ([], [{"type": "RequestRedirect"}], [{"type": "URLRewrite"}]),
        ([{"type": "URLRewrite"}, {"type": "RequestRedirect"}],),
    ),
    "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter": Examples(
        ({}, {"percent": 1}, {"fraction": {}}), ({"percent": 0, "fraction": {}},)
    ),
    "numerator must be less than or equal to denominator": Examples(
        ({"numerator": 1, "denominator": 1},), ({"numerator": 101, "denominator": 100},)
    ),
    "replaceFullPath must be specified when type is set to 'ReplaceFullPath'": Examples(
        ({"type": "ReplaceFullPath", "replaceFullPath": ""},), ({"type": "ReplaceFullPath"},)
    ),
    "type must be 'ReplaceFullPath' when replaceFullPath is set": Examples(
        ({"type": "ReplacePrefixMatch"},), ({"type": "ReplacePrefixMatch", "replaceFullPath": "/"},)
    ),
    "replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch'": Examples(
        ({"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"},), ({"type": "ReplacePrefixMatch"},)
    ),
    "type must be 'ReplacePrefixMatch' when replacePrefixMatch is set": Examples(
        ({"type": "ReplaceFullPath"},), ({"type": "ReplaceFullPath", "replacePrefixMatch": "/"},)
    ),
    "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']": _path(
        "a/b", ""
    ),
    "must not contain '//' when type one of ['Exact', 'PathPrefix']": _path("/a//b"),
    "must not contain '/./' when type one of ['Exact', 'PathPrefix']": _path("/a/./b"),
    "must not contain '/../' when type one of ['Exact', 'PathPrefix']": _path("/a/../b"),
    "must not contain '%2f' when type one of ['Exact', 'PathPrefix']": _path("/a%2fb", fit="/a%2Fb"),
    "must not contain '%2F' when type one of ['Exact', 'PathPrefix']": _path("/a%2Fb", fit="/a%2fb"),
    "must not contain '#' when type one of ['Exact', 'PathPrefix']": _path("/a#b", "/a\0#"),
    "must not end with '/..' when type one of ['Exact', 'PathPrefix']": _path("/a/..", fit="/a/..b"),
    "must not end with '/.' when type one of ['Exact', 'PathPrefix']": _path("/a/.", fit="/a/.b"),
    "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']": Examples(
        ({"type": "Exact"}, {"type": "RegularExpression"}), ({"type": "exact"},)
    ),
    "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for types "
    "['Exact', 'PathPrefix']": _path("/a b", "/é", "/%4", "/a\0", fit="/a%4F~"),
    "backendRequest timeout cannot be longer than request timeout": Examples(
        (
            {"request": "1m30s", "backendRequest": "90s"},
            {"request": "0s", "backendRequest": "1h"},
            {"backendRequest": "1h"},
        ),
        ({"request": "1s", "backendRequest": "1001ms"}, {"request": "500ms", "backendRequest": "1m"}),
    ),
    "backendPreference may only be set where the policy targets a ServiceExport": Examples(
        (
            {"targetRef": {"group": "net.gke.io", "kind": "ServiceImport"}, "default": {}},
            {
                "targetRef": {"group": "net.gke.io", "kind": "ServiceExport"},
                "default": {"backendPreference": "DEFAULT"},
            },
        ),
        ({"targetRef": {"group": "", "kind": "Service"}, "default": {"backendPreference": "PREFERRED"}},),
    ),
    "timeoutSec must not be greater than checkIntervalSec; each is 5 if left out": Examples(
        ({}, {"timeoutSec": 5}, {"checkIntervalSec": 5}, {"timeoutSec": 6, "checkIntervalSec": 6}),
        ({"timeoutSec": 6}, {"checkIntervalSec": 4}),
    ),
    "port must be set, and portName must not, with USE_FIXED_PORT": Examples(
        ({}, {"portSpecification": "USE_FIXED_PORT", "port": 80}),
        (
            {"portSpecification": "USE_FIXED_PORT"},
            {"portSpecification": "USE_FIXED_PORT", "portName": "http"},
        ),
    ),
    "portName must be set, and port must not, with USE_NAMED_PORT": Examples(
        ({"portSpecification": "USE_NAMED_PORT", "portName": "http"},),
        ({"portSpecification": "USE_NAMED_PORT"}, {"portSpecification": "USE_NAMED_PORT", "port": 80}),
    ),
    "port and portName must not be set with USE_SERVING_PORT or without portSpecification": Examples(
        ({}, {"portSpecification": "USE_SERVING_PORT"}, {"portSpecification": "USE_FIXED_PORT", "port": 80}),
        ({"port": 80}, {"portSpecification": "USE_SERVING_PORT", "portName": "http"}),
    ),
}
for _field, _kind in _FILTERS.items():
    _given, _missing = _of_type(_field, _kind)
    EXAMPLES[f"filter.{_field} must be nil if the filter.type is not {_kind}"] = Examples(
        (_given, {"type": "Other"}), ({**_given, "type": "Other"},)
    )
    EXAMPLES[f"filter.{_field} must be specified for {_kind} filter.type"] = Examples((_given,), (_missing,))
for _kind in ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"):
    EXAMPLES[f"{_kind} filter cannot be repeated"] = Examples(
        ([{"type": _kind}, {"type": "ExtensionRef"}],), ([{"type": _kind}] * 2,)
    )
for _message in [message for message in EXAMPLES if "nnotation key" in message]:
    EXAMPLES[_message.replace("Annotation", "Label").replace("annotation", "label")] = EXAMPLES[_message]

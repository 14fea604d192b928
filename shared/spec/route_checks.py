"""Checks within a route, by the HTTPRoute CRD's own rules, and between routes and services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shared.spec.faults import Fault, listed, nearest
from shared.spec.model import Environment
from shared.spec.routes import Backend, Filter, Route, Rule

Faults = Iterator[Fault]
MAX_MATCHES = 128  # of a route, over its rules [the HTTPRoute CRD]
# Filter type → the block it needs: wire name, attribute.
_BLOCKS = {
    "RequestHeaderModifier": ("requestHeaderModifier", "request_header_modifier"),
    "ResponseHeaderModifier": ("responseHeaderModifier", "response_header_modifier"),
    "RequestMirror": ("requestMirror", "request_mirror"),
    "RequestRedirect": ("requestRedirect", "request_redirect"),
    "URLRewrite": ("urlRewrite", "url_rewrite"),
}


def too_many_matches(_env: Environment, path: str, route: Route) -> Faults:
    """A route has at most 128 matches."""
    total = sum(len(rule.matches) for rule in route.rules)
    if total > MAX_MATCHES:
        fault = f"{total} matches; a route has at most {MAX_MATCHES}"
        yield Fault(f"{path}.rules", fault, "split it into several routes")


def known_backends(env: Environment, path: str, rule: Rule) -> Faults:
    """A backend is one of the services, with the port of the Service (and its import), not of the container."""
    for where, backend in _backends(path, rule):
        namespace = backend.namespace or env.gateway.namespace
        same = [service for service in env.services if service.name == backend.name]
        here = [service for service in same if service.namespace == namespace]
        if not here:
            fix = f"add namespace: {same[0].namespace}" if same else _known(backend.name, env)
            yield Fault(f"{where}.name", f"no service {backend.name!r} is exported from {namespace}", fix)
        elif backend.port != here[0].port:
            fault = f"{backend.name} has no port {backend.port}; a route names the Service's port"
            yield Fault(f"{where}.port", fault, f"write {here[0].port}")


def _known(name: str, env: Environment) -> str:
    names = [service.name for service in env.services]
    near = nearest(name, names)
    return f"write {near}" if near else f"add it to services, or write {listed(names)}"


def goes_somewhere(_env: Environment, path: str, rule: Rule) -> Faults:
    """A rule sends requests to backends or redirects them, one of the two."""
    redirects = any(each.type == "RequestRedirect" for each in rule.filters)
    if redirects and rule.backend_refs:
        fault = "a redirect answers itself, and cannot be combined with backendRefs"
        yield Fault(f"{path}.backendRefs", fault, "remove backendRefs, or the RequestRedirect filter")
    if not redirects and not rule.backend_refs:
        fix = "add backendRefs, or a RequestRedirect filter"
        yield Fault(path, "the rule sends requests nowhere", fix)
    if rule.backend_refs and not any(each.weight for each in rule.backend_refs):
        fault = "every weight is 0, so nobody answers"
        yield Fault(f"{path}.backendRefs", fault, "give one of them a weight of 1 or more")


def whole_filters(_env: Environment, path: str, rule: Rule) -> Faults:
    """A filter has the block that its type names, and no other."""
    for where, step in _filters(path, rule):
        needed, attribute = _BLOCKS[step.type]
        if getattr(step, attribute) is None:
            yield Fault(f"{where}.{needed}", f"a {step.type} filter needs {needed}", f"add {needed}")
        for key, other in _BLOCKS.values():
            if key != needed and getattr(step, other) is not None:
                yield Fault(f"{where}.{key}", f"{key} does not belong to {step.type}", f"remove {key}")


def filters_once(_env: Environment, path: str, rule: Rule) -> Faults:
    """Only mirrors may be repeated in a list of filters; a redirect and a rewrite exclude each other."""
    for where, steps in _filter_lists(path, rule):
        types = Counter(step.type for step in steps)
        for kind in (kind for kind, count in types.items() if count > 1 and kind != "RequestMirror"):
            yield Fault(where, f"{kind} is given {types[kind]} times", "put it all into one filter")
        if types["RequestRedirect"] and types["URLRewrite"]:
            yield Fault(where, "RequestRedirect and URLRewrite exclude each other", "remove one of them")


def prefix_to_replace(_env: Environment, path: str, rule: Rule) -> Faults:
    """Replacing the matched prefix needs exactly one match, and that by prefix."""
    by_prefix = len(rule.matches) == 1 and rule.matches[0].path.type == "PathPrefix"
    for where, step in _filters(path, rule):
        change = step.url_rewrite or step.request_redirect
        if change and change.path and not by_prefix:
            fix = "leave one match of type PathPrefix in the rule, and move other paths to other rules"
            yield Fault(where, "replacePrefixMatch needs exactly one PathPrefix match in its rule", fix)


def mirrored_share(_env: Environment, path: str, rule: Rule) -> Faults:
    """A mirror's share is a percentage or a fraction of at most one."""
    for where, step in _filters(path, rule):
        mirror = step.request_mirror
        if mirror and mirror.percent is not None and mirror.fraction is not None:
            yield Fault(f"{where}.requestMirror", "both percent and fraction are given", "remove one of them")
        if mirror and mirror.fraction and mirror.fraction.numerator > mirror.fraction.denominator:
            fault = f"{mirror.fraction.numerator} is more than the denominator {mirror.fraction.denominator}"
            yield Fault(f"{where}.requestMirror.fraction.numerator", fault, "write the denominator or less")


def matched_once(_env: Environment, path: str, rule: Rule) -> Faults:
    """A header or parameter is matched once: the CRD's lists are keyed by name."""
    for index, match in enumerate(rule.matches):
        lists = {
            "headers": [each.name.lower() for each in match.headers],  # header names know no case
            "queryParams": [each.name for each in match.query_params],
        }
        for key, names in lists.items():
            for name in (name for name, count in Counter(names).items() if count > 1):
                fix = "match it once; another value is another match of the same rule"
                yield Fault(f"{path}.matches[{index}].{key}", f"{name} is matched more than once", fix)


def _filter_lists(path: str, rule: Rule) -> Iterator[tuple[str, tuple[Filter, ...]]]:
    yield f"{path}.filters", rule.filters
    for index, backend in enumerate(rule.backend_refs):
        yield f"{path}.backendRefs[{index}].filters", backend.filters


def _filters(path: str, rule: Rule) -> Iterator[tuple[str, Filter]]:
    for where, steps in _filter_lists(path, rule):
        yield from ((f"{where}[{index}]", step) for index, step in enumerate(steps))


def _backends(path: str, rule: Rule) -> Iterator[tuple[str, Backend]]:
    for index, backend in enumerate(rule.backend_refs):
        yield f"{path}.backendRefs[{index}]", backend
    for where, step in _filters(path, rule):
        if step.request_mirror:
            yield f"{where}.requestMirror.backendRef", step.request_mirror.backend_ref


OF_RULE = (
    known_backends,
    goes_somewhere,
    whole_filters,
    filters_once,
    prefix_to_replace,
    mirrored_share,
    matched_once,
)

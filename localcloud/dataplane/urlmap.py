"""Which rule of a URL map a request meets, as Google's proxies decide it [documented: URL maps].

The host picks the path matcher: a literal host before wildcards, a longer wildcard before a shorter one, `*`
last. Within the matcher the rules are tried by priority, and the first that matches wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from localcloud.patterns import compiled
from localcloud.wire.messages import Json


@dataclass(frozen=True)
class Asked:
    """What a URL map looks at. `host` is bare (no port, lower case), header names are lower case."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, list[str]] = field(default_factory=dict)


def rule_for(url_map: Json, asked: Asked) -> Json | None:
    """The route rule that `asked` meets, or None for the default service."""
    matcher = _path_matcher(url_map, asked.host)
    rules = sorted(matcher.get("routeRules", []), key=lambda rule: rule["priority"])
    return next((rule for rule in rules if any(_matches(m, asked) for m in rule["matchRules"])), None)


def matched_prefix(rule: Json, asked: Asked) -> str:
    """The part of the path that the rule's match took as a prefix, without a trailing slash."""
    for match in rule["matchRules"]:
        if _matches(match, asked):
            return str(match.get("prefixMatch") or match.get("fullPathMatch") or "").rstrip("/")
    return ""


def _path_matcher(url_map: Json, host: str) -> Json:
    rules = [(pattern, rule) for rule in url_map.get("hostRules", []) for pattern in rule["hosts"]]
    fitting = [(pattern, rule) for pattern, rule in rules if _host_matches(pattern, host)]
    if not fitting:
        return {}
    _, chosen = max(fitting, key=lambda one: (not one[0].startswith("*"), len(one[0])))
    matchers: Iterable[Json] = url_map.get("pathMatchers", [])
    return next((one for one in matchers if one["name"] == chosen["pathMatcher"]), {})


def _host_matches(pattern: str, host: str) -> bool:
    pattern = pattern.lower()
    if pattern in ("*", host):
        return True
    return pattern.startswith("*.") and host.endswith(pattern[1:]) and len(host) > len(pattern) - 1


def _matches(match: Json, asked: Asked) -> bool:
    return (
        _path_matches(match, asked.path)
        and all(_value_matches(one, _header(asked, one)) for one in match.get("headerMatches", []))
        and all(_value_matches(one, _parameter(asked, one)) for one in match.get("queryParameterMatches", []))
    )


def _path_matches(match: Json, path: str) -> bool:
    if match.get("ignoreCase"):
        match = {key: v.lower() if isinstance(v, str) else v for key, v in match.items()}
        path = path.lower()
    if "fullPathMatch" in match:
        return bool(path == match["fullPathMatch"])
    if "regexMatch" in match:
        return bool(compiled(match["regexMatch"]).fullmatch(path))
    return path.startswith(match.get("prefixMatch", ""))


def _header(asked: Asked, match: Json) -> str | None:
    name = match["headerName"].lower()
    return asked.method if name == ":method" else asked.headers.get(name)


def _parameter(asked: Asked, match: Json) -> str | None:
    """A parameter that comes more than once counts with its first value [documented: the Gateway API]."""
    values = asked.query.get(match["name"])
    return values[0] if values else None


def _value_matches(match: Json, value: str | None) -> bool:
    return _condition(match, value) is not bool(match.get("invertMatch"))


def _condition(match: Json, value: str | None) -> bool:
    if "presentMatch" in match:
        return (value is not None) is bool(match["presentMatch"])
    if value is None:
        return False
    if "regexMatch" in match:
        return bool(compiled(match["regexMatch"]).fullmatch(value))
    if "prefixMatch" in match or "suffixMatch" in match:
        return value.startswith(match.get("prefixMatch", "")) and value.endswith(match.get("suffixMatch", ""))
    return bool(value == match.get("exactMatch"))

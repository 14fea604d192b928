"""A route of somebody else's on our Gateway takes all requests of a rule of ours: it names the same, and is older."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.gateway.takeovers import Takeover, cause, takeovers
from shared.kubectl import deletion
from shared.objects import is_ours


def traffic_taken(case: Case) -> Iterator[Finding]:
    """One finding for each such route."""
    space = case.wanted.gateway.namespace
    every = case.config.of("HTTPRoute", space)
    foreign = [each for each in every if not is_ours(each, case.wanted.name)]
    found: dict[str, list[Takeover]] = {}
    for each in takeovers(case.routes, foreign, case.wanted.gateway.name, space):
        if each.whole:
            found.setdefault(each.foreign, []).append(each)
    for name, taken in found.items():
        yield Finding(
            code="TRAFFIC_TAKEN",
            resource=f"{case.wanted.config_cluster}/HTTPRoute/{space}/{name}",
            cause=cause(space, name, case.wanted.config_cluster, taken),
            evidence={"requests": [each.requests for each in taken]},
            fix=deletion(case.project, case.wanted.config, "HTTPRoute", space, name),
        )

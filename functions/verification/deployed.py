"""The spec that an environment was last deployed with: its Gateway bears it, whole.

A request by name has no spec. The anchor says where the Gateway is, and has the hash of the spec last deployed: what
the Gateway bears is that spec if its digest is that hash. A Gateway of an earlier release bears none. While a deploy is
at work the hash may change any moment, so each attempt asks the anchor for it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.verification.drift import (
    Drift,
    Drifted,
    again,
    drift_of,
    foreign_object,
    missing_cluster,
    missing_object,
)
from functions.verification.standing import fault_of, read_standing
from functions.verification.subject import NothingToProve
from shared import anchor, labels
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster, clusters
from shared.objects import SPEC, KubeObject, is_ours
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment


def as_deployed(context: Context) -> Context:
    """The same with the spec last deployed, if the Gateway bears it, and if all that it asks for is as it says.

    Raises:
        NothingToProve: the config cluster does not answer.
        Drifted: something is missing, changed, or somebody else's.
    """
    context = up_to_date(context)
    wanted = deployed_spec(context)
    if wanted is None:
        return context
    if drift := [*drift_of(wanted, read_standing(context.session, wanted))]:
        raise Drifted(*drift)
    return replace(context, environment=wanted)


def deployed_spec(context: Context) -> Environment | None:
    """What the Gateway that the anchor names bears; None if it bears nothing, or the anchor does not tell where it is.

    Raises:
        NothingToProve: the config cluster does not answer.
        Drifted: the Gateway is missing, somebody else's, or bears another spec.
    """
    place = context.place
    if not (place.config and place.gateway and place.spec):
        return None
    config = _config(context)
    text = _gateway(context, config)["metadata"].get("annotations", {}).get(SPEC)
    if text is None:
        return None
    if labels.digest(text) != place.spec:
        raise Drifted(_not_applied(context.name, place.gateway, config))
    return _parsed(text, place.project)


def up_to_date(context: Context) -> Context:
    """With the hash of the spec as it is now, if a deploy was at work when the request was claimed."""
    place = context.place
    found = anchor.read(context.session, context.name) if place.deploying else None
    spec = found.labels.get(labels.SPEC) if found else None
    return (
        replace(context, message=replace(context.message, place=replace(place, spec=spec)))
        if spec
        else context
    )


def _config(context: Context) -> Cluster:
    """The config cluster: of several of its name, the environment's own."""
    place = context.place
    every = clusters(context.session, place.project).within(context.places)
    named = [each for each in every if each.name == place.config]
    own = [each for each in named if labels.is_owned(each.labels, context.name)]
    found = next(iter(own or named), None)
    if found is None or found.status == "STOPPING":
        fault = "is missing" if found is None else "is being deleted"
        raise Drifted(missing_cluster(context.name, place.config, fault))
    if not found.is_reachable:
        raise NothingToProve(f"cluster {found.name} {found.unreachable_because}")
    return found


def _gateway(context: Context, config: Cluster) -> KubeObject:
    space, _, name = (context.place.gateway or "").partition("/")
    api = ClusterReader(context.session, config)
    live = api.get("Gateway", space, name)
    key = ("Gateway", space, name)
    if live is None or fault_of(live):
        around = fault_of(api.get("Namespace", "", space))
        lost = (("Namespace", "", space), around) if around else (key, fault_of(live))
        raise Drifted(missing_object(context.name, config.name, *lost))
    if not is_ours(live, context.name):
        raise Drifted(foreign_object(context.name, context.place.project, config, key))
    return live


def _not_applied(environment: str, gateway: str, config: Cluster) -> Drift:
    return Drift(
        code="SPEC_NOT_APPLIED",
        what=f"Gateway {gateway} in cluster {config.name}",
        fault="bears another spec than the one that was last deployed, which did not come so far",
        fix=again(environment),
    )


def _parsed(text: str, project: str) -> Environment | None:
    """The spec in an annotation; None if this release cannot read it."""
    from shared.spec import parse_environment  # slow to import

    try:
        return parse_environment(json.loads(text), project=project)
    except (ValueError, RecursionError):
        return None

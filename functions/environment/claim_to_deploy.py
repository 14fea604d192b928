"""The claim of a deploy: whether this environment is allowed, and the labels of its anchor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.environment.acquire import acquire
from functions.environment.lease import Extension
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import anchor_name_taken, blocked
from shared import labels
from shared.anchor import Anchor, first_labels
from shared.errors import TooLarge
from shared.google import compute
from shared.step.message import Place
from shared.step.outcome import Decision, Outputs
from shared.step.packed import pack

if TYPE_CHECKING:
    from shared.spec import Deploy, Environment

# Bytes of a spec when packed: five messages hold it at once in the workflow's 512 KB of variables.
SPEC_LIMIT = 6_000
SPARE_LABELS = 4  # of an anchor, for what later requests write


def deploy(observed: ObservedRequest, request: Deploy) -> Decision:
    """Refuse the request, or claim the environment for it."""
    return _refusal(observed, request.environment) or acquire(
        observed, _values(observed, request), _outputs(observed, request)
    )


def _refusal(observed: ObservedRequest, wanted: Environment) -> Decision | None:
    """Why this environment cannot be claimed at all."""
    try:
        pack(wanted.wire(), SPEC_LIMIT)
    except TooLarge as error:
        cause = f"The environment with its defaults has {error}."
        return blocked(observed, "SPEC_TOO_LARGE", cause, "Use fewer or shorter routes.")
    if observed.verifier(wanted.project, wanted.network) is None:
        network = f"projects/{wanted.project}/global/networks/{wanted.network}"
        return blocked(
            observed,
            "NO_VERIFIER",
            f"No verification function has a leg in {network}.",
            f"Add {network} to verification_networks and apply terraform-bootstrap.",
        )
    if other := _rival(observed, wanted):
        return blocked(
            observed,
            "FLEET_IN_USE",
            f"The fleet of {wanted.project} is in use by environment {other.name}; a fleet has one gateway.",
            f"Tear {other.name} down, add what you need to it, or use another project.",
        )
    return anchor_name_taken(observed) or _moved(observed, wanted)


def _moved(observed: ObservedRequest, wanted: Environment) -> Decision | None:
    """A refusal, if the environment exists elsewhere. An anchor that a teardown created does not say where."""
    anchor = observed.anchor
    if anchor is None or not anchor.stands:
        return None
    moved = [key for key, value in _place(wanted).items() if anchor.labels.get(key, value) != value]
    if not moved:
        return None
    current = ", ".join(f"{key.partition('-')[2]} {_shown(anchor, key)}" for key in moved)
    return blocked(
        observed,
        "ENVIRONMENT_MOVED",
        f"Environment {wanted.name} exists with {current}, which cannot be changed in place.",
        f"Set that back in the spec, or tear {wanted.name} down first, or name the new environment otherwise.",
    )


def _place(wanted: Environment) -> dict[str, str]:
    """The labels that are fixed while the environment exists.

    The load balancer is named after the Gateway, and only the controller of the Gateway's config cluster removes it.
    """
    return {
        labels.PROJECT: labels.pack(wanted.project),
        labels.NETWORK: labels.pack(wanted.network),
        labels.GATEWAY: labels.pack(_gateway(wanted)),
        labels.CONFIG: wanted.config_cluster,
    }


def _gateway(wanted: Environment) -> str:
    return f"{wanted.gateway.namespace}/{wanted.gateway.name}"


def _shown(anchor: Anchor, key: str) -> str:
    return labels.gathered(anchor.labels, key) or "another one"


def _rival(observed: ObservedRequest, wanted: Environment) -> Anchor | None:
    """Another environment of the same fleet, unless this one was there first.

    Two claims at the same time may both create their anchors before either reads again; then the older anchor wins.
    """
    mine, project = observed.anchor, labels.pack(wanted.project)
    rivals = [
        each
        for each in observed.environments
        if each.name != wanted.name
        and each.labels.get(labels.PROJECT) == project
        and not (mine and _was_first(mine, each, project))
    ]
    return min(rivals, key=_age, default=None)


def _was_first(mine: Anchor, other: Anchor, project: str) -> bool:
    """Whether both anchors have named the fleet since their creation, and `mine` is the older one.

    An anchor that a teardown created names no fleet until a deploy labels it, and nothing tells when that was. So
    with such an anchor on either side both yield, and never both go on.
    """
    named = all(first_labels(each.description).get(labels.PROJECT) == project for each in (mine, other))
    return named and _age(mine) < _age(other)


def _age(each: Anchor) -> tuple[float, str]:
    return compute.unix(each.created), each.name


def _values(observed: ObservedRequest, request: Deploy) -> dict[str, str]:
    """The anchor's labels: Fleetgate's anew, and those that somebody else has added."""
    wanted = request.environment
    foreign = labels.not_ours(observed.anchor.labels) if observed.anchor else {}
    values = {
        **foreign,
        labels.OWNER: wanted.name,
        labels.GENERATION: observed.generation,
        labels.EXECUTION: observed.execution,
        labels.ACTION: request.action,
        labels.SPEC: wanted.spec_hash,
        **_place(wanted),
        **labels.spread(labels.GATEWAY, _gateway(wanted)),
        **labels.spread(labels.PROBE, wanted.probe.text),
    }
    values |= {labels.BEGAN: observed.execution} if _begins(observed) else {}
    values |= _lease(observed, wanted) | ({labels.ORIGIN: request.origin} if request.origin else {})
    return values | _regions(observed, wanted, labels.LIMIT - SPARE_LABELS - len(values))


def _begins(observed: ObservedRequest) -> bool:
    """Whether it takes over a tombstone: nothing of the environment is there."""
    return observed.anchor is not None and observed.anchor.is_tombstone


def _regions(observed: ObservedRequest, wanted: Environment, most: int) -> dict[str, str]:
    """The regions of this spec and of those before it, until a teardown has looked in all of them.

    None are written if nobody knows those before, or if there is no room: then the environment may be anywhere.
    """
    before = _regions_before(observed)
    if before is None:
        return {}
    found = sorted({*before, *wanted.proxy_regions})
    return {labels.REGION + each: "" for each in found} if len(found) <= most else {}


def _regions_before(observed: ObservedRequest) -> tuple[str, ...] | None:
    """What the anchor says. One that this request has made, and nobody has labelled, stands for nothing yet."""
    anchor = observed.anchor
    if anchor is None or anchor.is_tombstone:
        return ()
    if not anchor.is_labelled:
        made_now = first_labels(anchor.description).get(labels.GENERATION) == observed.generation
        return () if made_now else None
    return labels.regions(anchor.labels)


def _lease(observed: ObservedRequest, wanted: Environment) -> dict[str, str]:
    """The lease starts again with every deploy, at its publish time. Without a ttl it has no end.

    A message that comes late or twice means the same lease: an extension or a warning since then is kept. So is an
    extension that was published after this deploy, and came before it.
    """
    anchor = observed.anchor
    if anchor is not None and anchor.is_claimed and anchor.generation == observed.generation:
        return {
            k: v for k, v in anchor.labels.items() if k in (labels.EXPIRES, labels.WARNED, labels.EXTENDED)
        }
    end = int(observed.published) + wanted.ttl if wanted.ttl else 0
    extension = Extension.of(anchor) if anchor is not None else None
    if extension and labels.age_order(extension.generation) > labels.age_order(observed.generation):
        return extension.labels() | ({labels.EXPIRES: str(max(end, extension.end))} if end else {})
    return {labels.EXPIRES: str(end)} if end else {}


def _outputs(observed: ObservedRequest, request: Deploy) -> Outputs:
    """What the workflow passes to the steps: the spec with all defaults, its place, and the verification topic."""
    wanted = request.environment
    regions = labels.regions(observed.anchor.labels) if observed.anchor else None
    place = Place(wanted.project, wanted.network, regions=regions)
    topic = observed.verifier(wanted.project, wanted.network)
    packed = pack(wanted.wire(), SPEC_LIMIT)
    return observed.outputs(environment=packed, place=place.wire(), topics={"verification": topic})

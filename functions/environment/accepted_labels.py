"""What a deploy writes on its anchor: the claim, and once it is accepted, its lease, its spec and its place.

A request that is refused changes nothing. So on the anchor of an environment that is there, a claim writes the claim
alone, and of which request the rest is. When check has passed, the request is accepted: by `accept.py` before the first
change, or by `finish.py` if there was none. On an anchor that stands for nothing yet the claim writes all at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from functions.environment.last_accepted import last_accepted
from functions.environment.lease import Extension
from functions.environment.observed_request import ObservedRequest
from functions.environment.rivals import began
from shared import labels
from shared.anchor import first_labels

if TYPE_CHECKING:
    from shared.spec import Deploy, Environment

SPARE_LABELS = 8  # of an anchor, for what later requests write
OF_PLACE = (
    labels.PROJECT,
    labels.NETWORK,
    labels.GATEWAY,
    labels.CONFIG,
    labels.REGION,
)  # how such keys begin

# When the workflow asks to accept the request: it is accepted; check has planned a change; check has passed.
Due = Literal["never", "changed", "always"]


def claimed(observed: ObservedRequest, request: Deploy) -> dict[str, str]:
    """The labels that the claim writes."""
    anchor = observed.anchor
    if anchor is None or not observed.is_accepted_later:
        return accepted(observed, request)
    if not anchor.is_claimed and not anchor.goes_on_being_removed:
        return accepted(observed, request)
    claim = {
        labels.GENERATION: observed.generation,
        labels.EXECUTION: observed.execution,
        labels.ACTION: request.action,
    }
    if anchor.generation == observed.generation:  # another execution of this request had claimed it
        return {**anchor.labels, **claim}
    return {**anchor.labels, **claim, **last_accepted(anchor), labels.ASKED: request.environment.spec_hash}


def accepted(observed: ObservedRequest, request: Deploy) -> dict[str, str]:
    """The anchor's labels once the request is accepted: Fleetgate's anew, and those that somebody else has added."""
    wanted = request.environment
    before = observed.anchor.labels if observed.anchor else {}
    values = {
        **labels.not_ours(before),
        labels.OWNER: wanted.name,
        labels.GENERATION: observed.generation,
        labels.EXECUTION: observed.execution,
        labels.ACTION: request.action,
        labels.SPEC: wanted.spec_hash,
        **place(wanted),
        **labels.spread(labels.GATEWAY, _gateway(wanted)),
        **labels.spread(labels.PROBE, wanted.probe.text),
        **_lease(observed, wanted),
        **{key: value for key, value in before.items() if key in (labels.SERVING, labels.QUIET)},
    }
    values |= began(observed)
    values |= {labels.ORIGIN: request.origin} if request.origin else {}
    return values | _regions(observed, wanted, labels.LIMIT - SPARE_LABELS - len(values))


def due(observed: ObservedRequest, request: Deploy) -> Due:
    """When the workflow is to ask for the acceptance of a request that has claimed the environment.

    Its regions have to be on the anchor before anything can be there, even if check has planned nothing.
    """
    anchor = observed.anchor
    if anchor is None or anchor.is_accepted:
        return "never"
    values = accepted(observed, request)
    keys = (each for each in {*values, *anchor.labels} if each.startswith(OF_PLACE))
    return "changed" if all(values.get(key) == anchor.labels.get(key) for key in keys) else "always"


def place(wanted: Environment) -> dict[str, str]:
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
    if anchor is None or began(observed):
        return ()
    if not anchor.is_labelled:
        made_now = first_labels(anchor.description).get(labels.GENERATION) == observed.generation
        return () if made_now else None
    return labels.regions(anchor.labels)


def _lease(observed: ObservedRequest, wanted: Environment) -> dict[str, str]:
    """The lease starts again with every deploy, at its publish time. Without a ttl it has no end.

    A message that comes late or twice means the same lease: an extension or a warning since then is kept. So is an
    extension that was published after the deploy, and came before the deploy was accepted.
    """
    anchor = observed.anchor
    if anchor is not None and anchor.is_claimed and anchor.accepted == observed.generation:
        kept = (labels.EXPIRES, labels.WARNED, labels.EXTENDED)
        return {key: value for key, value in anchor.labels.items() if key in kept}
    end = int(observed.published) + wanted.ttl if wanted.ttl else 0
    extension = Extension.of(anchor) if anchor is not None else None
    if extension and labels.age_order(extension.generation) > labels.age_order(observed.generation):
        return extension.labels() | ({labels.EXPIRES: str(max(end, extension.end))} if end else {})
    return {labels.EXPIRES: str(end)} if end else {}

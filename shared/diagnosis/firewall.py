"""No healthy upstream, because the VPC's firewall blocks health checks or proxies.

The controller creates one rule a VPC, `gkemcg1-l7-…`. The rule can be missing if the controller may not create it, can
have no source ranges [documented, GKE security bulletins], and loses against a deny rule of higher priority.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding

if TYPE_CHECKING:
    from shared.google import wire

PROBERS = ("130.211.0.0/22", "35.191.0.0/16")  # where Google's health checks come from [documented]
SHOWN = ("name", "priority", "disabled", "sourceRanges", "allowed", "denied")


def firewall_closed(case: Case) -> Iterator[Finding]:
    """One finding: the blocked ranges, and the rule that blocks them, if there is one."""
    missing = closed(case)
    if not missing:
        return
    rule = next((each for each in missing.values() if each), None) or _controllers(case)
    yield Finding(
        code="FIREWALL_CLOSED",
        resource=f"projects/{case.project}/global/firewalls/{rule['name'] if rule else 'gkemcg1-l7-*'}",
        cause=f"The firewall of network {case.wanted.network} does not let {', '.join(missing)} reach the pods:"
        " health checks or requests do not arrive.",
        evidence={"rule": {key: value for key, value in rule.items() if key in SHOWN} if rule else None},
        fix=_fix(case, rule, list(missing)),
    )


def closed(case: Case) -> dict[str, wire.Firewall | None]:
    """Each blocked range → the rule that denies it, or None. Empty while there are no backends."""
    if case.firewalls is None or not any(each.get("backends") for each in case.backends):
        return {}
    rules = sorted((each for each in case.in_network(case.firewalls) if _counts(case, each)), key=_precedence)
    wanted = [*PROBERS, *(each["ipCidrRange"] for each in case.proxies().values())]
    verdicts = {text: _decided(IPv4Network(text), rules) for text in wanted}
    return {text: rule for text, rule in verdicts.items() if rule is None or "denied" in rule}


def _decided(source: IPv4Network, rules: Iterable[wire.Firewall]) -> wire.Firewall | None:
    """The rule that decides about a range: an allow rule must cover it, a deny rule need only overlap it."""
    for rule in rules:
        ranges = [IPv4Network(text) for text in rule.get("sourceRanges", []) if ":" not in text]
        if "denied" in rule and any(source.overlaps(each) for each in ranges):
            return rule
        if "allowed" in rule and any(source.subnet_of(each) for each in ranges):
            return rule
    return None


def _precedence(rule: wire.Firewall) -> tuple[int, bool]:
    """The lowest number comes first, and at equal numbers the deny rule [documented, VPC firewall rules]."""
    return rule.get("priority", 1000), "allowed" in rule


def _counts(case: Case, rule: wire.Firewall) -> bool:
    """Whether a rule is about TCP to the nodes. The controller's own rule names the nodes' tags."""
    parts = rule.get("allowed") or rule.get("denied") or []
    about_tcp = any(each.get("IPProtocol") in ("tcp", "6", "all") for each in parts)
    controllers = _controllers(case)
    nodes = set(controllers.get("targetTags", [])) if controllers else set[str]()
    tags = set(rule.get("targetTags", []))
    about_nodes = not tags or not nodes or bool(tags & nodes)
    return (
        rule.get("direction", "INGRESS") == "INGRESS"
        and not rule.get("disabled")
        and about_tcp
        and about_nodes
    )


def _controllers(case: Case) -> wire.Firewall | None:
    found = case.in_network(case.firewalls or [])
    return next((each for each in found if each["name"].startswith("gkemcg1-l7-")), None)


def _fix(case: Case, rule: wire.Firewall | None, missing: list[str]) -> str:
    """Disable the deny rule, or add the ranges to the controller's rule; if there is neither, create a rule."""
    if rule is not None and "denied" in rule:
        return f"gcloud compute firewall-rules update {rule['name']} --project={case.project} --disabled"
    if rule is not None:
        ranges = ",".join(dict.fromkeys([*rule.get("sourceRanges", []), *missing]))
        return (
            f"gcloud compute firewall-rules update {rule['name']} --project={case.project}"
            f" --source-ranges={ranges} --no-disabled"
        )
    name = f"allow-load-balancer-{case.wanted.network}"[:63]
    return (
        f"gcloud compute firewall-rules create {name} --project={case.project} --network={case.wanted.network}"
        f" --direction=INGRESS --allow=tcp --source-ranges={','.join(missing)}"
    )

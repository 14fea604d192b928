"""Which APIs are enabled in a project, and disabling one, through Service Usage's REST API (v1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared import errors
from shared.google.answers import NAMED
from shared.google.session import Session

# Without any one of them there is no multi-cluster Gateway [documented, enabling multi-cluster Gateways].
NEEDED = tuple(
    f"{name}.googleapis.com"
    for name in (
        "compute",
        "container",
        "gkehub",
        "multiclusteringress",
        "multiclusterservicediscovery",
        "trafficdirector",
        "dns",
    )
)


def lacking(session: Session, project: str) -> tuple[str, ...]:
    """Those of the APIs that an environment needs that are off in its project."""
    on = enabled(session, project, NEEDED)
    return tuple(each for each in NEEDED if each not in on)


def enabled(session: Session, project: str, apis: Sequence[str]) -> list[str]:
    """Those of `apis` (`container.googleapis.com`) that are enabled, in the same order.

    One call for all: batchGet takes up to 30 names [documented]; they are in the query several times, which
    `Session.get` has no form for, so they are written into the path.
    """
    names = "&".join(f"names=projects/{project}/services/{api}" for api in apis)
    answer = session.get("serviceusage", f"v1/projects/{project}/services:batchGet?{names}", _has_services)
    states = {each["name"].rpartition("/")[2]: each.get("state") for each in answer["services"]}
    return [api for api in apis if states.get(api) == "ENABLED"]


def disable(session: Session, project: str, api: str) -> None:
    """Begin to disable one API: neither others that need it nor one that was used lately, as gcloud does without
    `--force` [documented in gcloud].

    Raises:
        Refused: another API needs it, or it was used in the last 30 days.
    """
    body = {"disableDependentServices": False, "checkIfServiceHasUsage": "CHECK"}
    try:
        session.post("serviceusage", f"v1/projects/{project}/services/{api}:disable", body, NAMED)
    except errors.Refused as error:
        if "is not enabled" not in error.message:
            raise


def _has_services(answer: Any) -> bool:
    """Every API that is named is in the answer, whether it is on or off [documented, batchGet]."""
    told = answer.get("services")
    return isinstance(told, list) and bool(told) and all(map(NAMED, told))

"""The fleet: memberships and features, through google-cloud-gke-hub over REST, as plain values.

As with GKE: no retries of the library's own, no waiting for operations; what they lead to is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from shared.errors import Transient
from shared.google.session import Session

MCS = "multiclusterservicediscovery"
INGRESS = "multiclusteringress"
CONTAINER = "//container.googleapis.com/"


@dataclass(frozen=True)
class State:
    """A feature's state, as a whole or of one membership: OK, WARNING, ERROR, or "" while there is none."""

    code: str
    description: str


@dataclass(frozen=True)
class Feature:
    """One feature. `status` is its life cycle: ENABLING, ACTIVE, UPDATING, SERVICE_UPDATING or DISABLING.

    `created` is in unix seconds; `members` has the states by `locations/L/memberships/M`. The keys of the API's
    own map name the project by number, all else by id [observed].
    """

    path: str
    labels: Mapping[str, str]
    created: float
    status: str
    state: State
    config_membership: str
    members: Mapping[str, State]

    @property
    def active(self) -> bool:
        """Whether it is enabled, and no change of it is under way."""
        return self.status == "ACTIVE"

    @property
    def going(self) -> bool:
        """Whether it is being disabled."""
        return self.status == "DISABLING"


@dataclass(frozen=True)
class Membership:
    """One membership. `created` is in unix seconds.

    `cluster` is the GKE cluster behind it (`projects/P/locations/L/clusters/C`), "" if it is none of GKE's;
    `orphaned` says that the hub knows that cluster to be gone [documented: GkeCluster.cluster_missing].
    """

    path: str
    ready: bool
    created: float
    cluster: str = ""
    orphaned: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """`locations/L/memberships/M`: how a feature's states are looked up."""
        return member_key(self.path)


def member_key(path: str) -> str:
    """`locations/L/memberships/M` of a full name, whether that has the project's id or its number; "" of ""."""
    _, _, tail = path.partition("/locations/")
    return f"locations/{tail}" if tail else ""


def features(session: Session, project: str) -> dict[str, Feature]:
    """The fleet's features by short name."""
    parent = f"projects/{project}/locations/global"
    found = _client(session).list_features(request={"parent": parent}, retry=None)
    return {each.name.rpartition("/")[2]: _feature(each) for each in found}


def memberships(session: Session, project: str) -> dict[str, Membership]:
    """The fleet's memberships by `locations/L/memberships/M`.

    Raises:
        Transient: a location could not be asked: a list with holes is unknown, never empty.
    """
    parent = f"projects/{project}/locations/-"
    pager = _client(session).list_memberships(request={"parent": parent}, retry=None)
    found = (_membership(each) for page in pager.pages for each in _whole(page, parent).resources)
    return {each.key: each for each in found}


def create_feature(
    session: Session, project: str, name: str, labels: Mapping[str, str], config_membership: str = ""
) -> None:
    """Begin to enable a feature.

    Raises:
        AlreadyExists: it is enabled.
    """
    spec = {INGRESS: {"config_membership": config_membership}} if config_membership else {}
    request = {
        "parent": f"projects/{project}/locations/global",
        "feature_id": name,
        "resource": {"labels": dict(labels), **({"spec": spec} if spec else {})},
    }
    _client(session).create_feature(request=request, retry=None)


def move_config_membership(session: Session, path: str, membership: str) -> None:
    """Begin to move the ingress feature at `path` to another config membership."""
    request = {
        "name": path,
        "update_mask": {"paths": [f"spec.{INGRESS}.config_membership"]},
        "resource": {"spec": {INGRESS: {"config_membership": membership}}},
    }
    _client(session).update_feature(request=request, retry=None)


def delete_feature(session: Session, path: str) -> None:
    """Begin to disable a feature; never by `force`, which leaves its resources as they are [documented].

    Raises:
        InUse: it still has resources, or had some minutes ago [observed].
        Conflict: a change of it is under way.
    """
    _client(session).delete_feature(request={"name": path}, retry=None)


def delete_membership(session: Session, path: str) -> None:
    """Begin to remove a membership.

    Raises:
        Conflict: a change of it is under way.
    """
    _client(session).delete_membership(request={"name": path}, retry=None)


@cache
def _client(session: Session) -> Any:
    endpoint = session.settings.endpoint("gkehub").rstrip("/")
    from google.cloud import gkehub_v1  # slow to import: not before its first call

    client = gkehub_v1.GkeHubClient(
        credentials=session.credentials, transport="rest", client_options={"api_endpoint": endpoint}
    )
    session.mount(client.transport._session)
    return client


def _whole(page: Any, parent: str) -> Any:
    if page.unreachable:
        text = f"no answer from {', '.join(page.unreachable)}"
        raise Transient("gkehub", "GET", parent, 0, "Unreachable", text)
    return page


def _feature(feature: Any) -> Feature:
    return Feature(
        path=feature.name,
        labels=dict(feature.labels),
        created=_unix(feature.create_time),
        status=feature.resource_state.state.name,
        state=_state(feature.state.state),
        config_membership=feature.spec.multiclusteringress.config_membership,
        members={member_key(name): _state(each.state) for name, each in feature.membership_states.items()},
    )


def _state(state: Any) -> State:
    code = state.code.name
    return State("" if code == "CODE_UNSPECIFIED" else code, state.description)


def _membership(membership: Any) -> Membership:
    gke = membership.endpoint.gke_cluster
    return Membership(
        path=membership.name,
        ready=membership.state.code.name == "READY",
        created=_unix(membership.create_time),
        cluster=gke.resource_link.removeprefix(CONTAINER).replace("/zones/", "/locations/"),
        orphaned=gke.cluster_missing,
        labels=dict(membership.labels),
    )


def _unix(time: Any) -> float:
    return float(time.timestamp()) if time else 0.0

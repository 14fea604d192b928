"""The fleet: features and memberships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Required, TypedDict


class FeatureState(TypedDict, total=False):
    """A state: its code, and why."""

    code: str
    description: str


class StateHolder(TypedDict, total=False):
    """A feature's state as a whole, or of one membership."""

    state: FeatureState


class LifeCycle(TypedDict, total=False):
    """Where a resource is in its life."""

    state: str


class IngressSpec(TypedDict, total=False):
    """What multi-cluster ingress is told."""

    configMembership: str


class FeatureSpec(TypedDict, total=False):
    """What a feature is told."""

    multiclusteringress: IngressSpec


class Feature(TypedDict, total=False):
    """A feature of a fleet. Keys of `membershipStates` are full names with the project's number [observed]."""

    name: Required[str]
    labels: Mapping[str, str]
    createTime: str
    resourceState: LifeCycle
    state: StateHolder
    membershipStates: Mapping[str, StateHolder]
    spec: FeatureSpec
    unreachable: Sequence[str]


class GkeCluster(TypedDict, total=False):
    """The cluster of GKE's behind a membership."""

    resourceLink: str
    clusterMissing: bool


class MembershipEndpoint(TypedDict, total=False):
    """What is behind a membership."""

    gkeCluster: GkeCluster


class MembershipState(TypedDict, total=False):
    """Whether a membership is READY."""

    code: str


class Membership(TypedDict, total=False):
    """A membership of a fleet."""

    name: Required[str]
    labels: Mapping[str, str]
    createTime: str
    state: MembershipState
    endpoint: MembershipEndpoint

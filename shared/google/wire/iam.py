"""Policies of IAM."""

from __future__ import annotations

from typing import Required, TypedDict


class Condition(TypedDict, total=False):
    """When a binding holds."""

    title: str
    expression: str


class Binding(TypedDict, total=False):
    """Who has a role."""

    role: Required[str]
    members: list[str]
    condition: Condition


class Policy(TypedDict, total=False):
    """A resource's IAM policy. `etag` tells which state of it was read."""

    version: int
    etag: str
    bindings: list[Binding]

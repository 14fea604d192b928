"""Every method that is served has its permissions written down."""

from __future__ import annotations

from localcloud.iam.authorization import Authorization
from localcloud.iam.catalog import Rule, stems
from localcloud.kubernetes.kinds import BUILTIN
from localcloud.services import SERVICES

MARKS = {"documented", "observed", "reported", "inferred", "memory"}


def methods() -> dict[str, tuple[Rule, ...]]:
    """What the services have written down, together."""
    found: dict[str, tuple[Rule, ...]] = {}
    for service in SERVICES:
        assert isinstance(service.authorization, Authorization)
        found |= service.authorization.rules
    return found


def test_every_method_that_is_served_has_its_permissions() -> None:
    """One that has none would be refused as not implemented; one that is not served needs none."""
    served = {method for service in SERVICES for method in service.handlers}

    assert sorted(served) == sorted(methods())


def test_every_kind_in_a_cluster_has_its_permissions() -> None:
    """But for what CustomResourceDefinitions add, which share theirs."""
    assert sorted(kind.kind for kind in BUILTIN) == sorted(stems())


def test_every_rule_says_how_it_is_known() -> None:
    """By one of the marks."""
    assert {rule.mark for rules in methods().values() for rule in rules} <= MARKS

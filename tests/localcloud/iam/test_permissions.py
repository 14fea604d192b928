"""The list of permissions, and whoever names one: methods of services, roles of Google's, Fleetgate's role files."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from fleetgate.local.roles import read_roles
from localcloud.iam.catalog import is_predefined, permissions, predefined
from localcloud.serviceusage.known import known
from tests.localcloud.iam.test_methods import methods


def unknown(names: Iterable[str]) -> set[str]:
    """Those of `names` that are no permissions."""
    return set(names) - permissions()


def test_what_methods_take_are_permissions() -> None:
    """Else a role that lets somebody call one could not be made."""
    assert set() == unknown(rule.permission for rules in methods().values() for rule in rules)


def test_what_role_files_name_are_permissions() -> None:
    """IAM refuses to make a custom role otherwise, and everything that waits for it."""
    held = {
        (role.step, name) for role in read_roles() for names in role.permissions.values() for name in names
    }

    assert len(held) > 100
    assert [] == sorted(each for each in held if each[1] not in permissions())
    assert {"cloudfunctions.runtimes.list"} == unknown({"cloudfunctions.runtimes.list"})


def test_the_list_is_of_permissions() -> None:
    """Three words at least, none twice."""
    assert len(permissions()) > 2000
    assert all(len(each.split(".")) == 3 for each in permissions())


@pytest.mark.parametrize("role", sorted(predefined()))
def test_a_role_that_is_known_is_one_of_those_there_are(role: str) -> None:
    """And holds something."""
    assert is_predefined(role)
    assert predefined()[role].permissions


def test_roles_that_agents_get_by_themselves_are_there() -> None:
    """By the names that Google gives them."""
    assert all(is_predefined(api.granted) for api in known().values() if api.granted)
    assert [False, None] == [is_predefined("roles/pubsub.none"), is_predefined("roles/bigquery.admin")]

"""Every identity may do what its role file says, needs all of it, and misses nothing that it lacks in silence."""

from __future__ import annotations

import asyncio
import re

import pytest

from fleetgate.local.roles import Grant
from fleetgate.local.run import LocalRun
from tests.acceptance.permissions import (
    FLEET,
    NOT_A_STEP,
    ROLES,
    STORIES,
    account,
    all_grants,
    cases,
    fault,
    spec,
    undisturbed,
    unproven,
    used_by,
    without,
)
from tests.support.local_cloud import call

SHORT = "use_what_is_there"  # `make test` has this story, `make prove` all, and every case
EACH = [pytest.param(name, marks=[] if name == SHORT else [pytest.mark.long]) for name in STORIES]
pytestmark = pytest.mark.xdist_group("permissions")


@pytest.mark.parametrize("name", EACH)
def test_nobody_is_refused_anything(name: str) -> None:
    """What the role files grant is enough for the whole life of an environment."""
    told = undisturbed(name)

    assert ("", set()) == (told.over, told.refused)


@pytest.mark.long
def test_everything_that_is_granted_is_made_use_of() -> None:
    """But for what the files list as not to be used here; and that is not."""
    granted = {grant for grant in all_grants() if grant.step not in ("build", "check")}
    used = used_by(granted, set().union(*(undisturbed(name).used for name in STORIES)))
    listed = {grant for grant in granted if (grant.step, grant.name) in unproven()}

    assert sorted(listed) == sorted(granted - used)


def test_what_is_listed_as_unproven_is_granted() -> None:
    """With a reason."""
    granted = {(grant.step, grant.name) for grant in all_grants()}

    assert unproven() <= granted
    assert all(reason for role in ROLES for reason in role.unproven.values())


def test_every_permission_says_what_it_is_for() -> None:
    """The files are for people, too."""
    assert all(why for role in ROLES for why in role.reasons.values())


@pytest.mark.long
def test_no_step_is_left_out() -> None:
    """Whoever acts in a step has cases; who does not, is known to act in none."""
    assert {role.step for role in ROLES} == {grant.step for grant, _ in cases()} | set(NOT_A_STEP)


def test_what_is_taken_away_is_missed_and_named() -> None:
    """The step that needs it ends blocked, with the permission and the service account; `make prove` has every case."""
    assert "" == fault(Grant("clusters", "fleet", "container.clusters.create"), "live_to_the_end")


@pytest.mark.parametrize("step", [pytest.param("service_export", marks=pytest.mark.long), "verification"])
def test_a_function_that_may_not_answer_is_named_as_it_is_deployed(step: str) -> None:
    """Its log is where to look: under that name there is a function, and it runs as the account that is named.

    Of verification there is one for each network.
    """

    async def story() -> None:
        roles = without(Grant(step, "home", "workflows.callbacks.send"))
        async with LocalRun(project=FLEET, roles=roles) as local:
            report = await local.act({"action": "deploy", "environment": spec()})
            (told,) = [each for each in report.diagnoses if each.code == "NO_ANSWER"]
            (function,) = re.findall(r"function (\S+),", told.fix)
            place = f"projects/{local.installation.project}/locations/{local.installation.region}"
            found = call(local.cloud, "GET", f"cloudfunctions/v2/{place}/functions/{function}")

        assert ("blocked", step) == (report.outcome, told.step)
        assert found["serviceConfig"]["serviceAccountEmail"] == account(step)
        assert account(step) in told.cause

    asyncio.run(story())

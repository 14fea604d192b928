"""Every identity may do what its role file says, needs all of it, and misses nothing that it lacks in silence."""

from __future__ import annotations

import asyncio
import random
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

SAMPLE, SEED = 2, 1  # of the cases, in `make test`; `make prove` has them all
pytestmark = pytest.mark.xdist_group("permissions")


@pytest.mark.parametrize("name", STORIES)
def test_nobody_is_refused_anything(name: str) -> None:
    """What the role files grant is enough for the whole life of an environment."""
    told = undisturbed()[name]

    assert ("", set()) == (told.over, told.refused)


def test_everything_that_is_granted_is_made_use_of() -> None:
    """But for what the files list as not to be used here; and that is not."""
    granted = {grant for grant in all_grants() if grant.step not in ("build", "check")}
    used = used_by(granted, set().union(*(told.used for told in undisturbed().values())))
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


def test_no_step_is_left_out() -> None:
    """Whoever acts in a step has cases; who does not, is known to act in none."""
    assert {role.step for role in ROLES} == {grant.step for grant, _ in cases()} | set(NOT_A_STEP)


@pytest.mark.parametrize("number", range(SAMPLE))
def test_what_is_taken_away_is_missed_and_named(number: int) -> None:
    """The step that needs it ends blocked, with the permission and the service account."""
    sample: list[tuple[Grant, str]] = random.Random(SEED).sample(cases(), SAMPLE)

    assert "" == fault(*sample[number])


@pytest.mark.parametrize("step", ["service_export", "verification"])
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

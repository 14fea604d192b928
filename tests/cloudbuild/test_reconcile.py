"""Git keeps environments: what a build publishes, through the wire, and what it does not publish again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cloudbuild.clouds import Repository, repository

ALL = ("added", "changed", "deleted", "mine", "untouched")
DEPLOY, TEARDOWN = "deploy", "teardown"


async def settled(kept: Repository) -> None:
    """Three environments of Git's and one of somebody's, claimed and on their way."""
    for name in ("changed", "deleted", "untouched"):
        kept.keep(name)
    await kept.reconcile()
    kept.keep("mine")
    assert 0 == (await kept.fleetgate("deploy", str(kept.folder / "mine.yaml"), "--no-wait"))[0]
    kept.drop("mine")
    await kept.until(dict.fromkeys(("changed", "deleted", "mine", "untouched"), DEPLOY))
    assert 4 == len(await kept.published())


def alter(kept: Repository) -> None:
    """One spec is added, one changed, one deleted, one written otherwise but meaning the same."""
    kept.keep("added")
    kept.keep("changed", ttl="9h")
    kept.drop("deleted")
    kept.keep("untouched", network="default")


THREE = [(DEPLOY, "added", "git"), (DEPLOY, "changed", "git"), (TEARDOWN, "deleted", None)]


def test_exactly_the_right_requests_are_published_and_none_by_the_same_build_again(tmp_path: Path) -> None:
    """Added, changed and deleted are asked for; untouched and somebody else's are not; and all that only once,
    though everything is still being worked on."""

    async def story() -> None:
        async with repository(tmp_path, ALL) as kept:
            await settled(kept)
            alter(kept)
            old = kept.anchors()["changed"]["fleetgate-spec"]

            first = await kept.reconcile()
            await kept.until({**dict.fromkeys(ALL, DEPLOY), "deleted": TEARDOWN})
            await kept.local.cloud.run_until(lambda: kept.anchors()["changed"]["fleetgate-spec"] != old)
            assert THREE == await kept.published()
            assert [None] * 3 != [each["messageId"] for each in first["requests"]]
            assert (["untouched"], ["mine"]) == (first["unchanged"], first["others"])

            second = await kept.reconcile()
            assert ([], ["added", "changed", "untouched"]) == (second["requests"], second["unchanged"])
            assert [] == await kept.published()

    asyncio.run(story())


@pytest.mark.long
def test_the_same_build_publishes_nothing_when_all_its_requests_have_ended(tmp_path: Path) -> None:
    """And the anchor of what was deleted is gone."""

    async def story() -> None:
        async with repository(tmp_path, ALL) as kept:
            await settled(kept)
            alter(kept)
            await kept.reconcile()
            await kept.published()
            await kept.local.cloud.run_until(lambda: kept.at_work() == [])
            assert dict.fromkeys(sorted(set(ALL) - {"deleted"}), DEPLOY) == kept.actions()
            assert [] == (await kept.reconcile())["requests"]

    asyncio.run(story())

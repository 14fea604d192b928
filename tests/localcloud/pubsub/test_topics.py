"""Topics are changed by a mask."""

from __future__ import annotations

import pytest

from tests.localcloud.pubsub.conftest import PubSub


def test_a_patch_changes_what_its_mask_names(pubsub: PubSub) -> None:
    """And takes away what the mask names and the body has not."""
    pubsub.ok("PUT", "topics/alpha", {"labels": {"kind": "test"}})
    body = {"topic": {"labels": {"kind": "real"}, "messageRetentionDuration": "600s"}, "updateMask": "labels"}

    changed = pubsub.ok("PATCH", "topics/alpha", body)
    assert {"name": "projects/shop/topics/alpha", "labels": {"kind": "real"}} == changed
    assert changed == pubsub.ok("GET", "topics/alpha")
    pubsub.ok("PATCH", "topics/alpha", {"topic": {}, "updateMask": "labels"})
    assert {"name": "projects/shop/topics/alpha"} == pubsub.ok("GET", "topics/alpha")


@pytest.mark.parametrize(
    ("mask", "status"), [({}, 400), ({"updateMask": "kmsKeyName"}, 405), ({"updateMask": "name"}, 400)]
)
def test_a_patch_needs_a_mask_of_what_is_modelled(pubsub: PubSub, mask: dict[str, str], status: int) -> None:
    """Said plainly."""
    assert status == pubsub.refusal("PATCH", "topics/news", {"topic": {}, **mask})[0]


def test_a_topic_that_is_not_there_is_not_patched(pubsub: PubSub) -> None:
    """404."""
    assert 404 == pubsub.refusal("PATCH", "topics/none", {"topic": {}, "updateMask": "labels"})[0]

"""Topics are changed by a mask."""

from __future__ import annotations

import pytest

from tests.localcloud.pubsub.conftest import PubSub

TOPIC = "projects/shop/topics/news"


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


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("topics/other", {"kmsKeyName": "k"}, "kmsKeyName"),
        ("topics/other", {"schemaSettings": {"schema": "projects/shop/schemas/none"}}, "schemaSettings"),
        ("subscriptions/other", {"topic": TOPIC, "filter": 'attributes.a="b"'}, "filter"),
        ("subscriptions/other", {"topic": TOPIC, "bigqueryConfig": {"table": "a.b.c"}}, "bigqueryConfig"),
    ],
)
def test_what_is_not_modelled_is_refused_at_a_creation(
    pubsub: PubSub, path: str, body: dict[str, object], field: str
) -> None:
    """A filter that let everything through would be no filter."""
    status, _, words = pubsub.refusal("PUT", path, body)
    assert 405 == status
    assert f"create with {field}" in words


def test_what_google_alone_sets_is_passed_over(pubsub: PubSub) -> None:
    """As for every field that is output only [documented: AIP-203]."""
    assert {"name": "projects/shop/topics/beta"} == pubsub.ok("PUT", "topics/beta", {"state": "ACTIVE"})

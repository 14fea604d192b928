"""gcloud as a judge: it must find nothing odd in what Pub/Sub answers."""

from __future__ import annotations

from pathlib import Path

from localcloud.pubsub import service
from tests.localcloud.pubsub.conftest import PubSub, delivering
from tests.support.judges import gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

pytestmark = judged_by_gcloud


def test_gcloud_publishes_what_is_pulled(tmp_path: Path) -> None:
    """With attributes, to a topic that its list shows."""
    pubsub = PubSub(delivering())
    pubsub.ok("PUT", "topics/news", {})
    pubsub.ok("PUT", "subscriptions/reader", {"topic": f"projects/{PROJECT}/topics/news"})
    with gcloud_in(pubsub.world, [service], PROJECT, tmp_path) as gcloud:
        assert [{"name": "projects/shop/topics/news"}] == gcloud.json("pubsub", "topics", "list")
        words = ("pubsub", "topics", "publish", "news", "--message=hi", "--attribute=kind=test")
        published = gcloud.json(*words)
        assert ["hi"] == list(pubsub.pull().values())
        status, _, errors = gcloud.run("pubsub", "topics", "publish", "none", "--message=hi")

    assert 1 == len(published["messageIds"])
    assert status == 1 and "Resource not found (resource=none)" in errors

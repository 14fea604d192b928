"""What real instances print is read through Cloud Logging."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from localcloud.wire.messages import Json
from tests.localcloud.functions.clouds import Shop, in_cloud
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import request

LINES = """
labels = {"execution": "e", "step": "clusters"}
print(json.dumps({"severity": "WARNING", "message": "told", "logging.googleapis.com/labels": labels}))
print("plain")
print("to stderr", file=sys.stderr)
"""


def entries_of(shop: Shop, filter: str) -> list[Json]:
    """The entries that a filter lets through."""
    body = {"resourceNames": [f"projects/{PROJECT}"], "filter": filter}
    answer = shop.cloud.answer(request("POST", "logging/v2/entries:list", body))
    assert 200 == answer.status, answer.body
    found: list[Json] = json.loads(answer.body).get("entries", [])
    return found


def test_lines_of_a_function_are_entries_of_its_service(tmp_path: Path) -> None:
    """Structured and plain, of stdout and of stderr, and what a killed instance had printed."""

    async def scene(shop: Shop) -> None:
        shop.cloud.world.projects.get(PROJECT).enabled.add("logging.googleapis.com")
        shop.deploy("teller", tmp_path)
        shop.deploy("victim", tmp_path)
        await shop.call("teller", LINES)
        await shop.call("victim", "print('last words'); os.kill(os.getpid(), 9)")
        await shop.passed(10)
        own = 'resource.labels.service_name="teller"'
        (told,) = entries_of(shop, f'{own} AND labels.step="clusters" AND severity>=WARNING')
        (plain,) = entries_of(shop, f'{own} AND textPayload:"plain"')
        (error,) = entries_of(shop, f'{own} AND log_id("run.googleapis.com/stderr")')
        (last,) = entries_of(shop, 'resource.labels.service_name="victim" textPayload="last words"')

        assert {"message": "told"} == told["jsonPayload"]
        assert {"execution": "e", "step": "clusters", "instanceId": "teller-000"} == told["labels"]
        assert "to stderr" == error["textPayload"]
        assert "us-central1" == plain["resource"]["labels"]["location"]
        assert last["resource"]["labels"]["revision_name"].startswith("victim-00001-")

    asyncio.run(in_cloud(11, scene))

"""Deploying a function from an archive: what is served afterwards, and what fails as Google's builds do."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from localcloud.iam import accounts
from localcloud.storage import create_bucket
from localcloud.wire.messages import Caller, Request
from tests.localcloud.functions.clouds import SOURCE, Shop, a_cloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

APIS = ("cloudfunctions", "compute", "eventarc", "pubsub", "run", "storage")
LOCATION = f"projects/{PROJECT}/locations/us-central1"
BUCKET = f"{PROJECT}-source"
MAIN = SOURCE + "\nfrom shop.words import WORD\n"
FILES = {"main.py": MAIN, "shop/__init__.py": "", "shop/words.py": "WORD = 'new'\n"}


def archive(files: dict[str, str]) -> bytes:
    """A zip of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for name, text in files.items():
            written.writestr(name, text)
    return made.getvalue()


@dataclass
class Api(Shop):
    """A shop whose functions are deployed by their API."""

    def ask(self, method: str, path: str, body: Any = None, query: dict[str, list[str]] | None = None) -> Any:
        """(status, answer) of Cloud Functions."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        request = Request(method, path, query or {}, {}, data, Caller("dev@example.com"))
        answer = self.cloud.answer(request)
        return answer.status, json.loads(answer.body)

    def upload(self, name: str, data: bytes) -> None:
        """Put an archive into the bucket."""
        query = {"uploadType": ["media"], "name": [name]}
        assert 200 == self.ask("POST", f"/upload/storage/v1/b/{BUCKET}/o", data, query)[0]

    def patch(self, name: str, archive: str, mask: str = "build_config.source", **fields: Any) -> Any:
        """Deploy an archive as a function's source."""
        source = {"storageSource": {"bucket": BUCKET, "object": archive}}
        body = {"buildConfig": {"source": source, "entryPoint": "other"}, **fields}
        path = f"/cloudfunctions/v2/{LOCATION}/functions/{name}"
        return self.ask("PATCH", path, body, {"updateMask": [mask]})

    async def ended(self, operation: Any) -> Any:
        """An operation when it is done."""
        found: list[Any] = []

        def done() -> bool:
            found[:] = [self.ask("GET", f"/cloudfunctions/v2/{operation['name']}")[1]]
            return bool(found[0]["done"])

        await self.cloud.run_until(done)
        return found[0]


Play = Callable[[Callable[[Api], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def play() -> Play:
    """Plays a scene in a cloud with a bucket."""

    async def in_cloud(scene: Callable[[Api], Coroutine[Any, Any, None]]) -> None:
        async with a_cloud(3) as cloud:
            cloud.create_project(PROJECT, [f"{name}.googleapis.com" for name in APIS])
            for name in ("made-one", "talker"):
                accounts.make(cloud.world, cloud.world.projects.get(PROJECT), name, {})
            create_bucket(cloud.world, BUCKET, PROJECT, "us-central1")
            await scene(Api(cloud))

    return lambda scene: asyncio.run(in_cloud(scene))


def test_new_instances_are_served_from_the_archive_and_old_ones_finish(play: Play, tmp_path: Path) -> None:
    """Identity, settings and entry point stay; it takes the build's time, and until then the old code answers."""

    async def scene(api: Api) -> None:
        api.deploy("talker", tmp_path, COLOUR="red")
        tell = "print(json.dumps({'word': globals().get('WORD', 'old'), 'colour': os.environ['COLOUR']}))"
        assert {"word": "old", "colour": "red"} == await api.said("talker", tell)
        api.upload("talk-1.zip", archive(FILES))
        began = api.cloud.world.clock.now
        status, operation = api.patch("talker", "talk-1.zip")
        assert (200, False) == (status, operation["done"])
        assert "old" == (await api.said("talker", tell))["word"]

        ended = await api.ended(operation)
        shown = api.ask("GET", f"/cloudfunctions/v2/{LOCATION}/functions/talker")[1]

        assert 45 < api.cloud.world.clock.now - began < 135
        assert {"word": "new", "colour": "red"} == await api.said("talker", tell)
        assert shown == {k: v for k, v in ended["response"].items() if k != "@type"}
        assert (
            "work",
            "talker/function-source.zip",
            f"talker@{PROJECT}.iam.gserviceaccount.com",
            "talker-00002",
        ) == (
            shown["buildConfig"]["entryPoint"],
            shown["buildConfig"]["source"]["storageSource"]["object"],
            shown["serviceConfig"]["serviceAccountEmail"],
            shown["serviceConfig"]["revision"].rsplit("-", 1)[0],
        )

    play(scene)


def test_what_is_at_work_during_a_deployment_is_finished(play: Play, tmp_path: Path) -> None:
    """By the instance that began it, which then is gone; what comes meanwhile gets a new one."""

    async def scene(api: Api) -> None:
        api.deploy("slow", tmp_path)
        calls = api.publish("slow", "topics(); topics(); print('done')")
        instance = api.cloud.functions.instance
        await api.cloud.run_until(lambda: getattr(instance("slow-000"), "work", None) is not None)
        old = instance("slow-000")
        assert old is not None
        api.cloud.functions.deploy(replace(old.function))
        await api.call("slow", "print('new')")
        await api.cloud.run_until(lambda: bool(api.invocations(calls)))

        assert ["ok"] == [each.outcome for each in api.invocations(calls)]
        assert old.gone
        assert {"slow-000", "slow-001"} == {each.instance for each in api.cloud.functions.invocations}

    play(scene)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: b"PK no zip", "failed to unzip the source"),
        (
            lambda: archive({"function.py": MAIN}),
            "missing main.py and GOOGLE_FUNCTION_SOURCE not specified",
        ),
        (lambda: archive({**FILES, "zeros": "0" * (257 * 2**20)}), "unpacks at most"),
        (lambda: archive({**FILES, **{f"f{number}": "" for number in range(5000)}}), "unpacks at most"),
        (lambda: archive({**FILES, "n" * 300: ""}), "failed to unzip the source"),
        (lambda: archive({**FILES, "tests/test_it.py": "def ("}), "tests/test_it.py"),
        (lambda: archive({**FILES, "deep.py": "(" * 100_000}), "deep.py"),
        (lambda: archive({"main.py": "def other(event): pass"}), "Container Healthcheck failed"),
    ],
    ids=[
        "no zip",
        "no main.py",
        "too large",
        "too many",
        "no name",
        "no Python",
        "too deep",
        "no entry point",
    ],
)
def test_an_archive_that_cannot_be_served_leaves_the_old_code_in_service(
    play: Play, tmp_path: Path, make: Callable[[], bytes], words: str
) -> None:
    """The operation says why."""

    async def scene(api: Api) -> None:
        api.deploy("talker", tmp_path)
        api.upload("bad.zip", make())

        ended = await api.ended(api.patch("talker", "bad.zip")[1])

        assert 3 == ended["error"]["code"] and words in ended["error"]["message"]
        assert {"old": 1} == await api.said("talker", "print(json.dumps({'old': 1}))")
        assert (
            "source"
            not in api.ask("GET", f"/cloudfunctions/v2/{LOCATION}/functions/talker")[1]["buildConfig"]
        )

    play(scene)


@pytest.mark.parametrize("name", ["Talker", "talker_2", "t" * 64, "-talker", ""])
def test_a_name_that_no_service_can_have_is_refused(play: Play, name: str) -> None:
    """A function is a Cloud Run service of that name."""

    async def scene(api: Api) -> None:
        path, query = f"/cloudfunctions/v2/{LOCATION}/functions", {"functionId": [name]}
        status, answer = api.ask("POST", path, {}, query)
        assert 400 == status and "function_id" in answer["error"]["message"]

    play(scene)


def test_a_deployment_is_refused_beside_another_and_without_an_archive(play: Play, tmp_path: Path) -> None:
    """In Google's words."""

    async def scene(api: Api) -> None:
        api.deploy("talker", tmp_path)
        api.upload("new.zip", archive(FILES))
        assert (400, "INVALID_ARGUMENT") == _refused(api.patch("talker", "none.zip"))
        assert (404, "NOT_FOUND") == _refused(api.patch("nobody", "new.zip"))
        assert 200 == api.patch("talker", "new.zip")[0]
        assert (409, "ABORTED") == _refused(api.patch("talker", "new.zip"))

    play(scene)


def test_a_new_function_is_made_with_its_trigger(play: Play) -> None:
    """A message of its topic calls it from then on; and it is listed."""

    async def scene(api: Api) -> None:
        api.cloud.create_topic(api.topic("made-one"))
        api.upload("new.zip", archive(FILES))
        source = {"storageSource": {"bucket": BUCKET, "object": "new.zip"}}
        body = {
            "buildConfig": {"runtime": "python312", "entryPoint": "work", "source": source},
            "serviceConfig": {"serviceAccountEmail": f"made-one@{PROJECT}.iam.gserviceaccount.com"},
            "eventTrigger": {
                "eventType": "google.cloud.pubsub.topic.v1.messagePublished", "pubsubTopic": api.topic("made-one"),
            },
        }  # fmt: skip
        query = {"functionId": ["made-one"]}
        path = f"/cloudfunctions/v2/{LOCATION}/functions"

        ended = await api.ended(api.ask("POST", path, body, query)[1])

        assert "create" == ended["metadata"]["verb"]
        assert {"word": "new"} == await api.said("made-one", "print(json.dumps({'word': WORD}))")
        assert ["made-one"] == [
            each["name"].rsplit("/", 1)[1] for each in api.ask("GET", path)[1]["functions"]
        ]
        assert 409 == api.ask("POST", path, body, query)[0]

    play(scene)


def _refused(answer: tuple[int, Any]) -> tuple[int, str]:
    status, body = answer
    return status, body["error"]["status"]

"""Instances come cold, are used again, go when idle, and each has an identity and an environment of its own."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from localcloud.functions.preload_server import HASH_SEEDS
from localcloud.iam import accounts
from localcloud.iam.access import ACCESS
from localcloud.iam.grants import grant
from tests.localcloud.functions.clouds import LOCATION, Shop
from tests.localcloud.functions.conftest import SEED, Play
from tests.support.projects import CLOUD_PROJECT as PROJECT

WHO = """
import google.auth, google.auth.transport.requests as transport
credentials, project = google.auth.default()
session = transport.AuthorizedSession(credentials)
credentials.refresh(transport.Request())
base = os.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB"]
status = session.get(base + "v1/projects/shop/topics").status_code
print(json.dumps({"project": project, "email": credentials.service_account_email, "status": status}))
"""


def test_an_instance_has_the_identity_of_its_function(play: Play, tmp_path: Path) -> None:
    """By google.auth's own way to the metadata server; its calls bear the instance's name."""

    async def scene(shop: Shop) -> None:
        shop.deploy("who", tmp_path)
        email = f"who@{PROJECT}.iam.gserviceaccount.com"
        assert {"project": PROJECT, "email": email, "status": 200} == await shop.said("who", WHO)
        call = shop.cloud.log.calls[-1]
        assert ("pubsub.projects.topics.list", email, "who-000") == (
            call.method,
            call.caller.identity,
            call.caller.instance,
        )

    play(scene)


def test_metadata_wants_its_header_and_knows_the_project(play: Play, tmp_path: Path) -> None:
    """Without `Metadata-Flavor: Google` it answers 403."""
    code = """
import urllib.error
try:
    urllib.request.urlopen(f"http://{os.environ['GCE_METADATA_HOST']}/computeMetadata/v1/project/project-id")
except urllib.error.HTTPError as error:
    status = error.code
print(json.dumps({"without": status, "with": metadata("project/project-id").decode()}))
"""

    async def scene(shop: Shop) -> None:
        shop.deploy("meta", tmp_path)
        assert {"without": 403, "with": PROJECT} == await shop.said("meta", code)

    play(scene)


def test_a_page_whose_name_leads_to_a_metadata_server_gets_no_token(play: Play, tmp_path: Path) -> None:
    """A browser lets a page send any header to its own host, and DNS can say that this machine is it."""
    code = """
import http.client
found = {}
for host in ("evil.example", os.environ["GCE_METADATA_HOST"]):
    server = http.client.HTTPConnection(os.environ["GCE_METADATA_HOST"])
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    server.request("GET", path, headers={"Host": host, "Metadata-Flavor": "Google"})
    found[host.partition(":")[0]] = server.getresponse().status
print(json.dumps(found))
"""

    async def scene(shop: Shop) -> None:
        shop.deploy("rebound", tmp_path)
        assert {"evil.example": 421, "127.0.0.1": 200} == await shop.said("rebound", code)

    play(scene)


def test_an_account_that_is_not_there_has_no_token(play: Play, tmp_path: Path) -> None:
    """404, until somebody makes it; only where IAM is enforced need it be made."""
    code = """
import urllib.error
try:
    token = json.loads(metadata("instance/service-accounts/default/token"))["token_type"]
except urllib.error.HTTPError as error:
    token = error.code
print(json.dumps({"token": token}))
"""

    async def scene(shop: Shop) -> None:
        shop.deploy("ghosts", tmp_path)
        access, world = shop.cloud.world[ACCESS], shop.cloud.world
        grant(world, f"{LOCATION}/services/ghosts", "roles/run.invoker", "allUsers")
        access.enforced = True
        try:
            assert {"token": 404} == await shop.said("ghosts", code)
            accounts.make(world, world.projects.get(PROJECT), "ghosts", {})
            assert {"token": "Bearer"} == await shop.said("ghosts", code)
        finally:
            access.enforced = False

    play(scene)


def test_the_first_event_waits_for_a_cold_start_and_the_next_does_not(play: Play, tmp_path: Path) -> None:
    """The same process serves both."""

    async def scene(shop: Shop) -> None:
        shop.deploy("warm", tmp_path)
        clock = shop.cloud.world.clock
        began = clock.now
        first = await shop.call("warm", "pass")
        assert 1.8 <= first.when - began <= 4.4
        began = clock.now
        said = await shop.said("warm", "print(json.dumps({'events': len(HELD)}))")
        assert {"events": 2} == said
        assert shop.cloud.functions.invocations[-1].when - began <= 0.2
        assert ["warm-000"] == shop.instances("warm")

    play(scene)


def test_an_idle_instance_goes_and_takes_its_metadata_server_along(play: Play, tmp_path: Path) -> None:
    """After a quarter of an hour, counted from its last event."""

    async def scene(shop: Shop) -> None:
        shop.deploy("idle", tmp_path)
        await shop.call("idle", "pass")
        await shop.passed(600)
        said = await shop.said("idle", "print(json.dumps({'host': os.environ['GCE_METADATA_HOST']}))")
        await shop.passed(890)
        assert ["idle-000"] == shop.instances("idle")
        await shop.passed(20)
        assert [] == shop.instances("idle")
        host, port = said["host"].split(":")
        with socket.socket() as probe:
            assert probe.connect_ex((host, int(port))) != 0
        assert {"events": 1} == await shop.said("idle", "print(json.dumps({'events': len(HELD)}))")

    play(scene)


def test_an_instance_serves_one_event_at_a_time(play: Play, tmp_path: Path) -> None:
    """Three at once are three instances; of the idle ones the lowest is taken."""

    async def scene(shop: Shop) -> None:
        shop.deploy("many", tmp_path)
        events = [shop.publish("many", "for _ in range(30): topics()") for _ in range(3)]
        await shop.cloud.run_until(lambda: all(shop.invocations(event) for event in events))
        assert ["many-000", "many-001", "many-002"] == shop.instances("many")
        assert {"many-000", "many-001", "many-002"} == {shop.invocations(e)[0].instance for e in events}
        assert "many-000" == (await shop.call("many", "pass")).instance

    play(scene)


def test_an_instance_has_nothing_of_its_parents_environment(play: Play, tmp_path: Path) -> None:
    """Only what Google sets, its function's own, and the way to this cloud."""
    code = "print(json.dumps({**os.environ, 'cwd': os.getcwd(), 'in path': sys.path[0]}))"

    async def scene(shop: Shop) -> None:
        shop.deploy("env", tmp_path, OWN="mine")
        said = await shop.said("env", code)
        assert "SECRET_OF_THE_PARENT" not in said
        assert ("mine", "env", "work") == (said["OWN"], said["K_SERVICE"], said["FUNCTION_TARGET"])
        assert {str(tmp_path)} == {said["cwd"], said["in path"]}
        assert str(SEED % HASH_SEEDS) == said["PYTHONHASHSEED"]
        assert "HTTP_PROXY" not in said

    play(scene)


def test_what_a_function_prints_becomes_log_entries(play: Play, tmp_path: Path) -> None:
    """JSON lines as their payload, others as a message; with the simulated time and the instance."""

    async def scene(shop: Shop) -> None:
        shop.deploy("talk", tmp_path)
        heard: list[str] = []
        shop.cloud.functions.logs.listeners.append(lambda entry: heard.append(entry.function))
        line = {"severity": "INFO", "message": "hello"}
        await shop.call("talk", f"print({json.dumps(json.dumps(line))}); print('plain'); print([1])")
        entries = shop.logged("talk")
        assert [line, {"message": "plain"}, {"message": "[1]"}] == [entry.payload for entry in entries]
        assert {("talk-000", shop.cloud.world.clock.now)} == {
            (entry.instance, entry.when) for entry in entries
        }
        assert ["talk"] * 3 == heard

    play(scene)


def test_a_new_deployment_is_served_by_new_instances(play: Play, tmp_path: Path) -> None:
    """The older ones are gone."""

    async def scene(shop: Shop) -> None:
        shop.deploy("again", tmp_path)
        await shop.call("again", "pass")
        functions = shop.cloud.functions
        old = functions.instance("again-000")
        assert old is not None
        functions.deploy(old.function)
        assert old.gone and [] == shop.instances("again")
        assert {"events": 1} == await shop.said("again", "print(json.dumps({'events': len(HELD)}))")

    play(scene)


def test_an_event_waits_for_whichever_instance_is_free_first(play: Play, tmp_path: Path) -> None:
    """That one serves both events, and the other one stands by."""

    async def scene(shop: Shop) -> None:
        shop.deploy("woken", tmp_path)
        first = shop.publish("woken", "pass")
        await shop.passed(1.0)
        second = shop.publish("woken", "pass")
        await shop.passed(10.0)

        assert len({shop.invocations(each)[0].instance for each in (first, second)}) == 1
        assert ["woken-000", "woken-001"] == shop.instances("woken")

    play(scene)


def test_an_event_waits_for_an_instance_that_is_at_work(play: Play, tmp_path: Path) -> None:
    """A cold start takes longer than the work before it."""

    async def scene(shop: Shop) -> None:
        shop.deploy("busy", tmp_path)
        await shop.call("busy", "pass")
        shop.publish("busy", "topics()")
        await shop.passed(0.15)
        message = shop.publish("busy", "pass")
        await shop.cloud.run_until(lambda: bool(shop.invocations(message)))

        assert "busy-000" == shop.invocations(message)[0].instance

    play(scene)

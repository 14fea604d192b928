"""Operations: how they run, end and fail; a repeated request; races; waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from localcloud.faults import operation_faults
from localcloud.wire.messages import Caller, Json
from localcloud.world import World
from tests.localcloud.compute.conftest import Compute
from tests.support.services import a_world

HERE = "regions/us-west1/subnetworks"
REQUEST = "0f8fad5b-d9cb-469f-a165-70867728950e"
BODY: Json = {"name": "extra", "network": "global/networks/default", "ipCidrRange": "10.2.0.0/24"}


def test_an_operation_names_its_target_and_place(custom: Compute) -> None:
    """The shape that clients poll by; timestamps carry milliseconds and -08:00."""
    operation = custom.post(HERE, BODY)
    base = "https://www.googleapis.com/compute/v1/projects/shop/regions/us-west1"
    assert (operation["kind"], operation["status"], operation["progress"]) == (
        "compute#operation",
        "RUNNING",
        0,
    )
    assert operation["operationType"] == "insert"
    assert operation["targetLink"] == f"{base}/subnetworks/extra"
    assert operation["region"] == base
    assert operation["selfLink"] == f"{base}/operations/{operation['name']}"
    assert operation["user"] == "user@example.com"
    assert operation["insertTime"] == "2026-01-05T01:00:00.000-08:00"


def test_an_operation_takes_the_time_of_the_table(custom: Compute) -> None:
    """It ends when the ledger says, by the clock, and its target is readable from then on."""
    operation = custom.post(HERE, BODY)
    work = custom.world.ledger.latest("compute.subnetworks.insert", f"projects/shop/{HERE}/extra")
    assert work is not None and 12 <= work.end - work.start <= 28
    custom.world.clock.advance_to(work.end - 0.001)
    assert custom.get(f"regions/us-west1/operations/{operation['name']}")["status"] == "RUNNING"
    custom.world.clock.advance_to(work.end)
    done = custom.get(f"regions/us-west1/operations/{operation['name']}")
    assert (done["status"], done["progress"]) == ("DONE", 100)
    assert done["targetId"] == custom.get(f"{HERE}/extra")["id"]


def test_of_two_racing_inserts_one_wins(custom: Compute) -> None:
    """The second is refused at once, while the first still runs."""
    first = custom.post(HERE, BODY)
    code, reason, message = custom.refusal("POST", HERE, BODY)
    assert (code, reason) == (409, "alreadyExists")
    assert message == f"The resource 'projects/shop/{HERE}/extra' already exists"
    assert custom.get(f"regions/us-west1/operations/{first['name']}")["status"] == "RUNNING"


def test_racing_inserts_of_overlapping_ranges(custom: Compute) -> None:
    """What is being made counts as made."""
    custom.post(HERE, BODY)
    words = custom.refusal("POST", HERE, BODY | {"name": "twin"})[2]
    assert "conflicts with existing subnetwork 'extra' in region 'us-west1'" in words


def test_a_repeated_request_gives_the_same_operation(custom: Compute) -> None:
    """The same requestId is the same request: no 409, no second resource, the operation as it stands now."""
    first = custom.post(f"{HERE}?requestId={REQUEST}", BODY)
    again = custom.post(f"{HERE}?requestId={REQUEST}", BODY)
    assert again == first
    done = custom.finish(first)
    assert custom.post(f"{HERE}?requestId={REQUEST}", BODY) == done


def test_a_repeated_set_labels_is_not_stale(custom: Compute) -> None:
    """A retry after a lost answer must not fail on the fingerprint that it changed itself."""
    path = "regions/us-west1/addresses"
    made = custom.made(path, {"name": "vip", "addressType": "INTERNAL"})
    body = {"labels": {"a": "b"}, "labelFingerprint": made["labelFingerprint"]}
    first = custom.post(f"{path}/vip/setLabels?requestId={REQUEST}", body)
    assert custom.post(f"{path}/vip/setLabels?requestId={REQUEST}", body) == first


def test_a_deletion_that_is_repeated_does_not_reach_a_namesake(custom: Compute) -> None:
    """What was made since under the same name is another resource; the request was for the one before."""
    path, body = "regions/us-west1/addresses", {"name": "vip", "addressType": "INTERNAL"}
    first = custom.made(path, body)
    custom.finish(custom.delete(f"{path}/vip?requestId={REQUEST}"))
    second = custom.made(path, body)
    custom.finish(custom.delete(f"{path}/vip?requestId={REQUEST}"))
    assert (first["id"] != second["id"], custom.get(f"{path}/vip")["id"]) == (True, second["id"])


@pytest.mark.parametrize("key", ["retry-1", "00000000-0000-0000-0000-000000000000"])
def test_a_request_id_is_a_uuid(custom: Compute, key: str) -> None:
    """Anything else, and the zero UUID, is refused."""
    assert custom.refusal("POST", f"{HERE}?requestId={key}", BODY)[:2] == (400, "invalid")


def test_a_refused_request_is_not_remembered(custom: Compute) -> None:
    """A requestId belongs to an operation; a refusal has none, so the mended request goes through."""
    custom.refusal("POST", f"{HERE}?requestId={REQUEST}", BODY | {"ipCidrRange": "10.1.0.0/24"})
    assert custom.post(f"{HERE}?requestId={REQUEST}", BODY)["status"] == "RUNNING"


def test_operations_are_listed_by_place(custom: Compute) -> None:
    """Regional and global ones have their own lists; the aggregated one has both."""
    regional = custom.post(HERE, BODY)
    at_large = custom.post("global/networks", {"name": "edge"})
    assert [o["name"] for o in custom.get("regions/us-west1/operations")["items"]] == [regional["name"]]
    assert [o["name"] for o in custom.get("global/operations")["items"]] == [at_large["name"]]
    scopes = custom.get("aggregated/operations")["items"]
    assert [scope for scope, found in scopes.items() if "operations" in found] == [
        "global",
        "regions/us-west1",
    ]
    running = custom.get("global/operations?filter=status=RUNNING AND operationType=insert")
    assert len(running["items"]) == 1


def test_a_forgotten_operation_still_happens(custom: Compute) -> None:
    """Deleting an operation forgets the record, not the work."""
    operation = custom.post(HERE, BODY)
    assert custom.respond("DELETE", f"regions/us-west1/operations/{operation['name']}").status == 204
    assert custom.refusal("GET", f"regions/us-west1/operations/{operation['name']}")[0] == 404
    custom.world.clock.advance_to(custom.world.clock.now + 60)
    assert custom.get(f"{HERE}/extra")["state"] == "READY"


def test_waiting_on_a_done_operation_answers_it(custom: Compute) -> None:
    """No stream, no delay."""
    done = custom.finish(custom.post(HERE, BODY))
    assert custom.post(f"regions/us-west1/operations/{done['name']}/wait") == done


async def _read(stream: AsyncIterator[bytes]) -> Json:
    value: Json = json.loads(b"".join([chunk async for chunk in stream]))
    return value


async def _wait_while(world: World, stream: AsyncIterator[bytes], seconds: float) -> Json:
    waiting = asyncio.create_task(_read(stream))
    await asyncio.sleep(0)
    world.clock.advance_to(world.clock.now + seconds)
    return await waiting


def test_waiting_holds_the_answer_until_it_is_done(custom: Compute) -> None:
    """The answer comes with the end of the operation."""
    operation = custom.post(HERE, BODY)
    response = custom.respond("POST", f"regions/us-west1/operations/{operation['name']}/wait", {})
    assert response.stream is not None
    assert asyncio.run(_wait_while(custom.world, response.stream, 60))["status"] == "DONE"


def test_waiting_ends_after_two_minutes(world: World) -> None:
    """Then the operation is answered as it is, still running."""
    slow = a_world("compute", timings={"compute.networks.insert": 1000})
    compute = Compute(slow)
    operation = compute.post("global/networks", {"name": "edge"})
    response = compute.respond("POST", f"global/operations/{operation['name']}/wait", {})
    assert response.stream is not None
    assert asyncio.run(_wait_while(slow, response.stream, 121))["status"] == "RUNNING"


def test_a_function_instance_is_told_how_long_it_waits(custom: Compute) -> None:
    """Its schedule lets that time pass, and then the operation is done."""
    operation = custom.post(HERE, BODY)
    (work,) = custom.world.ledger.works
    custom.caller = Caller("robot@example.com", "subnets-1")
    response = custom.respond("POST", f"regions/us-west1/operations/{operation['name']}/wait")
    custom.world.clock.advance_to(custom.world.clock.now + response.latency)

    assert response.latency == pytest.approx(work.end - work.start, abs=0.01)
    assert json.loads(response.in_time().body)["status"] == "DONE"


def test_an_unknown_operation_is_404(custom: Compute) -> None:
    """By get and by wait."""
    for method, path in (("GET", "global/operations/o"), ("POST", "zones/us-west1-a/operations/o/wait")):
        assert custom.refusal(method, path, None)[:2] == (404, "notFound")


@pytest.mark.parametrize(
    ("collection", "body"),
    [(HERE, BODY), ("regions/us-west1/addresses", {"name": "extra", "addressType": "EXTERNAL"})],
)
def test_an_operation_that_is_to_fail_leaves_nothing(custom: Compute, collection: str, body: Json) -> None:
    """The name is free again, and the next operation goes well."""
    kind = f"compute.{collection.rpartition('/')[2]}.insert"
    operation_faults.plan(
        custom.world, kind, f"projects/shop/{collection}/extra", "INTERNAL", "Internal error."
    )

    failed = custom.finish(custom.post(collection, body))

    assert [{"code": "BACKEND_ERROR", "message": "Internal error."}] == failed["error"]["errors"]
    assert 404 == custom.refusal("GET", f"{collection}/extra")[0]
    assert "extra" == custom.made(collection, body)["name"]

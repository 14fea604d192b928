"""Faults strike the calls that they are meant for, before or after these take effect, and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.faults.call_faults import (
    CallDescription,
    Crash,
    Effect,
    Fault,
    Faults,
    Late,
    Lost,
    Matcher,
    Refusal,
    Reset,
    Slow,
    Twice,
)
from localcloud.time.clock import Clock
from localcloud.wire.errors import Style
from localcloud.wire.messages import Abort, Caller, Response
from tests.localcloud.functions.clouds import Shop
from tests.localcloud.functions.conftest import Play

MAKE = "pubsub.projects.topics.create"


def _making(function: str, effect: Effect) -> Fault:
    return Fault(Matcher(service="pubsub", method=MAKE, function=function), effect)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("effect", "outcome"), [(Crash, "killed"), (Reset, "500: ")])
def test_a_call_is_broken_off_before_or_after_it_takes_effect(
    play: Play, tmp_path: Path, effect: type[Crash] | type[Reset], outcome: str, after: bool
) -> None:
    """A crash takes the instance with it, a reset leaves it to notice; the next call is not struck."""
    name = f"{effect.__name__.lower()}-{'after' if after else 'before'}"

    async def scene(shop: Shop) -> None:
        shop.deploy(name, tmp_path)
        shop.cloud.faults.plan(_making(name, effect(after)))
        failed = await shop.call(name, f"topics('PUT', '/made-by-{name}')")

        assert failed.outcome.startswith(outcome)
        assert after is (shop.topic(f"made-by-{name}") in shop.cloud.world.store["pubsub.topics"])
        assert ([] if effect is Crash else [f"{name}-000"]) == shop.instances(name)
        assert "ok" == (await shop.call(name, f"topics('PUT', '/next-{name}')")).outcome

    play(scene)


def test_a_slow_answer_comes_later_and_others_go_on_meanwhile(play: Play, tmp_path: Path) -> None:
    """The call itself takes effect when it would have."""

    async def scene(shop: Shop) -> None:
        for name in ("slow", "quick"):
            shop.deploy(name, tmp_path)
            await shop.call(name, "topics()")
        shop.cloud.faults.plan(_making("slow", Slow(30.0)))
        began = shop.cloud.world.clock.now
        slow = shop.publish("slow", "topics('PUT', '/made-slowly')")
        quick = shop.publish("quick", "topics()")
        await shop.passed(10.0)
        assert ["ok"] == [each.outcome for each in shop.invocations(quick)]
        assert shop.topic("made-slowly") in shop.cloud.world.store["pubsub.topics"]
        assert [] == shop.invocations(slow)
        await shop.cloud.run_until(lambda: bool(shop.invocations(slow)))
        assert 30.0 < shop.cloud.world.clock.now - began < 40.0

    play(scene)


def _called(effect: Effect) -> tuple[list[float], Response]:
    """When a call took effect that met `effect`, within a minute, and what the caller got."""
    clock, times = Clock(0.0), list[float]()

    def answer() -> Response:
        times.append(clock.now)
        return Response(200, b'{"real": true}')

    faults = Faults([Fault(Matcher(), effect)], clock=clock)
    response = faults.inject(_call("pubsub"), answer)
    clock.advance_to(60.0)
    return times, response


def _call(service: str, function: str = "work", style: Style = Style.NEWER) -> CallDescription:
    return CallDescription(
        Caller("someone", f"{function}-000"), service, f"{service}.get", "it", False, style
    )


@pytest.mark.parametrize(
    ("effect", "times", "told"),
    [(Lost(), [], {}), (Late(20.0), [20.0], {}), (Twice(20.0), [0.0, 20.0], {"real": True})],
)
def test_a_message_is_lost_late_or_doubled(effect: Effect, times: list[float], told: dict[str, Any]) -> None:
    """And its sender is told that all is well."""
    happened, response = _called(effect)

    assert times == happened
    assert (200, told) == (response.status, json.loads(response.body))


@pytest.mark.parametrize(
    ("status", "reason", "canonical", "kubernetes"),
    [
        (429, "rateLimitExceeded", "RESOURCE_EXHAUSTED", "TooManyRequests"),
        (500, "backendError", "INTERNAL", "InternalError"),
        (503, "backendError", "UNAVAILABLE", "ServiceUnavailable"),
    ],
)
def test_a_refusal_has_the_shape_of_its_service(
    status: int, reason: str, canonical: str, kubernetes: str
) -> None:
    """Compute names a reason, the newer APIs a status, a cluster answers a Status object."""
    faults = Faults([Fault(Matcher(), Refusal(status), nth=None)])

    def body(style: Style) -> Any:
        response = faults.inject(_call("any", style=style), Response)
        assert status == response.status
        return json.loads(response.body)

    assert reason == body(Style.COMPUTE)["error"]["errors"][0]["reason"]
    assert canonical == body(Style.NEWER)["error"]["status"]
    assert ("Status", kubernetes, status) == tuple(
        body(Style.KUBERNETES)[key] for key in ("kind", "reason", "code")
    )


def _struck(faults: Faults, calls: list[CallDescription]) -> list[bool]:
    def is_struck(call: CallDescription) -> bool:
        try:
            faults.inject(call, Response)
        except Abort:
            return True
        return False

    return [is_struck(call) for call in calls]


def test_the_nth_matching_call_is_struck() -> None:
    """Others do not count."""
    faults = Faults([Fault(Matcher(service="com*", function="work"), Reset(), nth=2)])
    calls = [_call("compute"), _call("pubsub"), _call("compute", "rest"), _call("compute"), _call("compute")]

    assert [False, False, False, True, False] == _struck(faults, calls)


def test_a_share_of_the_calls_is_struck_and_the_same_for_a_seed() -> None:
    """About as many as the probability says."""
    calls = [_call("compute")] * 1000
    planned = [Fault(Matcher(), Reset(), nth=None, probability=0.3)]
    one, again, other = (_struck(Faults(planned, seed), calls) for seed in (1, 1, 2))

    assert one == again != other
    assert 250 < sum(one) < 350


def test_a_workflow_or_person_only_loses_the_connection_in_a_crash() -> None:
    """There is no instance to kill."""
    killed = list[str]()
    faults = Faults([Fault(Matcher(function=""), Crash())])
    faults.kill = killed.append

    with pytest.raises(Abort):
        faults.inject(CallDescription(Caller("workflow"), "pubsub", "publish", "it", True), Response)
    assert [] == killed

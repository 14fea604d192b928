"""Makes the environment of a recording again, by the requests that the release made, not by its code.

Each is sent through the wire by the identity that sent it then, in the same order, as soon as Google accepts it; the
cloud's own controllers do the rest. What depends on the cloud is said as it is here: the ids of the execution and of
the message that started it, the fingerprint of labels, and the etag of a policy, to which the recorded members are
added.

An address gets its labels by `setLabels`, once it is reserved. The release gave them with the insert, where Google
ignores them: "These can only be added or modified by the setLabels method" [documented: compute v1, Address.labels].
So on Google itself the release got no further than its anchor; what is made again is what it meant to make.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from fleetgate.local.run import LocalRun
from localcloud.wire.messages import Caller, Json
from tests.releases.recording import SET_POLICY, Change, Recording, environments_part
from tests.support.dumps import difference
from tests.support.local_cloud import PERSON, call, let_pass

PATIENCE = 1800.0  # simulated seconds for which Google may refuse a request: what it needs is not there yet
SET_LABELS = "/setLabels"
PAUSE = 5.0  # simulated seconds until it is asked again
LOOK = 60.0  # between two looks at all that stands


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: Any

    @property
    def is_good(self) -> bool:
        """Whether it was no refusal."""
        return 200 <= self.status < 300


class Wire:
    """Sends requests to a cloud, each as somebody."""

    def __init__(self, local: LocalRun, session: aiohttp.ClientSession) -> None:
        self._cloud = local.cloud
        self._session = session
        self._roots = ssl.create_default_context(cafile=self._cloud.endpoints()["SSL_CERT_FILE"])
        self._tokens: dict[str, str] = {}
        self.to_names = (
            f"http://{self._cloud.forward_proxy}"  # the way to Google's names, such as those of clusters
        )

    async def send(self, by: str, method: str, url: str, body: Any = None, **more: Any) -> Answer:
        """The answer; `url` is absolute, or a path of the services."""
        token = self._tokens.setdefault(by, self._cloud.identities.issue(Caller(by)))
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": more.pop("content_type", "application/json"),
        }
        where = url if "://" in url else f"{self._cloud.world.base_url}{url}"
        data = None if body is None else json.dumps(body)
        async with self._session.request(
            method, where, data=data, headers=headers, ssl=self._roots, **more
        ) as response:
            text = await response.text()
            return Answer(response.status, json.loads(text) if text.startswith("{") else text)

    async def until_accepted(
        self,
        by: str,
        method: str,
        url: str,
        body: Any = None,
        enough: Callable[[Json], object] = lambda _: True,
        **more: Any,
    ) -> Json:
        """The answer once the request is accepted, and what is answered is `enough`.

        Raises:
            TimeoutError: it is refused for longer than `PATIENCE` simulated seconds.
        """
        clock = self._cloud.world.clock
        until = clock.now + PATIENCE
        while True:
            answer = await self.send(by, method, url, body, **more)
            if answer.is_good and enough(answer.body):
                return dict(answer.body)
            if clock.now > until:
                raise TimeoutError(f"{by}: {method} {url} is refused: {answer}")
            await let_pass(self._cloud, PAUSE)


async def replay(
    local: LocalRun, recording: Recording, upto: int | None = None, labelled: bool = True
) -> None:
    """Make the environment in a cloud that has none; it is there once its controllers have done their part.

    With `upto`, only as many of its changes are made. Without `labelled`, what an insert drops is lost, and the
    execution ended at its claim.
    """
    recorded, message = recording.execution, recording.execution["argument"]["data"]["message"]
    result = recorded["result"]
    execution, id_ = await _execution(local, recording, result if labelled else _at_the_claim(result))
    async with aiohttp.ClientSession() as session:
        wire = Wire(local, session)
        for each in recording.changes[:upto]:
            text = json.dumps(each.body).replace(recorded["id"], execution).replace(message["messageId"], id_)
            body = json.loads(text)
            await _make(wire, each, body)
            if labelled and each.path.endswith("/addresses") and "labels" in body:
                await _label(wire, each.by, f"{each.path}/{body['name']}", body["labels"])


async def _make(wire: Wire, change: Change, body: Json) -> None:
    if change.cluster:
        await _apply(wire, change, body)
    elif change.path.endswith(SET_POLICY):
        await _bind(wire, change, body)
    elif change.path.endswith(SET_LABELS):
        await _label(wire, change.by, change.path.removesuffix(SET_LABELS), body["labels"])
    else:
        query = [(name, value) for name, values in change.query.items() for value in values]
        await wire.until_accepted(change.by, change.method, change.path, body, params=query)


async def _apply(wire: Wire, change: Change, body: Json) -> None:
    """A request to a cluster, at its DNS endpoint, once the cluster is up."""
    cluster = await wire.until_accepted(PERSON, "GET", f"/container/v1/{change.cluster}", enough=_host)
    host = _host(cluster)
    query = [(name, value) for name, values in change.query.items() for value in values]
    url = f"https://{host}{change.path}"
    more: dict[str, Any] = {"params": query, "content_type": change.content_type, "proxy": wire.to_names}
    await wire.until_accepted(change.by, change.method, url, body, **more)


def _host(cluster: Json) -> str:
    """The name of a cluster's DNS endpoint; "" while it has none."""
    endpoint: str = cluster["controlPlaneEndpointsConfig"]["dnsEndpointConfig"].get("endpoint", "")
    return endpoint


async def _bind(wire: Wire, change: Change, body: Json) -> None:
    """The members that the request added, added to the policy as it is here."""
    read = change.path.replace(SET_POLICY, ":getIamPolicy")
    policy = await wire.until_accepted(change.by, "POST", read, {"options": {"requestedPolicyVersion": 3}})
    bindings = [*policy.get("bindings", []), *body["policy"]["bindings"]]
    await wire.until_accepted(
        change.by, "POST", change.path, {"policy": {**policy, "version": 3, "bindings": bindings}}
    )


async def _label(wire: Wire, by: str, path: str, labels: Json) -> None:
    """Give an address these labels, with the fingerprint of those that it has."""
    address = await wire.until_accepted(by, "GET", path)
    body = {"labels": labels, "labelFingerprint": address["labelFingerprint"]}
    await wire.until_accepted(by, "POST", f"{path}{SET_LABELS}", body)


def _at_the_claim(result: Json) -> Json:
    """A result as it is if the claim did not know the anchor that it had created."""
    steps = [each for each in result["steps"] if each["mode"] in ("claim", "settle")]
    steps = [{**each, "outcome": "blocked"} if each["mode"] == "claim" else each for each in steps]
    return result | {"outcome": "blocked", "code": "ANCHOR_NAME_TAKEN", "steps": steps}


async def _execution(local: LocalRun, recording: Recording, result: Json) -> tuple[str, str]:
    """Let the recorded request start an execution that ends with `result`. Returns its id, and the message's.

    A workflow that returns the result stands in for the release's, and goes again.
    """
    workflow = local.installation.workflow
    source = str(call(local.cloud, "GET", f"workflows/v1/{workflow}")["sourceContents"])
    steps = [{"end_of_execution": {"return": result}}]
    await put_workflow(local, json.dumps({"main": {"params": ["event"], "steps": steps}}))
    data = recording.execution["argument"]["data"]["message"]["data"]
    message = local.installation.publish(base64.b64decode(data))
    executions = local.cloud.executions

    def ended() -> bool:
        return any(each.ended for each in executions.of_event(workflow, message))

    await local.cloud.run_until(ended)
    await put_workflow(local, source)
    (execution,) = executions.of_event(workflow, message)
    assert json.loads(execution.run.result or "") == result
    return execution.id, message


async def put_workflow(local: LocalRun, source: str) -> None:
    """Deploy another source of the workflow, as a push does; the next request starts it."""
    path = f"workflows/v1/{local.installation.workflow}"
    call(local.cloud, "PATCH", path, {"sourceContents": source}, updateMask="sourceContents")
    await local.cloud.run_until(lambda: call(local.cloud, "GET", path)["sourceContents"] == source)


async def differences(local: LocalRun, recording: Recording, before: Json) -> list[str]:
    """What stands otherwise than it stood when it was recorded, once that is nothing, or does not become so in time.

    `before` is the cloud's dump without the environment.
    """
    clock = local.cloud.world.clock
    until = clock.now + PATIENCE
    while True:
        found = difference(recording.stands, environments_part(before, local.cloud.dump(), recording.changes))
        if not found or clock.now > until:
            return found
        await let_pass(local.cloud, LOOK)

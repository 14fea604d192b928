"""Far less than Google Cloud: an HTTP server with addresses, answers that a test sets, and a clock."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.settings import Settings

Json = dict[str, Any]
Answer = tuple[int, Any]

NOW = 1_767_600_000.0
VERIFIERS = {
    "projects/shop-prod/global/networks/default": "projects/hub/topics/fleetgate-verification-default",
}
NUMBER = "123456789012"
ANCHORS = "/compute/v1/projects/hub/regions/us-west1/addresses"
EXECUTION = "11111111-2222-4333-8444-555555555555"


def refusal(status: int, reason: str, message: str) -> Answer:
    """A refusal as Compute Engine writes it."""
    return status, {"error": {"code": status, "message": message, "errors": [{"reason": reason}]}}


def _borne_by_all(method: str, path: str) -> Json:
    """What every answer of this kind bears at Google, whatever it is about: without it, it would be no answer."""
    if path.startswith("/workflowexecutions/") and "/executions/" in path and "/callbacks" not in path:
        return {"name": path.removeprefix("/workflowexecutions/v1/")}
    if not path.startswith("/compute/") or path.endswith("/getHealth"):
        return {"kind": "compute#backendServiceGroupHealth"} if path.startswith("/compute/") else {}
    place = path.partition("/projects/")[2].split("/")[1:]
    if method != "GET":
        return {"name": "operation-1"}
    if place[0] == "aggregated" or len(place) % 2 == (0 if place[0] == "global" else 1):
        return {"kind": f"compute#{place[-1]}List"}
    return {"name": place[-1], "selfLink": f"https://www.googleapis.com{path}"}


class GoogleServer:
    """`answers` maps "METHOD /path" to what is answered, or to a function of body and query.

    Addresses of the home region live by themselves.
    """

    def __init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # headers and body in one segment: nothing waits for an acknowledgement

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, answer = outer.serve(self.command, self.path, json.loads(body) if body else None)
                data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response_only(status)
                self.send_header("Date", formatdate(outer.now, usegmt=True))
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_one

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.reset()

    def reset(self) -> None:
        """An empty project."""
        self.now = NOW
        self.answers: dict[str, Any] = {}
        self.addresses: dict[str, Json] = {}
        self.deletions: dict[str, Json] = {}  # by request id
        self.requests: list[tuple[str, str, Any]] = []
        self.before: Callable[[str, str], None] = lambda method, path: None
        self._count = 0

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()

    @property
    def host(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self._http.server_address[1]}"

    def environment(self) -> dict[str, str]:
        """The variables that a function would find."""
        overrides = {
            service: f"http://{self.host}/{service}/"
            for service in (
                "pubsub",
                "workflowexecutions",
                "container",
                "gkehub",
                "logging",
                "cloudresourcemanager",
            )
        }
        overrides["compute"] = f"http://{self.host}/compute/v1/"
        return {
            "FLEETGATE_PROJECT": "hub",
            "FLEETGATE_REGION": "us-west1",
            "FLEETGATE_ANCHOR_SUBNETWORK": "projects/hub/regions/us-west1/subnetworks/anchors",
            "FLEETGATE_WORKFLOW": "projects/hub/locations/us-west1/workflows/fleetgate",
            "FLEETGATE_EVENTS_TOPIC": "projects/hub/topics/fleetgate-events",
            "FLEETGATE_VERIFICATION_NETWORKS": json.dumps(VERIFIERS),
            "GCE_METADATA_HOST": self.host,
            **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{k.upper()}": v for k, v in overrides.items()},
        }

    def settings(self) -> Settings:
        """What a function makes of them."""
        return Settings.from_env(self.environment())

    def callback(self, execution: str = EXECUTION, project: str = NUMBER) -> str:
        """A callback URL that this project's workflow may have made."""
        place = f"v1/projects/{project}/locations/us-west1/workflows/fleetgate/executions/{execution}"
        return f"http://{self.host}/workflowexecutions/{place}/callbacks/cb-1"

    def posted(self, part: str) -> list[Any]:
        """Bodies of the POSTs whose path contains `part`."""
        return [body for method, path, body in self.requests if method == "POST" and part in path]

    def mutations(self) -> list[str]:
        """What was asked that changes a resource, as "METHOD last/words"."""
        return [
            f"{method} {path.rpartition('/projects/')[2]}"
            for method, path, _ in self.requests
            if method != "GET" and path.startswith("/compute") and not path.endswith("/wait")
        ]

    def published(self) -> list[Json]:
        """The messages that were published, with their data decoded."""
        messages = [each for body in self.posted(":publish") for each in body["messages"]]
        return [
            {**each["attributes"], "data": json.loads(base64.b64decode(each["data"]))} for each in messages
        ]

    def serve(self, method: str, target: str, body: Any) -> Answer:
        """One request."""
        path = urlsplit(target).path
        if path.startswith("/computeMetadata/"):
            return self._metadata(path)
        self.requests.append((method, target, body))
        self.before(method, path)
        told = self.answers.get(f"{method} {path}")
        if callable(told):
            told = told(body, parse_qs(urlsplit(target).query))
        if told is None:
            return self._serve(method, target, body)
        status, answer = told if isinstance(told, tuple) else (200, told)
        is_well = status < 300 and isinstance(answer, dict)
        return status, {**_borne_by_all(method, path), **answer} if is_well else answer

    def _serve(self, method: str, target: str, body: Any) -> Answer:
        """One request that has no answer of a test's."""
        path = urlsplit(target).path
        if method == "DELETE" and (key := parse_qs(urlsplit(target).query).get("requestId")):
            return self._delete_once(path.removeprefix(ANCHORS).strip("/"), key[0])
        if path.startswith(ANCHORS):
            return self._address(method, path.removeprefix(ANCHORS).strip("/"), body)
        if path.endswith("/wait"):
            return 200, {"name": path.split("/")[-2], "status": "DONE"}
        if path.endswith(":publish"):
            return 200, {"messageIds": [str(number) for number, _ in enumerate(body["messages"], 1)]}
        if "/callbacks/" in path:
            return 200, {}
        return refusal(404, "notFound", f"The resource '{path}' was not found")

    def _metadata(self, path: str) -> Answer:
        if path.endswith("/numeric-project-id"):
            return 200, NUMBER
        return 200, {"access_token": "secret-token", "expires_in": 3600, "token_type": "Bearer"}

    def _address(self, method: str, rest: str, body: Any) -> Answer:
        name, _, verb = rest.partition("/")
        if not name:
            listed = {"kind": "compute#addressList", "items": list(self.addresses.values())}
            return (200, listed) if method == "GET" else self._insert(body)
        found = self.addresses.get(name)
        if found is None:
            return refusal(404, "notFound", f"The resource '{name}' was not found")
        if method == "DELETE":
            del self.addresses[name]
            return 200, {"name": "operation-1", "status": "RUNNING"}
        return (200, found) if method == "GET" else self._label(found, verb, body)

    def _delete_once(self, name: str, key: str) -> Answer:
        """What was asked before is not done again [documented]."""
        if key not in self.deletions:
            status, answer = self._address("DELETE", name, None)
            if status != 200:
                return status, answer
            self.deletions[key] = {**answer, "name": f"operation-{len(self.deletions)}"}
        return 200, self.deletions[key]

    def _insert(self, body: Json) -> Answer:
        if body["name"] in self.addresses:
            return refusal(409, "alreadyExists", f"The resource '{body['name']}' already exists")
        self.add_address(**{key: value for key, value in body.items() if key != "labels"})
        return 200, {"name": "operation-1", "status": "RUNNING"}

    def _label(self, found: Json, verb: str, body: Json) -> Answer:
        assert verb == "setLabels"
        if body["labelFingerprint"] != found["labelFingerprint"]:
            return refusal(
                412, "conditionNotMet", "Labels fingerprint either invalid or resource labels have changed"
            )
        found |= {"labels": body["labels"], "labelFingerprint": self._fingerprint()}
        return 200, {"name": "operation-1", "status": "DONE"}

    def add_address(self, **fields: Any) -> Json:
        """An address that is there."""
        path = ANCHORS.removeprefix("/compute/v1/")
        fresh = {
            "id": str(7_000_000 + self._count),
            "status": "RESERVED",
            "creationTimestamp": f"2026-01-05T00:00:{self._count:02d}.000-08:00",
            "labelFingerprint": self._fingerprint(),
            "selfLink": f"https://www.googleapis.com/compute/v1/{path}/{fields['name']}",
        }
        self.addresses[fields["name"]] = fresh | fields
        return self.addresses[fields["name"]]

    def _fingerprint(self) -> str:
        self._count += 1
        return base64.b64encode(str(self._count).encode()).decode()

"""What a pod answers: Google's sample application `whereami` in full, anything else with a plain 200.

whereami answers every path with 200; a path that ends in the name of a field answers that field alone. With
`ECHO_HEADERS` it tells the request's headers, too [documented in its README; keys observed in public transcripts].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from localcloud.ids import keyed
from localcloud.wire.messages import Json, Response

_FACES = ("🧏🏼", "🕵🏾", "🧝🏾", "👩🏿‍🚒", "🙆🏽", "🧑🏻‍🌾", "🦔", "🌴")


@dataclass(frozen=True)
class Pod:
    """A pod that serves, and where it is. `zone` is its node's."""

    spec: Json
    cluster: str
    zone: str
    project: str

    @property
    def container(self) -> Json:
        """Its first container."""
        first: Json = self.spec["spec"]["containers"][0]
        return first

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.spec["metadata"]["name"])


def is_whereami(image: str) -> bool:
    """Whether an image is the sample application, in whatever registry and version."""
    return image.split("@")[0].rsplit("/", 1)[-1].split(":")[0] == "whereami"


def serves(pod: Pod, path: str) -> bool:
    """Whether a GET of `path` answers 200: whereami always does, another image for `/` alone [inferred]."""
    return is_whereami(pod.container["image"]) or path == "/"


def reply(pod: Pod, path: str, now: float, headers: Mapping[str, str]) -> Response:
    """The pod's answer to a request for `path` with these headers (lower case); `now` is in unix seconds."""
    if not is_whereami(pod.container["image"]):
        return Response(200, b"ok\n", {"content-type": "text/plain"})
    described = payload(pod, now, headers)
    field = path.split("?")[0].rsplit("/", 1)[-1]
    if field in described:
        return Response(200, str(described[field]).encode(), {"content-type": "text/html; charset=utf-8"})
    return Response.of_json(described)


def payload(pod: Pod, now: float, headers: Mapping[str, str]) -> Json:
    """What whereami says of itself; `metadata` is its environment variable METADATA."""
    metadata, spec = pod.spec["metadata"], pod.spec["spec"]
    environment = {one["name"]: one["value"] for one in pod.container.get("env", []) if "value" in one}
    described = {
        "cluster_name": pod.cluster,
        "headers": _echoed(headers) if environment.get("ECHO_HEADERS") == "True" else None,
        "host_header": headers.get("host", ""),
        "metadata": environment.get("METADATA"),
        "node_name": spec.get("nodeName"),
        "pod_ip": pod.spec.get("status", {}).get("podIP"),
        "pod_name": pod.name,
        "pod_name_emoji": _FACES[keyed(pod.name, len(_FACES))],
        "pod_namespace": metadata.get("namespace"),
        "pod_service_account": spec.get("serviceAccountName", "default"),
        "project_id": pod.project,
        "timestamp": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "zone": pod.zone,
    }
    return {key: value for key, value in described.items() if value is not None}


def _echoed(headers: Mapping[str, str]) -> Json:
    """With names as Flask shows them: each word begins with a capital letter [documented: Werkzeug, EnvironHeaders]."""
    return {"-".join(word.capitalize() for word in name.split("-")): value for name, value in headers.items()}

"""Google's discovery documents as the truth about methods, fields and enums.

They come with google-api-python-client. An unknown field or enum value is refused in Google's words. What we do not
serve is refused by its name, if a document knows it, and else by its path.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from localcloud.wire.messages import Json

# Parameters every Google API takes, beyond those in the documents.
COMMON_QUERY = frozenset(
    {
        *(
            "$alt",
            "alt",
            "$fields",
            "fields",
            "$prettyPrint",
            "prettyPrint",
            "$userProject",
            "quotaUser",
            "userIp",
        ),
        *("key", "access_token", "oauth_token", "callback", "$.xgafv", "uploadType", "upload_protocol"),
        "returnPartialSuccess",  # gcloud sends it to lists whose newer documents leave it out [observed]
    }
)


@dataclass(frozen=True)
class Method:
    """One method: its id (`compute.addresses.insert`), how it is reached, and the schemas of its body and its answer.

    `path` is the path with whole names in it (`v1/{+topic}:publish`), `patterns` what each of these must look like.
    """

    id: str
    verb: str
    template: tuple[str, ...]  # path segments; `{name}` stands for one segment
    custom: str  # the verb after a colon, as in `clusters/C:setResourceLabels`
    query: frozenset[str]
    request: str  # schema name of the body, or ""
    document: Document
    response: str = ""
    path: str = ""
    patterns: tuple[tuple[str, str], ...] = ()

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """The path parameters if `segments` fit the template."""
        words, parameters = self._parts
        for at, word in words:
            if segments[at] != word:
                return None
        return {name: segments[at] for at, name in parameters}

    @cached_property
    def _parts(self) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Where in the template its fixed words are, and where its parameters."""
        words, parameters = [], []
        for at, segment in enumerate(self.template):
            if segment.startswith("{"):
                parameters.append((at, segment[1:-1]))
            else:
                words.append((at, segment))
        return words, parameters


class Document:
    """One discovery document, indexed for look-ups."""

    def __init__(self, raw: Json) -> None:
        self.name: str = raw["name"]
        self.version: str = raw["version"]
        self.title: str = raw["title"]
        self.schemas: dict[str, Json] = raw["schemas"]
        self.methods = [self._method(entry, raw["servicePath"]) for entry in _methods(raw)]
        self._index: dict[tuple[str, int, str], list[Method]] = {}
        for method in self.methods:
            self._index.setdefault((method.verb, len(method.template), method.custom), []).append(method)

    def find(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method that serves `verb` on `path`, with its path parameters; fixed words win over parameters."""
        bare, custom = split_custom(path)
        for variant, word in ((bare, custom), (path, "")):
            segments = variant.strip("/").split("/")
            found = [
                (method, params)
                for method in self._index.get((verb, len(segments), word), ())
                if (params := method.match(segments)) is not None
            ]
            if found:
                return min(found, key=lambda hit: len(hit[1]))
            if not custom:
                return None
        return None

    def _method(self, entry: Json, service_path: str) -> Method:
        flat: str = entry.get("flatPath") or entry["path"]
        path = service_path + flat.removeprefix(service_path)
        bare, custom = split_custom(path)
        parameters: dict[str, Json] = entry.get("parameters", {})
        query = {name for name, p in parameters.items() if p["location"] == "query"}
        patterns = tuple(
            (name, p.get("pattern", "")) for name, p in parameters.items() if p["location"] == "path"
        )
        return Method(
            entry["id"], entry["httpMethod"], tuple(bare.strip("/").split("/")), custom, frozenset(query),
            entry.get("request", {}).get("$ref", ""), self, entry.get("response", {}).get("$ref", ""),
            service_path + entry["path"], patterns,
        )  # fmt: skip


def split_custom(path: str) -> tuple[str, str]:
    """`a/b:verb` → (`a/b`, `verb`); a colon elsewhere is left alone."""
    match = re.fullmatch(r"(.*[^/]):([a-zA-Z]+)", path)
    return (match[1], match[2]) if match else (path, "")


def _methods(node: Json) -> Iterator[Json]:
    yield from node.get("methods", {}).values()
    for child in node.get("resources", {}).values():
        yield from _methods(child)


@cache
def document(name: str, version: str) -> Document:
    """The discovery document of an API.

    Raises:
        FileNotFoundError: there is none of that name and version.
    """
    folder = files("googleapiclient.discovery_cache") / "documents"
    return Document(json.loads((folder / f"{name}.{version}.json").read_text("utf-8")))


def named_call(service: str, verb: str, path: str) -> str:
    """A request that need not be served, by its method, as `logging.entries.list of version v2`, if there is one."""
    for word in path.split("/", 2)[:2]:
        with contextlib.suppress(
            OSError, ValueError
        ):  # the words are a stranger's: no file, or no name of one
            known = document(service, word.split(":")[0])
            if found := known.find(verb, path):
                return f"{found[0].id} of version {known.version}"
    return f"{verb} /{path} of {service}" if path else f"{verb} /{service}"

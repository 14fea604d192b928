"""The cloud's contents in canonical form: what two runs must agree on, whatever happened on the way.

Left out is what is chance: ids, times, fingerprints, ports. Left out too is what is history, not state:
operations, and what services say is history of theirs.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from typing import Any

from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json
from localcloud.world import World

LEFT_OUT = re.compile(r"\boperations\b|\.internal$")
CHANCE_KEYS = re.compile(
    r"(?i)^(?!runtime$)(id|uid|etag|resourceVersion|managedFields|selfLinkWithId|uniqueId|externalId|targetId|generation|"
    r"observedGeneration|.*fingerprint|.*timestamp|.*time|startedAt|clusterCaCertificate|endpoint|publicEndpoint)$"
)
CHANCE_ANNOTATIONS = frozenset({"networking.gke.io/last-reconcile-time"})
LONG_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-z]{8,}")
LOOPBACK = re.compile(r"127\.0\.0\.1:\d+")


def canonical_dump(world: World, clusters: Mapping[str, KubernetesApi], history: Container[str]) -> Json:
    """Resources by collection and name, then the objects of the clusters, then APIs and IAM by project.

    `history` are the collections that services leave out.
    """
    resources = {
        kind: _by_name(world, world.store[kind].items())
        for kind in world.store.kinds()
        if kind not in history and not LEFT_OUT.search(kind)
    }
    return {
        "resources": {kind: items for kind, items in resources.items() if items},
        "clusters": {name: _clean(world, api.dump()) for name, api in sorted(clusters.items())},
        "projects": {
            project.id: {"enabled": sorted(project.enabled), "policy": _clean(world, project.policy)}
            for project in world.projects.all()
        },
    }


def _by_name(world: World, items: Iterable[tuple[str, Json]]) -> Json:
    """Resources by name. Those whose names differ by chance alone are counted, in the order of what they hold."""
    found = sorted(
        ((_text(world, name), _clean(world, value)) for name, value in items),
        key=lambda item: (item[0], json.dumps(item[1], sort_keys=True)),
    )
    seen: Counter[str] = Counter()
    named = {}
    for name, value in found:
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name} ({seen[name]})"] = value
    return named


def _clean(world: World, value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _text(world, key): _clean(world, item)
            for key, item in sorted(value.items())
            if not CHANCE_KEYS.match(key) and key not in CHANCE_ANNOTATIONS
        }
    if isinstance(value, list):
        return [_clean(world, item) for item in value]
    return _text(world, value) if isinstance(value, str) else value


def _text(world: World, value: str) -> str:
    """`value` without issued ids: whole words of it that the cloud once gave out become `<id>`."""
    words = re.split(r"([/:, ])", LOOPBACK.sub("<loopback>", value))
    return "".join(_word(world, word) for word in words)


def _word(world: World, word: str) -> str:
    """A label joins a long id to other things with hyphens; a short one may be a word's part by chance."""
    issued = world.ids.issued
    if word in issued:
        return "<id>"
    return LONG_ID.sub(lambda match: "<id>" if match[0] in issued else match[0], word)

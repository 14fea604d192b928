"""Defaults that depend on other parts of the document. All other defaults are on the fields of the model.

They are filled into the raw document before it is validated. So a parsed environment has every value, and so has its
JSON form.
"""

from __future__ import annotations

from typing import Any

from shared.json_types import Json
from shared.spec.locations import ZONES, region_of

# Fields that a document may leave out though the model requires them, by part.
DERIVED = {
    "Environment": {"project", "configCluster", "sampleApp", "services", "gateway", "routes", "probe"},
    "Service": {"namespace", "targetPort", "clusters"},
    "Gateway": {"regions"},
    "Probe": {"identity"},
}
_SAMPLE_SERVICE = {"name": "store", "port": 8080, "selector": {"app": "store"}}
_SAMPLE_ROUTE = {
    "name": "store-route",
    "hostnames": ["store.example.internal"],
    "rules": [{"backendRefs": [{"name": "store", "port": 8080}]}],
}


def with_defaults(document: Json, project: str) -> Json:
    """The document with all defaults. Values of the wrong type stay, for the model to refuse."""
    filled: Json = {"project": project, "gateway": {}, "probe": {}, **document}
    filled.setdefault("sampleApp", "services" not in document)
    if "services" not in document:
        filled["services"] = [_SAMPLE_SERVICE]
        filled.setdefault("routes", [_SAMPLE_ROUTE])
    clusters = document.get("clusters")
    names = list(dict.fromkeys(_texts(clusters, "name")))
    filled.setdefault("configCluster", names[0] if names else None)
    filled["gateway"] = _with_regions(filled["gateway"], clusters)
    filled["services"] = _each(
        filled["services"], lambda each: _whole_service(each, filled["gateway"], names)
    )
    filled["probe"] = _with_identity(filled["probe"], filled["sampleApp"])
    return filled


def _with_regions(gateway: Any, clusters: Any) -> Any:
    if not isinstance(gateway, dict):
        return gateway
    regions = dict.fromkeys(region_of(each) for each in _texts(clusters, "location"))
    return {"regions": [region for region in regions if region in ZONES], **gateway}


def _whole_service(service: Json, gateway: Any, names: list[str]) -> Json:
    namespace = gateway.get("namespace", "store") if isinstance(gateway, dict) else None
    return {"namespace": namespace, "targetPort": service.get("port"), "clusters": names, **service}


def _with_identity(probe: Any, sample_app: Any) -> Any:
    identity = {"jsonField": "cluster_name"} if sample_app is True else "none"
    return {"identity": identity, **probe} if isinstance(probe, dict) else probe


def _each(items: Any, change: Any) -> Any:
    if not isinstance(items, list):
        return items
    return [change(each) if isinstance(each, dict) else each for each in items]


def _texts(items: Any, key: str) -> list[str]:
    found = [each.get(key) for each in items if isinstance(each, dict)] if isinstance(items, list) else []
    return [each for each in found if isinstance(each, str)]

"""Values of Deployments, Services and pods that no API server takes, in its words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localcloud.kubernetes.conftest import Call

DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
SERVICES = "/api/v1/namespaces/shop/services"
PODS = "/api/v1/namespaces/shop/pods"
PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used "
    "for validation is '[0-9]+%')"
)
NOT_NEGATIVE = "must be greater than or equal to 0"


def rolling(**fields: Any) -> Any:
    return {"strategy": {"rollingUpdate": fields}}


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        (
            {"strategy": {"type": "Lots"}},
            "strategy.type",
            'Unsupported value: "Lots": supported values: "Recreate", "RollingUpdate"',
        ),
        (rolling(maxSurge="lots"), "strategy.rollingUpdate.maxSurge", f'Invalid value: "lots": {PERCENT}'),
        (rolling(maxSurge=-5), "strategy.rollingUpdate.maxSurge", f"Invalid value: -5: {NOT_NEGATIVE}"),
        (
            rolling(maxUnavailable="101%"),
            "strategy.rollingUpdate.maxUnavailable",
            'Invalid value: "101%": must not be greater than 100%',
        ),
        (
            rolling(maxUnavailable=0, maxSurge="0%"),
            "strategy.rollingUpdate.maxUnavailable",
            "Invalid value: 0: may not be 0 when `maxSurge` is 0",
        ),
        (
            {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}},
            "strategy.rollingUpdate",
            "Forbidden: may not be specified when strategy `type` is 'Recreate'",
        ),
        ({"minReadySeconds": -1}, "minReadySeconds", f"Invalid value: -1: {NOT_NEGATIVE}"),
        ({"revisionHistoryLimit": -1}, "revisionHistoryLimit", f"Invalid value: -1: {NOT_NEGATIVE}"),
        (
            {"minReadySeconds": 700},
            "progressDeadlineSeconds",
            "Invalid value: 600: must be greater than minReadySeconds",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else None,
)
def test_a_rollout_that_nobody_can_do(call: Call, spec: Any, field: str, words: str) -> None:
    """422, in one cause."""
    labels = {"app": "a"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "b"}]}}
    whole = {"selector": {"matchLabels": labels}, "template": template, **spec}
    assert [(f"spec.{field}", words)] == causes(call, DEPLOYMENTS, whole)


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        (
            {"clusterIP": "lots"},
            "clusterIPs[0]",
            'Invalid value: ["lots"]: must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        ),
        (
            {"externalIPs": ["lots"]},
            "externalIPs[0]",
            'Invalid value: "lots": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        ),
        (
            {"ipFamilies": ["Lots"]},
            "ipFamilies[0]",
            'Unsupported value: "Lots": supported values: "IPv4", "IPv6"',
        ),
        ({"ipFamilies": ["IPv6"]}, "ipFamilies[0]", 'Invalid value: "IPv6": not configured on this cluster'),
        (
            {"internalTrafficPolicy": "Lots"},
            "internalTrafficPolicy",
            'Unsupported value: "Lots": supported values: "Cluster", "Local"',
        ),
        (
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 99}]},
            "ports[0].nodePort",
            "Invalid value: 99: provided port is not in the valid range. The range of valid ports is 30000-32767",
        ),
        ({"type": "ExternalName"}, "externalName", "Required value"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_a_service_that_nobody_can_reach(call: Call, spec: Any, field: str, words: str) -> None:
    """422, in one cause."""
    whole = {"selector": {"a": "b"}, "ports": [{"port": 80}], **spec}
    assert [(f"spec.{field}", words)] == causes(call, SERVICES, whole)


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        (
            {"restartPolicy": "Lots"},
            "restartPolicy",
            'Unsupported value: "Lots": supported values: "Always", "OnFailure", "Never"',
        ),
        (
            {"terminationGracePeriodSeconds": -5},
            "terminationGracePeriodSeconds",
            f"Invalid value: -5: {NOT_NEGATIVE}",
        ),
        (
            {"containers": [{"name": "a", "image": "b", "imagePullPolicy": "Lots"}]},
            "containers[0].imagePullPolicy",
            'Unsupported value: "Lots": supported values: "Always", "IfNotPresent", "Never"',
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_a_pod_that_nobody_can_run(call: Call, spec: Any, field: str, words: str) -> None:
    """422, in one cause."""
    whole = {"containers": [{"name": "a", "image": "b"}], **spec}
    assert [(f"spec.{field}", words)] == causes(call, PODS, whole)


def causes(call: Call, path: str, spec: Any) -> list[tuple[str, str]]:
    """The faults of an object of that spec: field and message."""
    reply = call("POST", path, {"metadata": {"name": "a"}, "spec": spec})
    assert 422 == reply.status, reply.body
    return [(cause["field"], cause["message"]) for cause in reply.body["details"]["causes"]]

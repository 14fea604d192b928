"""The tutorial's sample app: two replicas of whereami, which answers with the cluster and zone it runs in."""

from __future__ import annotations

from shared.objects import KubeObject, body

NAME = "store"
IMAGE = "us-docker.pkg.dev/google-samples/containers/gke/whereami:v1.2.20"
PORT = 8080
REPLICAS = 2


def deployment(environment: str, namespace: str) -> KubeObject:
    """The Deployment, as gke-networking-recipes has it for multi-cluster Gateways, less its requests."""
    pod_labels = {"app": NAME, "version": "v1"}
    container = {"name": "whereami", "image": IMAGE, "ports": [{"containerPort": PORT}]}
    template = {"metadata": {"labels": pod_labels}, "spec": {"containers": [container]}}
    spec = {"replicas": REPLICAS, "selector": {"matchLabels": pod_labels}, "template": template}
    return body(environment, "Deployment", NAME, namespace, spec=spec)

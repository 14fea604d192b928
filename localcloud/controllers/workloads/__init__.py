"""What runs in the clusters: Deployments become ReplicaSets and Pods on the nodes, Services find their pods.

It stands for the deployment controller, the scheduler, the kubelets and the endpoints controller of every cluster.
"""

from localcloud.controllers.workloads.controller import Workloads
from localcloud.controllers.workloads.ready import ready_resource, ready_work, works_behind

__all__ = ["Workloads", "ready_resource", "ready_work", "works_behind"]

"""The VPC's data plane: what a request to a Gateway's address comes back with, and when.

`answer` is all that a request meets; `Convergence` is made once with the world and lets URL maps and health checks take
their time.
"""

from localcloud.dataplane.answering import Client, HttpRequest, answer
from localcloud.dataplane.convergence import Convergence

__all__ = ["Client", "Convergence", "HttpRequest", "answer"]

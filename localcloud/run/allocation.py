"""How much processor and memory a project's services may be given in a region, and what an instance has of them.

A service that may have more instances than fit is refused when it is deployed. Each service is measured by itself
[inferred: no report adds several up]. The words and the numbers of a new project are [observed]:
googlecodelabs/feedback#1856 (20 vCPU and 40 GiB, a new project in europe-west4, April 2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from localcloud.wire.errors import invalid
from localcloud.world import Part

_GIB = 1 << 30
_UNITS = {
    "k": 1000, "M": 1000**2, "G": 1000**3, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": _GIB, "": 1
}  # fmt: skip
# Memory up to so many MiB comes with so much processor, in thousandths, if none is asked for
# [documented: functions/docs/configuring/memory].
_PROCESSOR = (
    (128, 83),
    (256, 167),
    (512, 333),
    (1024, 583),
    (2048, 1000),
    (8192, 2000),
    (16384, 4000),
    (32768, 8000),
)
DEFAULT_INSTANCES = 100  # [documented: run/docs/about-instance-autoscaling], or as many as fit [observed]


@dataclass(frozen=True)
class Amount:
    """Processor in thousandths of a vCPU, and memory in bytes."""

    cpu: int
    memory: int


@dataclass
class Allocation:
    """What projects may have in a region, where it is not what a new project has."""

    new_project: Amount = Amount(20_000, 40 * _GIB)
    raised: dict[tuple[str, str], Amount] = field(default_factory=dict)

    def allowed(self, project: str, region: str) -> Amount:
        """The limits of a project (by id) in a region."""
        return self.raised.get((project, region), self.new_project)

    def most(self, project: str, region: str, instance: Amount) -> int:
        """How many instances of this size fit."""
        allowed = self.allowed(project, region)
        return min(allowed.cpu // instance.cpu, allowed.memory // instance.memory)

    def violation(self, project: str, region: str, instance: Amount, instances: int) -> str:
        """Why a service with up to so many instances of this size is refused; "" if it is not."""
        allowed, most = self.allowed(project, region), self.most(project, region, instance)
        if instances <= most:
            return ""
        asked = Amount(instances * instance.cpu, instances * instance.memory)
        violated = [
            f"{name} requested: {wanted} allowed: {limit}"
            for name, wanted, limit in (
                ("CpuAllocPerProjectRegion", asked.cpu, allowed.cpu),
                ("MemAllocPerProjectRegion", asked.memory, allowed.memory),
            )
            if wanted > limit
        ]
        what = "CPU" if asked.cpu > allowed.cpu else "memory"
        return (
            "spec.template.metadata.annotations[autoscaling.knative.dev/maxScale]: Max instances must be set to "
            f"{most} or fewer to set the requested total {what}.\nConsider running your workload in a region with "
            "greater capacity, or requesting an increase in quota for this region if you are seeing sustained usage "
            "near this limit, see https://cloud.google.com/run/quotas.\n\nQuota violated:\n"
            + "\n".join(violated)
        )


ALLOCATION: Part[Allocation] = Part("what Cloud Run has room for", lambda _: Allocation())


def amount(memory: str, cpu: str = "") -> Amount:
    """The size of an instance, as functions write it: `512Mi` or `256M`; `1`, `0.5` or `500m`.

    Raises:
        Refused: INVALID_ARGUMENT, it is no quantity.
    """
    size = re.fullmatch(r"(\d+(?:\.\d+)?)([kMG]i?)?", memory)
    processor = re.fullmatch(r"(\d+(?:\.\d+)?)(m)?", cpu or "0")
    if size is None or processor is None:
        raise invalid(f"Invalid quantity: memory {memory!r}, cpu {cpu!r}.")
    held = int(float(size[1]) * _UNITS[size[2] or ""])
    thousandths = int(float(processor[1]) * (1 if processor[2] else 1000))
    return Amount(thousandths or _processor(held), held)


def _processor(memory: int) -> int:
    return next((cpu for mib, cpu in _PROCESSOR if memory <= mib << 20), _PROCESSOR[-1][1])

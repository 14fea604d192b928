"""A made-up report: two VIPs, one wrong answer, words that look like markup."""

from __future__ import annotations

from fleetgate.report import (
    Address,
    ApiCalls,
    Change,
    Diagnosis,
    Operation,
    Outcome,
    Report,
    ReportedFault,
    Step,
    Traffic,
    Wait,
    Warned,
    WorkflowSteps,
)

HOST = "store.example.internal"


def row(vip: str, region: str, path: str, served: str | None, ok: bool = True) -> Traffic:
    """A request to `path` that gke-west-1 should answer."""
    return Traffic(
        vip=vip,
        region=region,
        hostname=HOST,
        rule=f"store-route[0] PathPrefix {path}",
        path=path,
        headers={"x-store-channel": "beta"} if path == "/beta" else {},
        expected=["gke-west-1", "gke-east-1"],
        preferred=["gke-west-1"],
        served_by=served,
        zone="us-west1-a" if served else None,
        status=200 if served else 503,
        ms=1.0,
        ok=ok,
    )


def a_report(outcome: Outcome = "done") -> Report:
    """A deploy that came to `outcome`."""
    good = outcome == "done"
    return Report(
        environment="store",
        action="deploy",
        outcome=outcome,
        seed=7,
        simulated_seconds=981.2,
        critical_path_seconds=961.2,
        wall_seconds=4.6,
        invocations=117,
        workflow_steps=WorkflowSteps(internal=900, external=300),
        api_calls=ApiCalls(total=625, mutations=55, by_service={"compute": 500, "gkehub": 125}),
        operations=[
            Operation(
                id=1, resource="a/clusters/gke-west-1", kind="container.clusters.create", start=10, end=420
            ),
            Operation(
                id=2,
                resource="a/memberships/m",
                kind="gkehub.memberships.create",
                start=420,
                end=430,
                after=[1],
            ),
        ],
        steps=[
            Step(
                name="clusters",
                outcome="done",
                start=10.4,
                end=432.2,
                attempts=8,
                waits=[Wait(reason="ClusterProvisioning", seconds=414.8)],
                changes=[Change(verb="create", resource="projects/p/clusters/gke-west-1")],
            )
        ],
        addresses=[
            Address(region="us-west1", address="10.138.7.171", kind="ephemeral"),
            Address(region="northamerica-northeast1", address="10.162.0.250", kind="static"),
        ],
        traffic=[
            row("10.138.7.171", "us-west1", "/west", "gke-west-1"),
            row("10.138.7.171", "us-west1", "/beta", "gke-west-1" if good else None, good),
            row("10.162.0.250", "northamerica-northeast1", "/west", "gke-west-1"),
        ],
        diagnoses=[] if good else [blocked()],
        warnings=[] if good else [Warned(code="ODD", cause="<i>may</i> be [x]", fix="Look.", step="subnets")],
    )


def blocked() -> Diagnosis:
    """A reason with everything in it, and brackets and angles that belong to nobody's language."""
    return Diagnosis(
        code="BAD_SPEC",
        cause="[red] is no colour of <b>clusters[0]</b> [/x]",
        fix="gcloud compute networks list --filter='name=[default]'",
        step="subnets",
        faults=[ReportedFault(path="clusters[0].location", fault="[mars] is nowhere", fix="Give a zone.")],
    )

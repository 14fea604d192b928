"""google-cloud-workflows over gRPC: workflows are deployed, executed, followed, cancelled and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from google.api_core.exceptions import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    MethodNotImplemented,
    NotFound,
)
from google.cloud.workflows.executions_v1 import (
    Execution,
    ExecutionsClient,
    ExecutionView,
    ListExecutionsRequest,
)
from google.cloud.workflows_v1 import Workflow, WorkflowsClient
from google.longrunning import operations_pb2

from tests.localcloud.grpc.clients import Cloud, cloud_in_thread

LOCATION = "projects/shop/locations/us-central1"
NAME = f"{LOCATION}/workflows/greet"
GREET = """
main:
  params: [args]
  steps:
    - wait_for_it:
        switch:
          - condition: ${"seconds" in args}
            steps:
              - wait: {call: sys.sleep, args: {seconds: "${args.seconds}"}}
    - done: {return: "${args.name}"}
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """One whose time passes, with the workflow `greet`."""
    with cloud_in_thread(speed=200.0) as made:
        operation = made.client(WorkflowsClient).create_workflow(
            parent=LOCATION, workflow_id="greet", workflow=Workflow(source_contents=GREET)
        )
        assert NAME == operation.result(timeout=30).name
        yield made


@pytest.fixture
def executions(cloud: Cloud) -> ExecutionsClient:
    """A client of executions."""
    client: ExecutionsClient = cloud.client(ExecutionsClient)
    return client


def started(executions: ExecutionsClient, argument: str) -> Execution:
    """A new execution."""
    return executions.create_execution(parent=NAME, execution=Execution(argument=argument))


def ended(executions: ExecutionsClient, name: str) -> Execution:
    """The execution when it has ended."""
    while (found := executions.get_execution(name=name)).state is Execution.State.ACTIVE:
        pass
    return found


def test_an_execution_is_started_and_followed_to_its_end(executions: ExecutionsClient) -> None:
    """With times, result and revision, as its types have them."""
    made = started(executions, '{"name": "Ada", "seconds": 5}')
    assert Execution.State.ACTIVE is made.state and '{"name": "Ada", "seconds": 5}' == made.argument
    assert made.name.startswith("projects/") and "/workflows/greet/executions/" in made.name

    whole = ended(executions, made.name)

    assert (Execution.State.SUCCEEDED, '"Ada"') == (whole.state, whole.result)
    assert 5 <= (whole.end_time - whole.start_time).total_seconds() < 60
    assert abs(whole.duration - (whole.end_time - whole.start_time)) < timedelta(milliseconds=1)
    assert whole.workflow_revision_id.startswith("000001-")


def test_an_execution_that_fails_says_why(executions: ExecutionsClient) -> None:
    """As JSON in `error.payload`."""
    whole = ended(executions, started(executions, '{"seconds": 0}').name)

    assert Execution.State.FAILED is whole.state
    assert "KeyError" in whole.error.payload and "done" in whole.error.context


def test_a_view_leaves_out_what_it_has_not(executions: ExecutionsClient) -> None:
    """BASIC has neither argument nor result; a list has it unless FULL is asked for."""
    name = ended(executions, started(executions, '{"name": "Basic"}').name).name

    basic = executions.get_execution(request={"name": name, "view": ExecutionView.BASIC})
    assert ("", "", Execution.State.SUCCEEDED) == (basic.argument, basic.result, basic.state)
    listed = {each.name: each.result for each in executions.list_executions(parent=NAME)}
    assert "" == listed[name]
    full = executions.list_executions(request={"parent": NAME, "view": ExecutionView.FULL})
    assert '"Basic"' == {each.name: each.result for each in full}[name]


def test_executions_are_listed_by_pages_and_filters(executions: ExecutionsClient) -> None:
    """The newest first; the library asks for the next page by itself."""
    made = [started(executions, f'{{"name": "{n}"}}').name for n in range(3)]
    for name in made:
        ended(executions, name)

    pages = list(executions.list_executions(request={"parent": NAME, "page_size": 2}).pages)
    listed = [each.name for page in pages for each in page.executions]
    assert made[::-1] == [name for name in listed if name in made]
    assert 1 < len(pages) and all(len(page.executions) <= 2 for page in pages)

    asked = ListExecutionsRequest(parent=NAME, filter='state="FAILED"')
    assert {Execution.State.FAILED} >= {each.state for each in executions.list_executions(asked)}
    with pytest.raises(InvalidArgument):
        executions.list_executions(ListExecutionsRequest(parent=NAME, filter="state"))
    with pytest.raises(InvalidArgument):
        executions.list_executions(ListExecutionsRequest(parent=NAME, page_token="nonsense"))


def test_an_execution_is_cancelled_once(executions: ExecutionsClient) -> None:
    """One that has ended cannot be."""
    name = started(executions, '{"name": "x", "seconds": 100000}').name

    assert Execution.State.CANCELLED is executions.cancel_execution(name=name).state
    with pytest.raises(FailedPrecondition, match="is not active"):
        executions.cancel_execution(name=name)


@pytest.mark.parametrize(
    "name", ["", "greet", f"{NAME}/executions", NAME, f"{LOCATION}/workflows/a/b/executions/c"]
)
def test_an_execution_is_named_in_full(executions: ExecutionsClient, name: str) -> None:
    """The refusal says how."""
    form = r"projects/\*/locations/\*/workflows/\*/executions/\*"
    with pytest.raises(InvalidArgument, match=f"'name' must be of the form {form}"):
        executions.get_execution(name=name)


def test_a_workflow_is_deployed_changed_and_deleted(cloud: Cloud) -> None:
    """Each a long-running operation that the library polls; its metadata and its answer are unpacked."""
    workflows = cloud.client(WorkflowsClient)
    source = "main:\n  steps:\n    - a: {return: 1}\n"
    made = workflows.create_workflow(
        parent=LOCATION, workflow_id="other", workflow=Workflow(source_contents=source, labels={"a": "b"})
    )
    assert "create" == made.metadata.verb and f"{LOCATION}/workflows/other" == made.metadata.target
    name = made.result(timeout=30).name

    changed = Workflow(name=name, description="new", labels={"a": "c"})
    result = workflows.update_workflow(workflow=changed, update_mask={"paths": ["description"]}).result(
        timeout=30
    )
    assert ("new", {"a": "b"}) == (result.description, dict(result.labels))
    assert source == workflows.get_workflow(name=name).source_contents
    assert {name, NAME} == {each.name for each in workflows.list_workflows(parent=LOCATION)}
    for more in ({"filter": "state=ACTIVE"}, {"order_by": "name desc"}):
        with pytest.raises(MethodNotImplemented, match=r"workflows\.list with (filter|orderBy)"):
            workflows.list_workflows(request={"parent": LOCATION, **more})

    workflows.delete_workflow(name=name).result(timeout=30)
    with pytest.raises(NotFound):
        workflows.get_workflow(name=name)


def test_a_deployment_that_fails_ends_its_operation_with_an_error(cloud: Cloud) -> None:
    """The operation has the status; a workflow that is there is refused at once."""
    workflows = cloud.client(WorkflowsClient)
    bad = Workflow(source_contents="main: {steps: [{a: {next: nowhere}}]}")

    with pytest.raises(InvalidArgument, match="nowhere"):
        workflows.create_workflow(parent=LOCATION, workflow_id="bad", workflow=bad).result(timeout=30)
    with pytest.raises(AlreadyExists):
        workflows.create_workflow(parent=LOCATION, workflow_id="greet", workflow=Workflow())


def test_operations_are_listed_and_what_is_not_served_is_named(cloud: Cloud) -> None:
    """The service that all long-running operations have."""
    workflows = cloud.client(WorkflowsClient)

    found = workflows.list_operations(operations_pb2.ListOperationsRequest(name=LOCATION)).operations
    assert found and all(each.name.startswith(f"{LOCATION}/operations/") for each in found)
    one = workflows.get_operation(operations_pb2.GetOperationRequest(name=found[0].name))
    assert one == found[0]
    with pytest.raises(MethodNotImplemented, match=r"workflows\.projects\.locations\.operations\.delete"):
        workflows.delete_operation(operations_pb2.DeleteOperationRequest(name=found[0].name))
    with pytest.raises(MethodNotImplemented, match=r"google\.longrunning\.Operations\.CancelOperation"):
        workflows.transport.operations_client.cancel_operation(found[0].name)

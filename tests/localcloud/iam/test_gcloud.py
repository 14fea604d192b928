"""gcloud as a judge: it must find nothing odd in what IAM answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.iam import service
from tests.support.judges import gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import a_world

pytestmark = [*judged_by_gcloud, pytest.mark.long]

EMAIL = f"reader@{PROJECT}.iam.gserviceaccount.com"
ACCOUNTS = ("iam", "service-accounts")


def test_gcloud_makes_an_account_and_lets_somebody_act_as_it(tmp_path: Path) -> None:
    """And finds the binding in the policy that it reads back."""
    with gcloud_in(a_world("iam"), [service], PROJECT, tmp_path) as gcloud:
        made = gcloud.run(*ACCOUNTS, "create", "reader", "--display-name=Reader")
        assert 0 == made[0], made
        assert [("Reader", EMAIL)] == [
            (each["displayName"], each["email"]) for each in gcloud.json(*ACCOUNTS, "list")
        ]
        binding = ("--member=user:ada@example.com", "--role=roles/iam.serviceAccountUser")
        bound = gcloud.json(*ACCOUNTS, "add-iam-policy-binding", EMAIL, *binding)
        again = gcloud.run(*ACCOUNTS, "create", "reader")

    assert [{"members": ["user:ada@example.com"], "role": "roles/iam.serviceAccountUser"}] == bound[
        "bindings"
    ]
    assert 1 == again[0] and "Service account reader already exists" in again[2]


def test_gcloud_makes_deletes_and_undeletes_a_role(tmp_path: Path) -> None:
    """And is told in Google's words of a permission that there is not."""
    permissions = "--permissions=compute.networks.get,compute.networks.list"
    with gcloud_in(a_world("iam"), [service], PROJECT, tmp_path) as gcloud:
        made = gcloud.json("iam", "roles", "create", "lister", "--title=Lister", "--stage=GA", permissions)
        wrong = gcloud.run("iam", "roles", "create", "other", "--permissions=cloudfunctions.runtimes.list")
        deleted = gcloud.json("iam", "roles", "delete", "lister")
        gcloud.json("iam", "roles", "undelete", "lister")
        listed = gcloud.json("iam", "roles", "list")

    assert ["compute.networks.get", "compute.networks.list"] == made["includedPermissions"]
    assert 1 == wrong[0] and "Permission cloudfunctions.runtimes.list is not valid." in wrong[2]
    assert deleted["deleted"]
    assert [f"projects/{PROJECT}/roles/lister"] == [each["name"] for each in listed]

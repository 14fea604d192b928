"""Every resource, argument, block and reference of the bootstrap is one that the provider has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import hcl2
import pytest

from tests.terraform.configuration import BOOTSTRAP, FLEET_PROJECT, MODULES, Block, blocks
from tests.terraform.schema import (
    SCHEMAS,
    faults,
    load,
    of_others,
    others,
    trimmed,
    unknown_references,
    used_types,
)

SCHEMA = load()
RESOURCES = [each for folder in MODULES for each in blocks(folder, *SCHEMAS)]
TOPIC = Block("resource", ("google_pubsub_topic", "one"), {"name": '"one"'}, Path("one.tf"))


@pytest.mark.parametrize("block", RESOURCES, ids=lambda each: f"{each.file.parent.name}/{each.address}")
def test_the_provider_accepts(block: Block) -> None:
    """Required arguments are given, unknown and computed ones are not, and blocks stand where there are such."""
    assert faults(block, SCHEMA) == []


@pytest.mark.parametrize("folder", MODULES, ids=lambda each: each.name)
def test_what_is_referred_to_is_there(folder: Path) -> None:
    """A reference names a block of the module, and an attribute of its schema."""
    assert unknown_references(folder, SCHEMA) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"colour": '"red"'}, "there is no argument colour"),
        ({"effective_labels": {}}, "effective_labels is the provider's to say"),
        ({"colour": [{"__is_block__": True}]}, "there is no block colour"),
        ({"schema_settings": [{"__is_block__": True}]}, "schema_settings: the argument schema is missing"),
        (
            {"schema_settings": [{"schema": '"s"', "__is_block__": True}] * 2},
            "there are 2 blocks schema_settings",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_fault_is_found(change: dict[str, Any], fault: str) -> None:
    """The check can fail, in each of its ways."""
    assert fault in "\n".join(faults(replace(TOPIC, body={**TOPIC.body, **change}), SCHEMA))


def test_a_missing_argument_is_found() -> None:
    """A topic needs a name."""
    assert faults(replace(TOPIC, body={}), SCHEMA) == [
        "google_pubsub_topic.one: the argument name is missing"
    ]


def test_a_missing_block_is_found() -> None:
    """A trigger needs to know what it is for."""
    trigger = next(each for each in RESOURCES if each.type == "google_eventarc_trigger")
    body = {name: value for name, value in trigger.body.items() if name != "destination"}
    assert faults(replace(trigger, body=body), SCHEMA) == [
        "google_eventarc_trigger.requests: the block destination is missing"
    ]


def test_a_type_that_no_provider_has_is_found() -> None:
    """A resource that was invented is told apart."""
    invented = replace(TOPIC, labels=("google_pubsub_subject", "one"))
    assert faults(invented, SCHEMA) == [
        "google_pubsub_subject.one: the provider has no resource google_pubsub_subject"
    ]


def test_wrong_references_are_found(tmp_path: Path) -> None:
    """To a resource that is not there, to an attribute that its schema has not, to a variable that is not declared."""
    (tmp_path / "main.tf").write_text(
        'resource "google_pubsub_topic" "one" {\n  name = var.name\n}\n'
        'output "two" {\n  value = [google_pubsub_topic.one.colour, google_pubsub_topic.two.id]\n}\n'
    )
    assert unknown_references(tmp_path, SCHEMA) == [
        "google_pubsub_topic.one refers to var.name",
        "two: google_pubsub_topic.one has no colour",
        "two refers to google_pubsub_topic.two",
    ]


def test_the_schema_holds_what_is_used_and_no_more() -> None:
    """A type that is no longer used is taken out of the test data, too."""
    kept = {kind: set(SCHEMA[key]) for kind, key in SCHEMAS.items()}
    used = used_types()
    assert kept == {kind: used.get(kind, set()) - of_others().keys() for kind in SCHEMAS}


def test_the_provider_blocks_say_what_providers_accept() -> None:
    """Both providers take the same arguments."""
    known = SCHEMA["provider_config"]["block"]["attributes"]
    given = {name for each in blocks(BOOTSTRAP, "provider") for name in each.body}
    assert given <= known.keys()


def test_the_schema_is_of_the_version_that_is_required() -> None:
    """What is checked here is the least version that the modules accept."""
    for folder in MODULES:
        (terraform,) = blocks(folder, "terraform")
        providers = terraform.body["required_providers"][0]
        wanted = {providers[name]["version"] for name in ("google", "google-beta")}
        assert wanted == {f'">= {SCHEMA["version"].rpartition(".")[0]}, < 8"'}


def test_beta_is_asked_for_what_it_alone_has() -> None:
    """Each such resource says so, has a reason, and is not in the provider's own schema."""
    by_beta = {each.type for each in RESOURCES if "google-beta" in str(each.body.get("provider"))}
    assert by_beta == others()["google-beta"].keys()
    assert not by_beta & SCHEMA["resource_schemas"].keys()


def test_other_providers_are_used_for_a_reason() -> None:
    """Each type is used, and has a reason and a source."""
    assert of_others().keys() <= used_types()["resource"]
    assert all(each["reason"] and each["source"] for each in of_others().values())


def test_the_fleet_module_is_called_with_what_it_declares() -> None:
    """The module's README and the bootstrap give each variable that must be given, and none that there is not."""
    declared = {each.type: "default" not in each.body for each in blocks(FLEET_PROJECT, "variable")}
    required = {name for name, needed in declared.items() if needed}
    for call in (_call_of_readme(), *(each.body for each in blocks(BOOTSTRAP, "module"))):
        given = call.keys() - {"source", "for_each", "depends_on"}
        assert required <= given <= declared.keys()


def _call_of_readme() -> dict[str, Any]:
    readme = (FLEET_PROJECT / "README.md").read_text("utf-8")
    (module,) = hcl2.loads(readme.partition("```hcl\n")[2].partition("```")[0])["module"]
    (call,) = (each for name, each in module.items() if name.strip('"') == "fleet_project")
    return {name: value for name, value in call.items() if not name.startswith("__")}


def test_the_test_data_says_where_it_is_from() -> None:
    """Provider, version and commit."""
    assert (SCHEMA["provider"], SCHEMA["version"]) == ("hashicorp/google", "7.45.0")
    assert SCHEMA["commit"].startswith("hashicorp/terraform-provider-google ")


def test_a_schema_is_trimmed_to_what_is_used() -> None:
    """Types that are named stay whole, others go; what beta alone has is not looked for."""
    whole = {**SCHEMA, "resource_schemas": {**SCHEMA["resource_schemas"], "google_unused": {"block": {}}}}
    used = {"resource": {"google_pubsub_topic", *of_others()}}
    topic = SCHEMA["resource_schemas"]["google_pubsub_topic"]

    kept = trimmed(whole, used)
    assert kept["resource_schemas"] == {"google_pubsub_topic": topic}
    assert kept["data_source_schemas"] == {}
    assert kept["version"] == SCHEMA["version"]

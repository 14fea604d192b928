"""A project whose functions are deployed by their API, without processes: what would be invoked is noted."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from localcloud.functions.logs import Logs
from localcloud.functions.runtime import RUNTIME, Event, Function, Functions
from localcloud.iam import accounts
from localcloud.iam.access import ACCESS
from localcloud.iam.grants import grant
from localcloud.storage import create_bucket, put_object
from localcloud.wire.messages import Json
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

PLACE = f"projects/{PROJECT}/locations/us-central1"
BUCKET = f"{PROJECT}-source"
TOPIC = f"projects/{PROJECT}/topics/orders"
ACCOUNT, TRIGGERS, BUILD = (
    f"{each}@{PROJECT}.iam.gserviceaccount.com" for each in ("worker", "triggers", "builder")
)
REPOSITORY = f"{PLACE}/repositories/images"
OWNER = "user@example.com"
EVENTARC = "roles/eventarc.serviceAgent"
APIS = ("artifactregistry", "cloudfunctions", "compute", "eventarc", "pubsub", "run", "storage")


def archive(**files: str) -> bytes:
    """A zip of these Python files, `main` among them unless another is given."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written:
        for name, text in {"main": "def work(event): pass\n", **files}.items():
            written.writestr(f"{name}.py", text)
    return made.getvalue()


@dataclass
class Runtime:
    """Notes what is served, and who is invoked."""

    served: dict[str, Function] = field(default_factory=dict)
    invoked: list[tuple[str, str]] = field(default_factory=list)
    logs: Logs = field(default_factory=Logs)

    def deploy(self, function: Function) -> None:
        """It is served."""
        self.served[function.name] = function

    def remove(self, name: str) -> None:
        """It is served no more."""
        del self.served[name]

    def invoke(self, name: str, event: Event) -> None:
        """Note what the message says."""
        self.invoked.append((name, base64.b64decode(event.data["message"]["data"]).decode()))


class Deploying(Services):
    """Such a project, owned by its caller, with IAM enforced."""

    def __init__(self, folder: Path, agent: bool = True) -> None:
        super().__init__(a_world(*APIS))
        world = self.world
        world.folder = folder
        self.runtime = Runtime()
        world[RUNTIME] = cast("Functions", self.runtime)
        world[ACCESS].enforced = True
        grant(world, f"projects/{PROJECT}", "roles/owner", f"user:{OWNER}")
        for name in ("worker", "triggers", "builder"):
            self.make_account(name)
        create_bucket(world, BUCKET, PROJECT, "us-central1")
        self.upload("first.zip", archive())
        world.store["pubsub.topics"].put(TOPIC, {"name": TOPIC})
        world.store["artifactregistry.repositories"].put(REPOSITORY, {"name": REPOSITORY})
        if agent:
            grant(world, f"projects/{PROJECT}", EVENTARC, self.agent)

    @property
    def agent(self) -> str:
        """Eventarc's service agent, as a member."""
        number = self.world.projects.get(PROJECT).number
        return f"serviceAccount:service-{number}@gcp-sa-eventarc.iam.gserviceaccount.com"

    def make_account(self, name: str) -> None:
        """A service account of the project."""
        accounts.make(self.world, self.world.projects.get(PROJECT), name, {})

    def upload(self, name: str, data: bytes) -> None:
        """Put an archive into the bucket."""
        put_object(self.world, BUCKET, name, data)

    def create(self, name: str = "work", **fields: Any) -> Json:
        """The operation that deploys a function, once it has ended."""
        return self.ended(self.ok("POST", functions(), asked(**fields), functionId=name))

    def patch(self, mask: str, name: str = "work", **fields: Any) -> Json:
        """The operation that changes one, once it has ended."""
        return self.ended(self.ok("PATCH", functions(name), asked(**fields), updateMask=mask))

    def ended(self, operation: Json) -> Json:
        """An operation of any service of this project, once it has ended."""
        service = next(
            s
            for s in ("cloudfunctions", "eventarc")
            if operation["name"] in self.world.store[f"{s}.operations"]
        )
        while not operation.get("done"):
            self.wait(5.0)
            version = {"cloudfunctions": "v2", "eventarc": "v1"}[service]
            operation = self.ok("GET", f"{service}/{version}/{operation['name']}")
        return operation

    def function(self, name: str = "work") -> Json:
        """A function as it is shown."""
        return self.ok("GET", functions(name))

    def let_invoke(self, name: str = "work") -> None:
        """Let the triggers' account call a function, as Terraform does."""
        policy = {"bindings": [{"role": "roles/run.invoker", "members": [f"serviceAccount:{TRIGGERS}"]}]}
        self.ok("POST", f"run/v2/{PLACE}/services/{name}:setIamPolicy", {"policy": policy})
        self.wait(200.0)

    def publish(self, text: str) -> None:
        """Publish a message, and let it come."""
        data = base64.b64encode(text.encode()).decode()
        self.ok("POST", f"pubsub/v1/{TOPIC}:publish", {"messages": [{"data": data}]})
        self.wait(1.0)


def functions(name: str = "") -> str:
    """The path of a function, or of all."""
    return f"cloudfunctions/v2/{PLACE}/functions" + (f"/{name}" if name else "")


def asked(source: str = "first.zip", **fields: Any) -> Json:
    """What is asked for: a function with a trigger; `fields` are laid on its parts."""
    parts: Json = {
        "buildConfig": {
            "runtime": "python312",
            "entryPoint": "work",
            "dockerRepository": REPOSITORY,
            "source": {"storageSource": {"bucket": BUCKET, "object": source}},
        },
        "serviceConfig": {"serviceAccountEmail": ACCOUNT, "maxInstanceCount": 10, "availableCpu": "1"},
        "eventTrigger": {
            "eventType": "google.cloud.pubsub.topic.v1.messagePublished",
            "pubsubTopic": TOPIC,
            "serviceAccountEmail": TRIGGERS,
        },
    }
    return {**parts, **{key: {**parts.get(key, {}), **value} for key, value in fields.items()}}

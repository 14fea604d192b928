# Fleetgate's own project. What each project of environments needs besides is modules/fleet-project.

locals {
  # Also those of environments: Google counts a call against the project of the identity that makes it, and refuses
  # it where that project has not enabled the API, whatever project the resource is in [reported].
  apis = toset([
    "artifactregistry",
    "cloudbuild",
    "cloudfunctions",
    "cloudresourcemanager",
    "cloudscheduler",
    "compute",
    "connectgateway",
    "container",
    "dns",
    "eventarc",
    "gkehub",
    "iam",
    "logging",
    "monitoring",
    "multiclusteringress",
    "multiclusterservicediscovery",
    "pubsub",
    "run",
    "serviceusage",
    "storage",
    "trafficdirector",
    "workflowexecutions",
    "workflows",
  ])

  # Services that act in the project by an account of Google's, their agent.
  agents = {
    cloudscheduler = "roles/cloudscheduler.serviceAgent"
    eventarc       = "roles/eventarc.serviceAgent"
    workflows      = "roles/workflows.serviceAgent"
  }

  number = one([for each in data.google_projects.home.projects : each.number if each.project_id == var.project_id])
}

# A list, for its number alone: google_project also asks who pays, and fails where the Cloud Billing API is not on.
data "google_projects" "home" {
  filter = "id:${var.project_id}"

  lifecycle {
    postcondition {
      condition     = contains(self.projects[*].project_id, var.project_id)
      error_message = "project_id: there is no project ${var.project_id}, or you may not see it. Correct the id, or ask for roles/owner there."
    }
  }
}

# Names are fixed, so a project has room for one installation. The network is the first thing that a second one would
# find taken; without this, some hundred resources would each say that they exist.
data "google_compute_networks" "home" {
  project = var.project_id
}

# What was there before the first apply. Terraform keeps it, so that later plans do not find their own network.
resource "terraform_data" "installation" {
  input = contains(data.google_compute_networks.home.networks, "fleetgate")

  lifecycle {
    ignore_changes = [input]

    postcondition {
      condition     = self.input != true
      error_message = "The project ${var.project_id} has a Fleetgate already: its network `fleetgate` is not of this state. Use that installation's state (terraform init -backend-config=bucket=…), or another project_id."
    }
  }
}

# Another project or region would have nothing of the first one's environments: their anchors are in the home region. And
# Terraform would take the first installation away, until it meets a bucket that is not empty.
resource "terraform_data" "home" {
  input      = { project_id = var.project_id, region = var.region }
  depends_on = [terraform_data.installation]

  lifecycle {
    ignore_changes = [input]

    postcondition {
      condition     = self.input.project_id == var.project_id && self.input.region == var.region
      error_message = "project_id, region: this state has a Fleetgate in ${self.input.project_id}, ${self.input.region}; it cannot move. Give these again; or uninstall it first (docs/deploy.md, step 9); or use another state for another project."
    }
  }
}

resource "google_project_service" "home" {
  for_each = local.apis

  project            = var.project_id
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false # somebody else's resources may live by it

  depends_on = [terraform_data.home]
}

# An API that was just enabled is not served everywhere yet, and its agent comes a moment later [reported]. Everything
# that calls one waits for this.
resource "time_sleep" "apis" {
  create_duration = var.waits.apis
  triggers        = { for name, each in google_project_service.home : name => each.id }
}

# An agent may come only with the first use of its service, too late for a grant; this makes those that are missing.
resource "google_project_service_identity" "home" {
  provider = google-beta
  for_each = local.agents

  project = var.project_id
  service = google_project_service.home[each.key].service

  depends_on = [time_sleep.apis]
}

# An agent that was made on request gets no role by itself [documented: iam/docs/create-service-agents]; others get
# theirs from Google. The condition always holds. With it this is a binding of its own beside Google's, and `destroy`
# takes away this one alone: others in the project live by theirs.
resource "google_project_iam_member" "agents" {
  #checkov:skip=CKV_GCP_49:These are the roles that Google made for its own agents; nobody else holds them.
  for_each = local.agents

  project = var.project_id
  role    = each.value
  member  = "serviceAccount:service-${local.number}@gcp-sa-${each.key}.iam.gserviceaccount.com"

  condition {
    title       = "Fleetgate of ${var.project_id}"
    description = "Always holds: it tells this binding from those of others."
    expression  = "request.time > timestamp('2020-01-01T00:00:00Z')"
  }

  depends_on = [google_project_service_identity.home]
}

# A new grant works after two minutes, as a rule [documented: iam/docs/access-change-propagation]. What begins to work
# as soon as it is made, a function's first build above all, waits for all of them.
resource "time_sleep" "grants" {
  create_duration = var.waits.grants
  triggers = merge(
    { for name, each in google_project_iam_member.agents : "agent/${name}" => each.id },
    { for name, each in google_project_iam_member.home : "project/${name}" => each.id },
    { for name, each in google_project_iam_member.built : "built/${name}" => each.id },
    { for name, each in google_storage_bucket_iam_member.source : "source/${name}" => each.id },
    { for name, each in google_pubsub_topic_iam_member.publishers : "topic/${name}" => each.id },
    { for name, each in google_service_account_iam_member.actors : "account/${name}" => each.id },
    { builder = google_service_account_iam_member.builder.id },
    { repository = google_artifact_registry_repository_iam_member.build.id },
  )
}

module "fleet_project" {
  source   = "./modules/fleet-project"
  for_each = local.fleet_projects

  project_id      = each.key
  home_project_id = google_service_account.fleetgate["fleet"].project # a binding to an account that is not there is refused
  waits           = var.waits

  node_service_accounts = [
    for email in var.node_service_accounts : email if endswith(email, "@${each.key}.iam.gserviceaccount.com")
  ]
}

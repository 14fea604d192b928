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

  # Services that act in the project as agents of their own. An agent is made when its service is first used; the
  # grants would come too early for the trigger or the job that needs them [documented], so it is made before.
  agents = {
    cloudscheduler = "roles/cloudscheduler.serviceAgent"
    eventarc       = "roles/eventarc.serviceAgent"
    workflows      = "roles/workflows.serviceAgent"
  }
}

resource "google_project_service" "home" {
  for_each = local.apis

  project            = var.project_id
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false # somebody else's resources may live by it
}

resource "google_project_service_identity" "home" {
  provider = google-beta
  for_each = local.agents

  project = var.project_id
  service = google_project_service.home[each.key].service
}

resource "google_project_iam_member" "agents" {
  #checkov:skip=CKV_GCP_49:These are the roles that Google made for its own agents; nobody else holds them.
  for_each = local.agents

  project = var.project_id
  role    = each.value
  member  = google_project_service_identity.home[each.key].member

  depends_on = [google_project_service.home] # policies are Resource Manager's
}

module "fleet_project" {
  source   = "./modules/fleet-project"
  for_each = local.fleet_projects

  project_id      = each.key
  home_project_id = var.project_id

  node_service_accounts = [
    for email in var.node_service_accounts : email if endswith(email, "@${each.key}.iam.gserviceaccount.com")
  ]

  depends_on = [google_service_account.fleetgate] # a binding to an account that is not there is refused
}

# What a project of environments needs once: APIs, the agents behind the fleet's features, an identity for nodes.

locals {
  apis = toset([
    "cloudresourcemanager",
    "compute",
    "connectgateway",
    "container",
    "dns",
    "gkehub",
    "iam",
    "multiclusteringress",
    "multiclusterservicediscovery",
    "serviceusage",
    "trafficdirector",
  ])

  # An agent without its role makes memberships end in "Lost connection" and GatewayClasses stay away [observed]; and
  # a role takes minutes to be seen everywhere. So agents and roles are made here, before the first cluster.
  agents = {
    gkehub                       = { account = "gcp-sa-gkehub", roles = ["roles/gkehub.serviceAgent"] }
    multiclusterservicediscovery = { account = "gcp-sa-mcsd", roles = ["roles/multiclusterservicediscovery.serviceAgent"] }
    multiclusteringress = {
      account = "gcp-sa-multiclusteringress"
      roles   = ["roles/multiclusteringress.serviceAgent", "roles/container.admin"] # both [documented]
    }
  }

  agent_roles = merge(flatten([
    for service, agent in local.agents : [
      for role in agent.roles : { "${service}/${role}" = { account = agent.account, role = role } }
    ]
  ])...)

  number = one([for each in data.google_projects.fleet.projects : each.number if each.project_id == var.project_id])
}

# A list, for its number alone: google_project also asks who pays, and fails where the Cloud Billing API is not on.
data "google_projects" "fleet" {
  filter = "id:${var.project_id}"

  lifecycle {
    postcondition {
      condition     = contains(self.projects[*].project_id, var.project_id)
      error_message = "project_id: there is no project ${var.project_id}, or you may not see it. Correct the id, or ask for roles/owner there."
    }
  }
}

resource "google_project_service" "fleet" {
  for_each = local.apis

  project            = var.project_id
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false # somebody else's resources may live by it
}

# An API that was just enabled is not served everywhere yet, and its agent comes a moment later [reported].
resource "time_sleep" "apis" {
  create_duration = var.waits.apis
  triggers        = { for name, each in google_project_service.fleet : name => each.id }
}

# An agent may come only with the first use of its service, too late for a grant; this makes those that are missing.
resource "google_project_service_identity" "fleet" {
  provider = google-beta
  for_each = local.agents

  project = var.project_id
  service = google_project_service.fleet[each.key].service

  depends_on = [time_sleep.apis]
}

# The condition always holds. With it this is a binding of its own beside Google's and other people's, and `destroy`
# takes away this one alone: others in the project live by theirs.
resource "google_project_iam_member" "agents" {
  for_each = local.agent_roles

  project = var.project_id
  role    = each.value.role
  member  = "serviceAccount:service-${local.number}@${each.value.account}.iam.gserviceaccount.com"

  condition {
    title       = "Fleetgate of ${var.home_project_id}"
    description = "Always holds: it tells this binding from those of others."
    expression  = "request.time > timestamp('2020-01-01T00:00:00Z')"
  }

  depends_on = [google_project_service_identity.fleet]
}

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
    gkehub                       = ["roles/gkehub.serviceAgent"]
    multiclusteringress          = ["roles/multiclusteringress.serviceAgent", "roles/container.admin"] # both [documented]
    multiclusterservicediscovery = ["roles/multiclusterservicediscovery.serviceAgent"]
  }

  agent_roles = merge(flatten([
    for service, roles in local.agents : [
      for role in roles : { "${service}/${role}" = { service = service, role = role } }
    ]
  ])...)
}

resource "google_project_service" "fleet" {
  for_each = local.apis

  project            = var.project_id
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false # somebody else's resources may live by it
}

resource "google_project_service_identity" "fleet" {
  provider = google-beta
  for_each = local.agents

  project = var.project_id
  service = google_project_service.fleet[each.key].service
}

resource "google_project_iam_member" "agents" {
  for_each = local.agent_roles

  project = var.project_id
  role    = each.value.role
  member  = google_project_service_identity.fleet[each.value.service].member

  depends_on = [google_project_service.fleet] # policies are Resource Manager's
}

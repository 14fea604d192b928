# What Fleetgate's identities may do in this project. Every binding adds a member; none owns a role or a policy.

resource "google_project_iam_custom_role" "fleet" {
  for_each = local.plain

  project     = var.project_id
  role_id     = "fleetgate_${each.key}_fleet"
  title       = "Fleetgate: ${replace(each.key, "_", " ")}"
  description = "roles/${each.key}.yaml says why each permission is needed."
  permissions = each.value

  depends_on = [time_sleep.apis]
}

resource "google_project_iam_member" "fleet" {
  for_each = google_project_iam_custom_role.fleet

  project = var.project_id
  role    = each.value.name
  member  = local.members[each.key]
}

# The importer of multi-cluster Services has an identity of a pool that comes with the first cluster; before that, a
# grant to it is refused. So the fleet step makes the grant, and may make no other.
resource "google_project_iam_custom_role" "limited" {
  for_each = local.limited

  project     = var.project_id
  role_id     = "fleetgate_${each.key}_limited"
  title       = "Fleetgate: ${replace(each.key, "_", " ")}, under a condition"
  description = "roles/${each.key}.yaml says why each permission is needed, and under which condition."
  permissions = keys(each.value.permissions)

  depends_on = [time_sleep.apis]
}

resource "google_project_iam_member" "limited" {
  for_each = google_project_iam_custom_role.limited

  project = var.project_id
  role    = each.value.name
  member  = local.members[each.key]

  condition {
    title       = local.limited[each.key].condition.title
    description = try(local.limited[each.key].condition.description, null)
    expression  = local.limited[each.key].condition.expression
  }
}

# The nodes' identity: they write logs and metrics, and can do nothing else.
resource "google_service_account" "nodes" {
  project      = var.project_id
  account_id   = "fleetgate-nodes"
  display_name = "Fleetgate: nodes"
  description  = "The nodes of clusters that Fleetgate makes."

  depends_on = [time_sleep.apis]
}

resource "google_project_iam_member" "nodes" {
  project = var.project_id
  role    = "roles/container.defaultNodeServiceAccount" # the least that GKE asks for [documented]
  member  = google_service_account.nodes.member
}

resource "google_service_account_iam_member" "nodes" {
  for_each = local.actors

  service_account_id = google_service_account.nodes.name
  role               = "roles/iam.serviceAccountUser"
  member             = local.members[each.key]
}

resource "google_service_account_iam_member" "other_nodes" {
  for_each = local.nodes

  service_account_id = "projects/${var.project_id}/serviceAccounts/${each.value.email}"
  role               = "roles/iam.serviceAccountUser"
  member             = local.members[each.value.step]

  depends_on = [time_sleep.apis]
}

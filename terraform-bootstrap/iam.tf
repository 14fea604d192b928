# Identities, and what they may do in Fleetgate's own project. Every binding adds a member; none owns a role or a policy.

resource "google_service_account" "fleetgate" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = each.value
  display_name = "Fleetgate: ${replace(each.key, "_", " ")}"
  description  = "May do what roles/${each.key}.yaml says."

  depends_on = [google_project_service.home]
}

resource "google_project_iam_custom_role" "home" {
  for_each = { for step, role in local.roles : step => keys(role.home) if can(role.home) }

  project     = var.project_id
  role_id     = "fleetgate_${each.key}"
  title       = "Fleetgate: ${replace(each.key, "_", " ")}"
  description = "roles/${each.key}.yaml says why each permission is needed."
  permissions = each.value

  depends_on = [google_project_service.home]
}

resource "google_project_iam_member" "home" {
  for_each = google_project_iam_custom_role.home

  project = var.project_id
  role    = each.value.name
  member  = google_service_account.fleetgate[each.key].member
}

resource "google_pubsub_topic_iam_member" "publishers" {
  for_each = local.publishers

  project = var.project_id
  topic   = google_pubsub_topic.fleetgate[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = google_service_account.fleetgate[each.value.step].member
}

resource "google_service_account_iam_member" "actors" {
  for_each = local.actors

  service_account_id = google_service_account.fleetgate[each.value.account].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.fleetgate[each.value.step].member
}

# People and pipelines that ask for environments: they publish, and they see what became of it.

resource "google_pubsub_topic_iam_member" "requesters" {
  for_each = var.requesters

  project = var.project_id
  topic   = google_pubsub_topic.fleetgate["requests"].name
  role    = "roles/pubsub.publisher"
  member  = each.key
}

resource "google_project_iam_member" "followers" {
  for_each = var.requesters

  project = var.project_id
  role    = "roles/workflows.viewer" # executions, and which answer they wait for
  member  = each.key

  depends_on = [google_project_service.home]
}

resource "google_project_iam_member" "readers" {
  for_each = var.requesters

  project = var.project_id
  role    = "roles/compute.networkViewer" # the anchors
  member  = each.key

  depends_on = [google_project_service.home]
}

# Identities, and what they may do in Fleetgate's own project. Every binding adds a member; none owns a role or a policy.

resource "google_service_account" "fleetgate" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = each.value
  display_name = "Fleetgate: ${replace(each.key, "_", " ")}"
  description  = "May do what roles/${each.key}.yaml says."

  depends_on = [time_sleep.apis]
}

resource "google_project_iam_custom_role" "home" {
  for_each = { for step, role in local.roles : step => keys(role.home) if can(role.home) }

  project     = var.project_id
  role_id     = "fleetgate_${each.key}"
  title       = "Fleetgate: ${replace(each.key, "_", " ")}"
  description = "roles/${each.key}.yaml says why each permission is needed."
  permissions = each.value

  depends_on = [time_sleep.apis]
}

resource "google_project_iam_member" "home" {
  for_each = google_project_iam_custom_role.home

  project = var.project_id
  role    = each.value.name
  member  = google_service_account.fleetgate[each.key].member
}

resource "google_project_iam_custom_role" "storage" {
  for_each = local.storage

  project     = var.project_id
  role_id     = "fleetgate_${each.key}"
  title       = "Fleetgate: ${replace(each.value.step, "_", " ")}, in buckets"
  description = "roles/${each.value.step}.yaml says why each permission is needed."
  permissions = each.value.permissions

  depends_on = [time_sleep.apis]
}

# On this bucket alone: the project has others, and Terraform's state may be in one of them.
resource "google_storage_bucket_iam_member" "source" {
  for_each = { for name, each in local.storage : name => each if each.bucket == "source" }

  bucket = google_storage_bucket.source.name
  role   = google_project_iam_custom_role.storage[each.key].name
  member = google_service_account.fleetgate[each.value.step].member
}

# Google makes this bucket with the first function, and keeps in it what each function is built from. That is too late
# for a policy of its own, so the grant is the project's, under a condition that names the bucket.
resource "google_project_iam_member" "built" {
  for_each = { for name, each in local.storage : name => each if each.bucket == "built" }

  project = var.project_id
  role    = google_project_iam_custom_role.storage[each.key].name
  member  = google_service_account.fleetgate[each.value.step].member

  condition {
    title       = "sources of functions"
    description = "Only what the functions of the home region are built from."
    expression  = "resource.name == '${local.built}' || resource.name.startsWith('${local.built}/')"
  }
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

  depends_on = [time_sleep.apis]
}

# What the functions log has the rows of reports. IAM grants the reading of logs by project, so this lets requesters read
# every log of it, but for those of data access.
resource "google_project_iam_custom_role" "requester" {
  project     = var.project_id
  role_id     = "fleetgate_requester"
  title       = "Fleetgate: requester"
  description = "What reports of requests are made from."
  permissions = ["logging.logEntries.list"]

  depends_on = [time_sleep.apis]
}

resource "google_project_iam_member" "log_readers" {
  for_each = var.requesters

  project = var.project_id
  role    = google_project_iam_custom_role.requester.name
  member  = each.key
}

resource "google_project_iam_member" "readers" {
  for_each = var.requesters

  project = var.project_id
  role    = "roles/compute.networkViewer" # the anchors
  member  = each.key

  depends_on = [time_sleep.apis]
}

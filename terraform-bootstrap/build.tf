# Cloud Build: each push is checked by one build and deployed by another, and both log to Cloud Logging only.
#
# A build has one identity, and whatever runs in it can ask the metadata server for that identity's token. Tests, lint and
# their dependencies run in the first build, as fleetgate-check, which may deploy nothing. The second build, as
# fleetgate-build, waits until Cloud Build says that the first one of the same commit has succeeded.

locals {
  built = "projects/_/buckets/gcf-v2-sources-${local.number}-${var.region}" # [observed]

  # A trigger takes a regular expression; a name has no other characters that mean something in one.
  branch = var.repository == null ? null : "^${replace(replace(var.repository.branch, ".", "\\."), "+", "\\+")}$"
}

resource "google_storage_bucket" "source" {
  #checkov:skip=CKV_GCP_62:Reads and writes are in the project's audit log; a second log would need a second bucket.
  project                     = var.project_id
  name                        = "${var.project_id}-fleetgate-source"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 30
    }
    action {
      type = "Delete"
    }
  }

  depends_on = [time_sleep.apis]
}

resource "google_artifact_registry_repository" "functions" {
  #checkov:skip=CKV_GCP_84:The images hold what is in the Git repository; Google's own keys do for them.
  project       = var.project_id
  location      = var.region
  repository_id = "fleetgate"
  description   = "The functions' images, as Cloud Functions builds them."
  format        = "DOCKER"

  # Each deployment leaves an image a function behind; three are enough to go back.
  cleanup_policies {
    id     = "keep-three"
    action = "KEEP"
    most_recent_versions {
      keep_count = 3
    }
  }
  cleanup_policies {
    id     = "delete-older"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [time_sleep.apis]
}

# Functions are built as fleetgate-build, too: what it may write to is this repository, not every one of the project.
resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project_id
  location   = var.region
  repository = google_artifact_registry_repository.functions.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.fleetgate["build"].member
}

# Who deploys a function acts as the identity that it is built by [documented].
resource "google_service_account_iam_member" "builder" {
  service_account_id = google_service_account.fleetgate["build"].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.fleetgate["build"].member
}

# Neither is for pull requests: what is not merged is checked where it was written.
resource "google_cloudbuild_trigger" "check" {
  count = var.repository == null ? 0 : 1

  project         = var.project_id
  location        = var.region
  name            = "fleetgate-check"
  description     = "Checks and packages ${var.repository.branch}."
  filename        = "cloudbuild-check.yaml"
  service_account = google_service_account.fleetgate["check"].id

  repository_event_config {
    repository = var.repository.name
    push {
      branch = local.branch
    }
  }

  substitutions = {
    _SOURCE_BUCKET = google_storage_bucket.source.name
    _PYTHON        = var.builders.python
    _GCLOUD        = var.builders.gcloud
  }

  depends_on = [time_sleep.grants]
}

resource "google_cloudbuild_trigger" "push" {
  count = var.repository == null ? 0 : 1

  project         = var.project_id
  location        = var.region
  name            = "fleetgate-push"
  description     = "Deploys the code and the environments of ${var.repository.branch}."
  filename        = "cloudbuild.yaml"
  service_account = google_service_account.fleetgate["build"].id

  repository_event_config {
    repository = var.repository.name
    push {
      branch = local.branch
    }
  }

  substitutions = {
    _REGION        = var.region
    _SOURCE_BUCKET = google_storage_bucket.source.name
    _CHECK_TRIGGER = google_cloudbuild_trigger.check[0].trigger_id
    _PYTHON        = var.builders.python
    _GCLOUD        = var.builders.gcloud
  }

  depends_on = [time_sleep.grants]
}

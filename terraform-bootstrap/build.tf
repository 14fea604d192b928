# Cloud Build: a push deploys the code and the environments. cloudbuild.yaml says how, and logs to Cloud Logging only.

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

  depends_on = [google_project_service.home]
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

  depends_on = [google_project_service.home]
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

# There is none for pull requests: their code would run as the identity that deploys.
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
      branch = "^${var.repository.branch}$"
    }
  }

  substitutions = {
    _REGION        = var.region
    _SOURCE_BUCKET = google_storage_bucket.source.name
  }
}

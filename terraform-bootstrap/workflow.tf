# The sequence, and what starts it: a message on fleetgate-requests.

resource "google_workflows_workflow" "fleetgate" {
  project                 = var.project_id
  region                  = var.region
  name                    = "fleetgate"
  description             = "What happens to an environment, in which order."
  service_account         = google_service_account.fleetgate["workflow"].id
  call_log_level          = "LOG_ERRORS_ONLY" # a log of all calls would hold the specs
  execution_history_level = "EXECUTION_HISTORY_BASIC"
  deletion_protection     = var.deletion_protection
  source_contents         = file("${path.module}/../workflows/environment.yaml")

  user_env_vars = {
    FLEETGATE_TOPIC_PREFIX = "projects/${var.project_id}/topics/fleetgate-"
  }

  lifecycle {
    ignore_changes = [source_contents] # the first one is made here; cloudbuild.yaml deploys the later ones
  }

  depends_on = [time_sleep.grants]
}

resource "google_eventarc_trigger" "requests" {
  project         = var.project_id
  location        = var.region
  name            = "fleetgate-requests"
  service_account = google_service_account.fleetgate["triggers"].email

  matching_criteria {
    attribute = "type"
    value     = "google.cloud.pubsub.topic.v1.messagePublished"
  }

  transport {
    pubsub {
      topic = google_pubsub_topic.fleetgate["requests"].id
    }
  }

  destination {
    workflow = google_workflows_workflow.fleetgate.id
  }

  depends_on = [time_sleep.grants]
}

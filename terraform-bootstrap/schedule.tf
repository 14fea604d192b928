# What outlives its lease is torn down. The function that keeps the anchors is asked itself, and publishes the requests
# that are due: an execution of the workflow around each look would cost more than all else in an idle month.

resource "google_cloud_scheduler_job" "sweep" {
  project     = var.project_id
  region      = var.region
  name        = "fleetgate-sweep"
  description = "Asks for the teardown of environments whose lease has ended."
  schedule    = "*/15 * * * *"
  time_zone   = "Etc/UTC"

  # The topic's own API, and not a Pub/Sub target: that one publishes as Google's agent, which may publish to every
  # topic of the project; this one as fleetgate-schedule, which may publish to this topic and do nothing else.
  http_target {
    http_method = "POST"
    uri         = "https://pubsub.googleapis.com/v1/${google_pubsub_topic.fleetgate["environment"].id}:publish"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({ messages = [{ data = base64encode(jsonencode({ schema = 2, mode = "scheduled", action = "sweep" })) }] }))

    oauth_token {
      service_account_email = google_service_account.fleetgate["schedule"].email
      scope                 = "https://www.googleapis.com/auth/pubsub"
    }
  }

  retry_config {
    retry_count = 3 # a sweep twice does no harm
  }

  depends_on = [time_sleep.grants]
}

# What serves is proven again, if that is wanted: an event tells when it no longer serves, and when it does again.

resource "google_cloud_scheduler_job" "monitor" {
  count = var.monitor_schedule == null ? 0 : 1

  project     = var.project_id
  region      = var.region
  name        = "fleetgate-monitor"
  description = "Asks for the proof that what was verified still serves."
  schedule    = var.monitor_schedule
  time_zone   = "Etc/UTC"

  # As the sweep's.
  http_target {
    http_method = "POST"
    uri         = "https://pubsub.googleapis.com/v1/${google_pubsub_topic.fleetgate["environment"].id}:publish"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({ messages = [{ data = base64encode(jsonencode({ schema = 2, mode = "scheduled", action = "monitor" })) }] }))

    oauth_token {
      service_account_email = google_service_account.fleetgate["schedule"].email
      scope                 = "https://www.googleapis.com/auth/pubsub"
    }
  }

  retry_config {
    retry_count = 3 # a proof more does no harm
  }

  depends_on = [time_sleep.grants]
}

# One topic for requests, one for endings, one for each function.

resource "google_pubsub_topic" "fleetgate" {
  #checkov:skip=CKV_GCP_83:Messages are specs without secrets and live for seconds; Google's own keys do for them.
  for_each = local.topics

  project = var.project_id
  name    = "fleetgate-${each.key}"

  depends_on = [time_sleep.apis]
}

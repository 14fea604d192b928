# Environments in two projects, in a network that one shares with the other, deployed from a repository.

mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = { email = "account@shop-tools.iam.gserviceaccount.com", member = "serviceAccount:account@shop-tools.iam.gserviceaccount.com" }
  }
}

mock_provider "google-beta" {}

variables {
  project_id     = "shop-tools"
  region         = "europe-west1"
  fleet_projects = ["shop-prod", "shop-stage"]
  requesters     = ["group:platform@example.com"]
  alert_email    = "platform@example.com"

  node_service_accounts = ["nodes@shop-prod.iam.gserviceaccount.com"]

  repository = { name = "projects/shop-tools/locations/europe-west1/connections/github/repositories/environments" }

  verification_networks = {
    shared  = { network = "projects/shop-net/global/networks/shared", subnetwork = "projects/shop-net/regions/europe-west1/subnetworks/tools" }
    default = { network = "default", ip_cidr_range = "10.254.254.0/26" }
  }
}

run "two_fleets_and_a_repository" {
  assert {
    condition     = keys(module.fleet_project) == ["shop-prod", "shop-stage"]
    error_message = "The projects that are named, and no other."
  }

  assert {
    condition     = jsonencode({ for project, each in module.fleet_project : project => each.node_service_accounts }) == jsonencode({ shop-prod = ["nodes@shop-prod.iam.gserviceaccount.com"], shop-stage = [] })
    error_message = "An account for nodes is used in its own project."
  }

  assert {
    condition = jsondecode(google_cloudfunctions2_function.fleetgate["fleet"].service_config[0].environment_variables.FLEETGATE_VERIFICATION_NETWORKS) == {
      "projects/shop-net/global/networks/shared"    = "projects/shop-tools/topics/fleetgate-verification-shared"
      "projects/shop-tools/global/networks/default" = "projects/shop-tools/topics/fleetgate-verification-default"
    }
    error_message = "Each network has a topic, in the home project."
  }

  assert {
    condition     = keys(google_compute_subnetwork.verification) == ["default"]
    error_message = "A subnetwork is made where none is given."
  }

  assert {
    condition     = google_cloudfunctions2_function.fleetgate["verification-shared"].service_config[0].direct_vpc_network_interface[0].subnetwork == "projects/shop-net/regions/europe-west1/subnetworks/tools"
    error_message = "A subnetwork that is given is used."
  }

  assert {
    condition     = length([for key in keys(google_pubsub_topic_iam_member.publishers) : key if startswith(key, "workflow/verification-")]) == 2
    error_message = "The workflow may ask each of them."
  }

  assert {
    condition     = google_pubsub_topic_iam_member.requesters["group:platform@example.com"].topic == "fleetgate-requests"
    error_message = "A requester publishes requests, and nothing else."
  }

  assert {
    condition     = google_cloudbuild_trigger.push[0].substitutions._REGION == "europe-west1"
    error_message = "The build deploys to the home region."
  }

  assert {
    condition     = google_cloudbuild_trigger.push[0].repository_event_config[0].push[0].branch == "^main$"
    error_message = "A push to main deploys."
  }

  assert {
    condition     = alltrue([for each in [google_monitoring_alert_policy.executions, google_monitoring_alert_policy.endings] : length(each.notification_channels) == 1])
    error_message = "Both alerts are sent."
  }
}

# Environments in two projects, in a network that one shares with the other, deployed from a repository.

mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "google-beta" {}

mock_provider "time" {}

variables {
  project_id     = "shop-tools"
  region         = "europe-west1"
  fleet_projects = ["shop-prod", "shop-stage"]
  requesters     = ["group:platform@example.com"]
  alert_email    = "platform@example.com"

  monitor_schedule = "*/30 * * * *"

  node_service_accounts = ["gke-nodes@shop-prod.iam.gserviceaccount.com"]

  repository = { name = "projects/shop-tools/locations/europe-west1/connections/github/repositories/environments", branch = "release/1.0" }

  verification_networks = {
    shared  = { network = "projects/shop-net/global/networks/shared", subnetwork = "projects/shop-net/regions/europe-west1/subnetworks/tools" }
    default = { network = "default", ip_cidr_range = "10.127.254.0/26" }
  }
}

run "two_fleets_and_a_repository" {
  assert {
    condition     = jsondecode(base64decode(jsondecode(base64decode(google_cloud_scheduler_job.monitor[0].http_target[0].body)).messages[0].data)) == { action = "monitor" }
    error_message = "The monitor's schedule asks for the monitor."
  }

  assert {
    condition     = keys(module.fleet_project) == ["shop-prod", "shop-stage"]
    error_message = "The projects that are named, and no other."
  }

  assert {
    condition     = jsonencode({ for project, each in module.fleet_project : project => each.node_service_accounts }) == jsonencode({ shop-prod = ["gke-nodes@shop-prod.iam.gserviceaccount.com"], shop-stage = [] })
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
    condition     = google_monitoring_notification_channel.email[0].force_delete
    error_message = "The channel can go while policies still name it."
  }

  assert {
    condition     = google_pubsub_topic_iam_member.requesters["group:platform@example.com"].topic == "fleetgate-requests"
    error_message = "A requester publishes requests, and nothing else."
  }

  assert {
    condition     = google_project_iam_member.log_readers["group:platform@example.com"].role == google_project_iam_custom_role.requester.name
    error_message = "A requester reads what the functions log."
  }

  assert {
    condition     = google_project_iam_custom_role.requester.permissions == toset(["logging.logEntries.list"])
    error_message = "And does nothing else with logs."
  }

  assert {
    condition     = google_cloudbuild_trigger.push[0].substitutions._REGION == "europe-west1"
    error_message = "The build deploys to the home region."
  }

  assert {
    condition     = alltrue([for each in [google_cloudbuild_trigger.push[0], google_cloudbuild_trigger.check[0]] : each.repository_event_config[0].push[0].branch == "^release/1\\.0$"])
    error_message = "A push to this branch is checked and deployed, and no other: its name is no pattern."
  }

  assert {
    condition     = google_cloudbuild_trigger.push[0].substitutions._CHECK_TRIGGER == google_cloudbuild_trigger.check[0].trigger_id
    error_message = "What is deployed waits for this check."
  }

  assert {
    condition     = google_cloudbuild_trigger.push[0].filename != google_cloudbuild_trigger.check[0].filename
    error_message = "Two builds do it."
  }

  assert {
    condition     = alltrue([for each in [google_monitoring_alert_policy.executions, google_monitoring_alert_policy.endings] : length(each.notification_channels) == 1])
    error_message = "Both alerts are sent."
  }
}

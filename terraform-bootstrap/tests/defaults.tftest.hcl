# An installation in an empty project, with nothing said but the project. No cloud is asked: `terraform test`.

mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "google-beta" {}

mock_provider "time" {}

variables {
  project_id = "shop-tools"
}

run "an_empty_project" {
  assert {
    condition = keys(google_cloudfunctions2_function.fleetgate) == [
      "clusters", "environment", "fleet", "gateway", "service-export", "subnets", "verification-default",
    ]
    error_message = "There is one function a step, and one for the default network."
  }

  assert {
    condition     = alltrue([for each in google_cloudfunctions2_function.fleetgate : each.event_trigger[0].retry_policy == "RETRY_POLICY_DO_NOT_RETRY"])
    error_message = "The workflow owns retries."
  }

  assert {
    condition     = alltrue([for each in google_cloudfunctions2_function.fleetgate : each.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"])
    error_message = "No function is called from outside."
  }

  assert {
    condition     = [for name, each in google_cloudfunctions2_function.fleetgate : name if length(each.service_config[0].direct_vpc_network_interface) > 0] == ["verification-default"]
    error_message = "The verification alone goes into a network."
  }

  assert {
    condition     = google_cloudfunctions2_function.fleetgate["service-export"].build_config[0].entry_point == "service_export"
    error_message = "The entry point is named as the step."
  }

  assert {
    condition     = keys(google_cloud_run_v2_service_iam_member.triggers) == keys(google_cloudfunctions2_function.fleetgate)
    error_message = "The triggers may call every function."
  }

  assert {
    condition     = toset(keys(google_pubsub_topic.fleetgate)) == toset(concat(["requests", "events"], keys(google_cloudfunctions2_function.fleetgate)))
    error_message = "There is a topic a function, one for requests and one for endings."
  }

  assert {
    condition     = [for each in google_pubsub_topic_iam_member.publishers : each.topic if each.topic == "fleetgate-requests"] == ["fleetgate-requests", "fleetgate-requests"]
    error_message = "Requests come from the build and from sweeps; from nobody else before one is named."
  }

  assert {
    condition     = alltrue([for step, each in google_service_account.fleetgate : each.account_id == "fleetgate-${replace(step, "_", "-")}"])
    error_message = "An identity is named after its step."
  }

  assert {
    condition     = google_project_iam_custom_role.home["fleet"].permissions == toset(keys(yamldecode(file("roles/fleet.yaml")).home))
    error_message = "A role has the permissions of its file."
  }

  assert {
    condition     = keys(module.fleet_project) == ["shop-tools"]
    error_message = "Environments go to the home project if no other is named."
  }

  assert {
    condition     = length(google_cloudbuild_trigger.push) + length(google_monitoring_notification_channel.email) + length(google_project_iam_member.followers) + length(google_project_iam_member.log_readers) == 0
    error_message = "There is no repository, no address and no requester."
  }

  assert {
    condition     = alltrue([for each in google_cloudfunctions2_function.fleetgate : each.service_config[0].max_instance_count == 10 && each.service_config[0].available_cpu == "1"])
    error_message = "Ten instances of one processor: half of what a new project has room for."
  }

  assert {
    condition     = google_compute_subnetwork.verification["default"].ip_cidr_range == "192.168.255.192/26"
    error_message = "The default range lies outside of what a network in auto mode keeps to itself."
  }

  assert {
    condition     = google_project_iam_member.agents["eventarc"].member == "serviceAccount:service-123456789012@gcp-sa-eventarc.iam.gserviceaccount.com"
    error_message = "An agent's address has the project's number."
  }

  assert {
    condition     = alltrue([for each in google_project_iam_member.agents : length(each.condition) == 1])
    error_message = "The agents' grants are bindings apart from Google's own, which destroy leaves."
  }

  assert {
    condition     = keys(google_storage_bucket_iam_member.source) == ["build_source", "check_source"]
    error_message = "Both builds have rights in the bucket of archives."
  }

  assert {
    condition     = length(setintersection(google_project_iam_custom_role.storage["check_source"].permissions, ["storage.objects.delete", "storage.objects.update"])) == 0
    error_message = "The check replaces no archive."
  }

  assert {
    condition     = google_project_iam_custom_role.home["check"].permissions == toset(["logging.logEntries.create"])
    error_message = "The check may do nothing in the project but write its log."
  }

  assert {
    condition     = strcontains(google_project_iam_member.built["build_built"].condition[0].expression, "projects/_/buckets/gcf-v2-sources-123456789012-us-central1")
    error_message = "What functions are built from is read in that one bucket."
  }

  assert {
    condition     = length([for each in values(google_project_iam_custom_role.home)[*].permissions : each if length([for name in each : name if startswith(name, "storage.")]) > 0]) == 0
    error_message = "Nobody reads the project's other buckets, such as the one with Terraform's state."
  }

  assert {
    condition     = google_workflows_workflow.fleetgate.deletion_protection
    error_message = "The workflow is not deleted by mistake."
  }

  assert {
    condition     = jsondecode(base64decode(jsondecode(base64decode(google_cloud_scheduler_job.sweep.http_target[0].body)).messages[0].data)) == { schema = 2, mode = "scheduled", action = "sweep" }
    error_message = "The schedule asks for a sweep."
  }

  assert {
    condition     = length(google_cloud_scheduler_job.monitor) == 0
    error_message = "Nothing is monitored before somebody asks for it."
  }
}

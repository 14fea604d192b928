# One function a step, and one verification function a network. Their code is Cloud Build's; all else is here.

resource "google_storage_bucket_object" "placeholder" {
  bucket = google_storage_bucket.source.name
  name   = "placeholder.zip"
  source = "${path.module}/placeholder.zip"
}

resource "google_cloudfunctions2_function" "fleetgate" {
  for_each = local.functions

  project     = var.project_id
  location    = var.region
  name        = "fleetgate-${each.key}"
  description = "Answers the messages on fleetgate-${each.key}."

  build_config {
    runtime           = "python312"
    entry_point       = each.value.step
    docker_repository = google_artifact_registry_repository.functions.id
    service_account   = google_service_account.fleetgate["build"].id

    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.placeholder.name
      }
    }
  }

  service_config {
    # A verification may wait for a VPC's first connection, which stalls for a minute [documented].
    timeout_seconds = each.value.step == "verification" ? 120 : 60

    available_cpu    = var.function_cpu
    available_memory = var.function_memory

    max_instance_request_concurrency = 1 # a call is one sequence of requests, and keeps what it read to itself

    # A /26 has addresses for 15 instances: one takes two of them, and two more while it is replaced [documented].
    max_instance_count             = each.value.network == null ? var.function_instances : min(var.function_instances, 15)
    min_instance_count             = 0
    ingress_settings               = "ALLOW_INTERNAL_ONLY" # event triggers count as internal [documented]
    all_traffic_on_latest_revision = true
    service_account_email          = google_service_account.fleetgate[each.value.step].email
    environment_variables          = local.settings

    # Private ranges alone: the Gateway's addresses are in them, and Google's APIs need no NAT this way.
    direct_vpc_egress = each.value.network == null ? null : "VPC_EGRESS_PRIVATE_RANGES_ONLY"

    dynamic "direct_vpc_network_interface" {
      for_each = each.value.network == null ? [] : [local.egress[each.value.network]]

      content {
        network    = direct_vpc_network_interface.value.network
        subnetwork = direct_vpc_network_interface.value.subnetwork
      }
    }
  }

  event_trigger {
    trigger_region        = var.region
    event_type            = "google.cloud.pubsub.topic.v1.messagePublished"
    pubsub_topic          = google_pubsub_topic.fleetgate[each.key].id
    service_account_email = google_service_account.fleetgate["triggers"].email

    # The workflow owns retries: it knows the deadline, makes a new callback for each attempt and waits as long as is
    # sensible. Eventarc would repeat a message for a day, 10 to 600 s apart, long after the workflow gave up on it.
    retry_policy = "RETRY_POLICY_DO_NOT_RETRY"
  }

  lifecycle {
    # A change of any part of it would be sent with the whole, and deploy the placeholder again. From the first build
    # on, code, runtime and the rest of it are what cloudbuild.yaml deploys.
    ignore_changes = [build_config]
  }

  # It is built at once, as fleetgate-build, and Eventarc's agent makes its trigger.
  depends_on = [time_sleep.grants]
}

# An invoker a service, not the project's: the triggers may call nothing but these.
resource "google_cloud_run_v2_service_iam_member" "triggers" {
  for_each = google_cloudfunctions2_function.fleetgate

  project  = var.project_id
  location = var.region
  name     = each.value.name # a function and its Cloud Run service have one name
  role     = "roles/run.invoker"
  member   = google_service_account.fleetgate["triggers"].member
}

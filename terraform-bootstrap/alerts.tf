# Somebody is told when a request ends otherwise than asked, also when nobody waits for it, as after a sweep.

locals {
  channels = google_monitoring_notification_channel.email[*].id
}

resource "google_monitoring_notification_channel" "email" {
  count = var.alert_email == null ? 0 : 1

  project      = var.project_id
  display_name = "Fleetgate"
  type         = "email"
  labels       = { email_address = var.alert_email }
  force_delete = true # a policy still names it when `alert_email` is taken away: Terraform deletes before it updates

  depends_on = [time_sleep.apis]
}

# The workflow catches what it can; an execution that still fails was stopped by something that it does not know. Workflows
# writes one entry of every execution that ends [documented: logging/docs/api/platform-logs]. Unlike the metric of finished
# executions, it names the execution.
resource "google_monitoring_alert_policy" "executions" {
  project               = var.project_id
  display_name          = "Fleetgate: an execution failed"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "An execution of the workflow failed"

    condition_matched_log {
      filter = join(" AND ", [
        "resource.type=\"workflows.googleapis.com/Workflow\"",
        "resource.labels.workflow_id=\"${google_workflows_workflow.fleetgate.name}\"",
        "resource.labels.location=\"${var.region}\"",
        "log_id(\"workflows.googleapis.com/executions_system\")",
        "jsonPayload.state=\"FAILED\"",
      ])
      label_extractors = { execution = "EXTRACT(labels.\"workflows.googleapis.com/execution_id\")" }
    }
  }

  alert_strategy {
    auto_close = "86400s"
    notification_rate_limit {
      period = "300s"
    }
  }

  documentation {
    content = "`gcloud workflows executions list fleetgate --location=${var.region} --filter=state=FAILED` names it; docs/operate.md says what to do."
  }
}

# A request that is blocked or fails ends its execution in good order: its settlement says so, in one line of the log.
resource "google_monitoring_alert_policy" "endings" {
  project               = var.project_id
  display_name          = "Fleetgate: a request was not fulfilled"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A function failed, or an ending was not the one that was asked for"

    condition_matched_log {
      filter = join(" AND ", [
        "resource.type=\"cloud_run_revision\"",
        "resource.labels.service_name=~\"^fleetgate-\"",
        "(severity>=ERROR OR (severity=WARNING AND labels.mode=\"settle\"))", # the placeholder warns without a mode
      ])
      label_extractors = {
        environment = "EXTRACT(labels.environment)"
        step        = "EXTRACT(labels.step)"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
    notification_rate_limit {
      period = "900s" # a request that fails says so in more than one line
    }
  }

  documentation {
    content = "`fleetgate status <environment>` and its execution's result say why; docs/operate.md says what to do."
  }

  depends_on = [time_sleep.apis]
}

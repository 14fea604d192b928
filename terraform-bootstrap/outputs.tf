output "project_id" {
  description = "The home project: FLEETGATE_PROJECT for the command line."
  value       = var.project_id
}

output "region" {
  description = "The home region: FLEETGATE_REGION for the command line."
  value       = var.region
}

output "requests_topic" {
  description = "Where requests are published."
  value       = google_pubsub_topic.fleetgate["requests"].id
}

output "events_topic" {
  description = "Where every ending is published, for whoever wants to know."
  value       = google_pubsub_topic.fleetgate["events"].id
}

output "workflow" {
  description = "The workflow, which Cloud Build deploys to."
  value       = google_workflows_workflow.fleetgate.id
}

output "functions" {
  description = "The functions, by name: the step whose archive each runs."
  value       = { for name, each in local.functions : "fleetgate-${name}" => each.step }
}

output "source_bucket" {
  description = "Where Cloud Build puts the functions' archives."
  value       = google_storage_bucket.source.name
}

output "service_accounts" {
  description = "The identities, by step."
  value       = { for step, account in google_service_account.fleetgate : step => account.email }
}

output "node_service_accounts" {
  description = "The identity for the nodes of clusters, by fleet project: nodeServiceAccount in a spec."
  value       = { for project, each in module.fleet_project : project => each.node_service_account }
}

output "node_service_account" {
  description = "The identity for the nodes of clusters: nodeServiceAccount in a spec."
  value       = google_service_account.nodes.email

  depends_on = [google_project_iam_member.nodes]
}

output "node_service_accounts" {
  description = "Accounts of your own that nodes may run as, too."
  value       = sort([for each in google_service_account_iam_member.other_nodes : reverse(split("/", each.service_account_id))[0]])
}

output "project_id" {
  description = "The project, once everything in it is granted."
  value       = var.project_id

  depends_on = [
    google_project_iam_member.agents,
    google_project_iam_member.fleet,
    google_project_iam_member.limited,
    google_service_account_iam_member.nodes,
  ]
}

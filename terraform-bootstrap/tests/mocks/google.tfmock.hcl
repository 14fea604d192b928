# What the provider would say of things that are there. It holds an account's name and a member to their forms.

mock_data "google_projects" {
  defaults = {
    projects = [
      { project_id = "shop-tools", number = "123456789012" },
      { project_id = "shop-prod", number = "123456789013" },
      { project_id = "shop-stage", number = "123456789014" },
    ]
  }
}

mock_resource "google_service_account" {
  defaults = {
    id     = "projects/shop-tools/serviceAccounts/fleetgate-account@shop-tools.iam.gserviceaccount.com"
    name   = "projects/shop-tools/serviceAccounts/fleetgate-account@shop-tools.iam.gserviceaccount.com"
    email  = "fleetgate-account@shop-tools.iam.gserviceaccount.com"
    member = "serviceAccount:fleetgate-account@shop-tools.iam.gserviceaccount.com"
  }
}

mock_resource "google_project_iam_custom_role" {
  defaults = { name = "projects/shop-tools/roles/fleetgate_role" }
}

mock_resource "google_pubsub_topic" {
  defaults = { id = "projects/shop-tools/topics/fleetgate-topic" }
}

mock_resource "google_workflows_workflow" {
  defaults = { id = "projects/shop-tools/locations/us-central1/workflows/fleetgate" }
}

# Whatever the variables say: `terraform test -test-directory=tests/examples -var-file=examples/one-project.tfvars`.

mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "google-beta" {}

mock_provider "time" {}

run "an_example" {
  assert {
    condition     = length(google_cloudfunctions2_function.fleetgate) == 6 + length(var.verification_networks)
    error_message = "There is one function a step, and one a network."
  }

  assert {
    condition     = toset(keys(module.fleet_project)) == local.fleet_projects
    error_message = "Every fleet project is made ready."
  }

  assert {
    condition     = alltrue([for name, each in var.verification_networks : (each.subnetwork == null) == contains(keys(google_compute_subnetwork.verification), name)])
    error_message = "A subnetwork is made where none is given."
  }
}

# What a variable does not accept is refused before anything is made.

mock_provider "google" {}

mock_provider "google-beta" {}

variables {
  project_id = "shop-tools"
}

run "a_project_number" {
  command         = plan
  expect_failures = [var.project_id]
  variables {
    project_id = "123456789012"
  }
}

run "a_zone" {
  command         = plan
  expect_failures = [var.region]
  variables {
    region = "us-central1-a"
  }
}

run "a_fleet_project_by_its_full_name" {
  command         = plan
  expect_failures = [var.fleet_projects]
  variables {
    fleet_projects = ["projects/shop-prod"]
  }
}

run "a_name_that_no_topic_can_have" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { "Shared VPC" = { network = "default" } }
  }
}

run "a_network_by_its_url" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { shared = { network = "https://compute.googleapis.com/networks/shared" } }
  }
}

run "a_subnetwork_in_another_region" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { shared = { network = "shared", subnetwork = "projects/shop-net/regions/us-west1/subnetworks/tools" } }
  }
}

run "a_range_that_is_too_small" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { shared = { network = "shared", ip_cidr_range = "10.1.0.0/28" } }
  }
}

run "an_account_that_is_none" {
  command         = plan
  expect_failures = [var.node_service_accounts]
  variables {
    node_service_accounts = ["default"]
  }
}

run "everybody" {
  command         = plan
  expect_failures = [var.requesters]
  variables {
    requesters = ["allUsers"]
  }
}

run "a_repository_by_its_address" {
  command         = plan
  expect_failures = [var.repository]
  variables {
    repository = { name = "https://github.com/example/environments" }
  }
}

run "an_address_that_is_none" {
  command         = plan
  expect_failures = [var.alert_email]
  variables {
    alert_email = "platform"
  }
}

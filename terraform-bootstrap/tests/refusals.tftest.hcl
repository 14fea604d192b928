# What a variable does not accept is refused before anything is made.

mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "google-beta" {}

mock_provider "time" {}

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

run "an_interval_that_is_no_schedule" {
  command         = plan
  expect_failures = [var.monitor_schedule]
  variables {
    monitor_schedule = "30m"
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

run "a_range_with_host_bits" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { shared = { network = "shared", ip_cidr_range = "10.1.0.1/26" } }
  }
}

run "a_range_that_is_none" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { shared = { network = "shared", ip_cidr_range = "10.1.0.0" } }
  }
}

run "a_range_of_an_auto_mode_network_s_own" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { default = { network = "default", ip_cidr_range = "10.254.255.0/26" } }
  }
}

run "a_range_that_holds_an_auto_mode_network_s_own" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { mine = { network = "mine", auto_mode = true, ip_cidr_range = "10.0.0.0/8" } }
  }
}

run "that_range_in_a_custom_mode_network" {
  command = plan
  variables {
    verification_networks = {
      default = { network = "default", auto_mode = false, ip_cidr_range = "10.254.255.0/26" }
      mine    = { network = "mine", ip_cidr_range = "10.254.255.64/26" }
      given   = { network = "projects/shop-net/global/networks/default", subnetwork = "projects/shop-net/regions/us-central1/subnetworks/tools", ip_cidr_range = "10.254.255.0/26" }
    }
  }
}

run "one_network_under_two_names" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { one = { network = "default" }, two = { network = "projects/shop-tools/global/networks/default" } }
  }
}

run "a_name_that_ends_at_62" {
  command = plan
  variables {
    verification_networks = { a23456789-123456789-123456789-12345678 = { network = "default" } }
  }
}

run "a_name_that_makes_a_function_s_too_long" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { a23456789-123456789-123456789-123456789 = { network = "default" } }
  }
}

run "fleet_projects_without_a_network" {
  command         = plan
  expect_failures = [check.verification]
  variables {
    fleet_projects = ["shop-prod"]
  }
}

run "an_account_that_is_none" {
  command         = plan
  expect_failures = [var.node_service_accounts]
  variables {
    node_service_accounts = ["default"]
  }
}

run "an_account_of_a_foreign_project" {
  command         = plan
  expect_failures = [var.node_service_accounts]
  variables {
    node_service_accounts = ["gke-nodes@shop-prod.iam.gserviceaccount.com"]
  }
}

run "an_account_with_a_short_name" {
  command         = plan
  expect_failures = [var.node_service_accounts]
  variables {
    node_service_accounts = ["nodes@shop-tools.iam.gserviceaccount.com"]
  }
}

run "an_account_with_a_long_name" {
  command         = plan
  expect_failures = [var.node_service_accounts]
  variables {
    node_service_accounts = ["nodes-of-the-clusters-of-the-shop@shop-tools.iam.gserviceaccount.com"]
  }
}

run "a_pattern_of_branches" {
  command         = plan
  expect_failures = [var.repository]
  variables {
    repository = { name = "projects/shop-tools/locations/us-central1/connections/github/repositories/environments", branch = "release/.*" }
  }
}

run "no_instance" {
  command         = plan
  expect_failures = [var.function_instances]
  variables {
    function_instances = 0
  }
}

run "half_a_megabyte" {
  command         = plan
  expect_failures = [var.function_memory]
  variables {
    function_memory = "512"
  }
}

run "a_processor_that_is_none" {
  command         = plan
  expect_failures = [var.function_cpu]
  variables {
    function_cpu = "one"
  }
}

run "an_image_of_no_version" {
  command         = plan
  expect_failures = [var.builders]
  variables {
    builders = { python = "python" }
  }
}

run "a_wait_without_a_unit" {
  command         = plan
  expect_failures = [var.waits]
  variables {
    waits = { grants = "120" }
  }
}

run "a_project_that_is_not_there" {
  command         = plan
  expect_failures = [data.google_projects.home]
  variables {
    project_id            = "shop-toys"
    fleet_projects        = ["shop-tools"]
    verification_networks = { shop = { network = "projects/shop-tools/global/networks/default", subnetwork = "projects/shop-tools/regions/us-central1/subnetworks/default" } }
  }
}

run "a_second_installation" {
  command         = plan
  expect_failures = [terraform_data.installation]

  override_data {
    target = data.google_compute_networks.home
    values = { networks = ["default", "fleetgate"] }
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

run "a_network_by_its_project_s_number" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { one = { network = "default" }, two = { network = "projects/123456789012/global/networks/default" } }
  }
}

run "a_subnetwork_by_its_project_s_number" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { shared = { network = "shared", subnetwork = "projects/123456789012/regions/us-central1/subnetworks/tools" } }
  }
}

run "a_range_of_no_network" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { shared = { network = "shared", ip_cidr_range = "127.0.0.0/26" } }
  }
}

run "a_range_that_is_everything" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { shared = { network = "shared", ip_cidr_range = "0.0.0.0/0" } }
  }
}

run "a_range_of_ipv6" {
  command         = plan
  expect_failures = [var.verification_networks]
  variables {
    verification_networks = { shared = { network = "shared", ip_cidr_range = "fd00::/26" } }
  }
}

run "three_processors" {
  command         = plan
  expect_failures = [var.function_cpu]
  variables {
    function_cpu = "3"
  }
}

run "a_hundredth_of_a_processor" {
  command         = plan
  expect_failures = [var.function_cpu]
  variables {
    function_cpu = "0.01"
  }
}

run "a_member_without_an_address" {
  command         = plan
  expect_failures = [var.requesters]
  variables {
    requesters = ["group: "]
  }
}

run "null_which_is_what_was_not_said" {
  command = plan
  variables {
    region                = null
    fleet_projects        = null
    node_service_accounts = null
    verification_networks = null
    function_instances    = null
    function_cpu          = null
    function_memory       = null
    requesters            = null
    repository            = null
    alert_email           = null
    builders              = null
    waits                 = null
    deletion_protection   = null
  }
}

run "an_installation" {
}

run "its_region_is_another" {
  command         = plan
  expect_failures = [terraform_data.home]
  variables {
    region = "europe-west1"
  }
}

# Fleetgate in a project of its own, environments in two others. A function reaches no network of another project that is
# no Shared VPC; here the network `tools` of the home project is peered with `default` of both.

project_id     = "shop-tools"
fleet_projects = ["shop-prod", "shop-stage"]
requesters     = ["group:platform@example.com"]

node_service_accounts = ["shop-nodes@shop-prod.iam.gserviceaccount.com"]

verification_networks = {
  prod = {
    network    = "projects/shop-prod/global/networks/default"
    subnetwork = "projects/shop-tools/regions/us-central1/subnetworks/tools"
  }
  stage = {
    network    = "projects/shop-stage/global/networks/default"
    subnetwork = "projects/shop-tools/regions/us-central1/subnetworks/tools"
  }
}

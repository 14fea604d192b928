# Environments in a Shared VPC: the network is the host project's, and both the home project and the fleet project are
# attached to it. Beside it a network of the home project's own, in custom mode, in which a subnetwork is made.

project_id     = "shop-tools"
region         = "europe-west1"
fleet_projects = ["shop-prod", "shop-tools"]

verification_networks = {
  shared = {
    network    = "projects/shop-net/global/networks/shared"
    subnetwork = "projects/shop-net/regions/europe-west1/subnetworks/tools"
  }
  own = {
    network       = "platform"
    ip_cidr_range = "10.200.0.0/26"
    auto_mode     = false
  }
}

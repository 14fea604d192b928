# The way into each network that traffic is verified in.
#
# A function reaches a network of its own project, or of the Shared VPC that its project is attached to [documented].
# For any other network, give a `subnetwork` of a network that is peered with it: the Gateway's addresses are reached
# from there too, as their load balancer has global access [documented].

locals {
  made = { for name, each in var.verification_networks : name => each if each.subnetwork == null }

  egress = {
    for name, each in var.verification_networks : name => {
      network    = each.subnetwork == null ? local.networks[name] : null # a subnetwork given tells its network
      subnetwork = each.subnetwork == null ? google_compute_subnetwork.verification[name].id : each.subnetwork
    }
  }
}

# Fleetgate deletes subnets that bear an environment's mark; this one bears none.
resource "google_compute_subnetwork" "verification" {
  #checkov:skip=CKV_GCP_26:Every request of the verification is in its report; a flow log would say less for money.
  #checkov:skip=CKV_GCP_76:It has no IPv6 addresses at all.
  for_each = local.made

  project                  = split("/", local.networks[each.key])[1]
  region                   = var.region
  network                  = local.networks[each.key]
  name                     = "fleetgate-verification-${each.key}"
  description              = "Where fleetgate-verification-${each.key} sends its requests from."
  ip_cidr_range            = each.value.ip_cidr_range
  private_ip_google_access = true

  depends_on = [time_sleep.apis]
}

check "verification" {
  assert {
    condition     = anytrue([for network in local.networks : contains(local.fleet_projects, split("/", network)[1]) || split("/", network)[1] != var.project_id])
    error_message = "verification_networks: none of these networks can be one of ${join(", ", local.fleet_projects)}. Environments there would be refused with NO_VERIFIER: add the network that they are in."
  }
}

# Where the anchors are reserved: no machine is ever in it, and no environment can take it away.

resource "google_compute_network" "anchors" {
  #checkov:skip=CKV2_GCP_18:Nothing runs in this network, so there is no traffic for a firewall to let in or keep out.
  project                         = var.project_id
  name                            = "fleetgate"
  description                     = "Holds Fleetgate's anchors, one reserved address an environment. Nothing runs in it."
  auto_create_subnetworks         = false
  delete_default_routes_on_create = true

  depends_on = [time_sleep.apis]
}

resource "google_compute_subnetwork" "anchors" {
  #checkov:skip=CKV_GCP_26:Nothing runs in this subnetwork, so there are no flows to log.
  #checkov:skip=CKV_GCP_76:It has no IPv6 addresses at all.
  project                  = var.project_id
  region                   = var.region
  network                  = google_compute_network.anchors.id
  name                     = "fleetgate-anchors"
  description              = "Room for 252 environments."
  ip_cidr_range            = "10.255.0.0/24"
  private_ip_google_access = true
}

# Fleetgate and its environments in one project, in its network `default`.

project_id  = "shop-tools"
requesters  = ["group:platform@example.com"]
alert_email = "platform@example.com"

repository = {
  name = "projects/shop-tools/locations/us-central1/connections/github/repositories/platform"
}

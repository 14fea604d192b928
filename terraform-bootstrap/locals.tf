# What is derived from the variables and the role files alone, so that it can be looked at without a provider.

locals {
  # The identity fleetgate-<step> may do what roles/<step>.yaml says, and nothing else.
  roles = {
    for file in fileset("${path.module}/roles", "*.yaml") :
    trimsuffix(file, ".yaml") => yamldecode(file("${path.module}/roles/${file}"))
  }

  accounts = { for step in keys(local.roles) : step => "fleetgate-${replace(step, "_", "-")}" }

  steps = ["environment", "clusters", "fleet", "subnets", "service_export", "gateway"]

  fleet_projects = length(var.fleet_projects) > 0 ? var.fleet_projects : toset([var.project_id])

  # Without the part "fleetgate-", like the names of topics below.
  functions = merge(
    { for step in local.steps : replace(step, "_", "-") => { step = step, network = null } },
    { for name in local.verifications : "verification-${name}" => { step = "verification", network = name } },
  )

  verifications = keys(var.verification_networks)

  topics = toset(concat(["requests", "events"], keys(local.functions)))

  publishers = merge(flatten([
    for step, role in local.roles : [
      for topic in try(role.topics, []) : [
        for name in topic == "verification" ? formatlist("verification-%s", local.verifications) : tolist([topic]) :
        { "${step}/${name}" = { step = step, topic = name } }
      ]
    ]
  ])...)

  # What a role file grants on buckets: of the source bucket, and of those that Google keeps the functions' sources in.
  storage = merge([
    for step, role in local.roles : merge(
      can(role.source) ? { "${step}_source" = { step = step, bucket = "source", permissions = keys(role.source) } } : {},
      can(role.built) ? { "${step}_built" = { step = step, bucket = "built", permissions = keys(role.built) } } : {},
    )
  ]...)

  # The nodes' account is apart: there is one in each fleet project.
  actors = merge(flatten([
    for step, role in local.roles : [
      for account in try(role.actAs, []) :
      { "${step}/${account}" = { step = step, account = replace(account, "-", "_") } } if account != "nodes"
    ]
  ])...)

  networks = {
    for name, each in var.verification_networks : name => startswith(each.network, "projects/")
    ? each.network : "projects/${var.project_id}/global/networks/${each.network}"
  }

  # What shared/settings.py reads. The names are put together, not asked for: every function knows all of them, and a
  # function that waited for the workflow could not be made side by side with it.
  settings = {
    FLEETGATE_PROJECT           = var.project_id
    FLEETGATE_REGION            = var.region
    FLEETGATE_ANCHOR_SUBNETWORK = "projects/${var.project_id}/regions/${var.region}/subnetworks/fleetgate-anchors"
    FLEETGATE_WORKFLOW          = "projects/${var.project_id}/locations/${var.region}/workflows/fleetgate"
    FLEETGATE_EVENTS_TOPIC      = "projects/${var.project_id}/topics/fleetgate-events"
    FLEETGATE_VERIFICATION_NETWORKS = jsonencode({
      for name, network in local.networks : network => "projects/${var.project_id}/topics/fleetgate-verification-${name}"
    })
  }
}

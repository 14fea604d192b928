# What is derived from the variables and the role files alone, so that it can be looked at without a provider.

locals {
  roles = {
    for file in fileset("${path.module}/../../roles", "*.yaml") :
    trimsuffix(file, ".yaml") => yamldecode(file("${path.module}/../../roles/${file}"))
  }

  members = {
    for step in keys(local.roles) :
    step => "serviceAccount:fleetgate-${replace(step, "_", "-")}@${var.home_project_id}.iam.gserviceaccount.com"
  }

  plain   = { for step, role in local.roles : step => keys(role.fleet) if can(role.fleet) }
  limited = { for step, role in local.roles : step => role.limited if can(role.limited) }
  actors  = toset([for step, role in local.roles : step if contains(try(role.actAs, []), "nodes")])

  nodes = merge([
    for step in local.actors : {
      for email in var.node_service_accounts : "${step}/${email}" => { step = step, email = email }
    }
  ]...)
}

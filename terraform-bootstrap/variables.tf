variable "project_id" {
  description = "The project that Fleetgate itself lives in: its home."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "region" {
  description = "The home region: of functions, workflow and anchors. Environments may be in any region."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "This must be a region such as us-central1, not a zone."
  }
}

variable "fleet_projects" {
  description = "The projects that environments go to. None named: the home project. The home project must be named if others are and it is one too."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.fleet_projects : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", id))])
    error_message = "Each must be a project's id (not its number)."
  }
}

variable "node_service_accounts" {
  description = "Accounts of your own for the nodes of clusters, by e-mail address, besides the fleetgate-nodes that each fleet project gets. Each is in one of the fleet projects."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.node_service_accounts : can(regex("^[^@ ]+@[a-z0-9-]+\\.iam\\.gserviceaccount\\.com$", email))])
    error_message = "Each is NAME@PROJECT.iam.gserviceaccount.com."
  }
}

variable "verification_networks" {
  description = "The networks that traffic is verified in, by a short name: each has a function of its own, `fleetgate-verification-<name>`. `network` is a name in the home project or projects/P/global/networks/N. The function goes out by `subnetwork` (projects/P/regions/R/subnetworks/S, in the home region); where none is given one is made, of `ip_cidr_range`, a /26 or larger that nothing else uses."
  type = map(object({
    network       = string
    subnetwork    = optional(string)
    ip_cidr_range = optional(string, "10.254.255.0/26")
  }))
  default = { default = { network = "default" } }

  validation {
    condition     = alltrue([for name in keys(var.verification_networks) : can(regex("^[a-z]([a-z0-9-]{0,36}[a-z0-9])?$", name))])
    error_message = "A name has at most 38 lower-case letters, digits and hyphens: it ends the names of a topic and a function."
  }

  validation {
    condition = alltrue([
      for each in var.verification_networks :
      can(regex("^(projects/[^/]+/global/networks/)?[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", each.network))
    ])
    error_message = "A network is a name or projects/PROJECT/global/networks/NAME."
  }

  validation {
    condition = alltrue([
      for each in var.verification_networks :
      each.subnetwork == null ? true : can(regex("^projects/[^/]+/regions/${var.region}/subnetworks/[^/]+$", each.subnetwork))
    ])
    error_message = "A subnetwork is projects/PROJECT/regions/REGION/subnetworks/NAME, in the home region."
  }

  validation {
    condition = alltrue([
      for each in var.verification_networks :
      can(cidrnetmask(each.ip_cidr_range)) && try(tonumber(split("/", each.ip_cidr_range)[1]) <= 26, false)
    ])
    error_message = "An ip_cidr_range is of IPv4 and a /26 or larger: each instance of the function takes addresses from it."
  }
}

variable "requesters" {
  description = "Who may publish requests and follow them, as IAM members: group:platform@example.com."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.requesters : can(regex("^(user|group|serviceAccount|principal|principalSet|domain):.+", member))])
    error_message = "Each must be an IAM member such as group:platform@example.com; allUsers is not accepted."
  }
}

variable "repository" {
  description = "The Git repository that Cloud Build deploys from, by the name of its connection: projects/P/locations/R/connections/C/repositories/N. Without one nothing is deployed by a push."
  type = object({
    name   = string
    branch = optional(string, "main")
  })
  default = null

  validation {
    condition     = var.repository == null ? true : can(regex("^projects/[^/]+/locations/${var.region}/connections/[^/]+/repositories/[^/]+$", var.repository.name))
    error_message = "A repository is projects/P/locations/REGION/connections/C/repositories/N, connected in the home region."
  }
}

variable "alert_email" {
  description = "Who is told of failed requests. Without one the alerts are raised but sent to nobody."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null ? true : can(regex("^[^@ ]+@[^@ ]+$", var.alert_email))
    error_message = "This must be an e-mail address."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the workflow: its executions would end where they are, and leave their environments half done."
  type        = bool
  default     = true
}

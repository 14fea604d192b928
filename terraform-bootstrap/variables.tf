variable "project_id" {
  description = "The project that Fleetgate itself lives in: its home."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id: a project's id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter. Write the id, not the number or the name."
  }
}

variable "region" {
  description = "The home region: of functions, workflow and anchors. Environments may be in any region."
  type        = string
  default     = "us-central1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region: this is a region such as us-central1, not a zone. Write the region."
  }
}

variable "fleet_projects" {
  description = "The projects that environments go to. None named: the home project. The home project must be named if others are and it is one too."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.fleet_projects : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", id))])
    error_message = "fleet_projects: each is a project's id of 6 to 30 lower-case letters, digits and hyphens. Write the id, not the number or projects/ID."
  }
}

variable "node_service_accounts" {
  description = "Accounts of your own for the nodes of clusters, by e-mail address, besides the fleetgate-nodes that each fleet project gets. Each is in one of the fleet projects."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.node_service_accounts : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9-]+\\.iam\\.gserviceaccount\\.com$", email))])
    error_message = "node_service_accounts: each is NAME@PROJECT.iam.gserviceaccount.com with a NAME of 6 to 30 lower-case letters, digits and hyphens. Correct the address."
  }

  validation {
    condition = alltrue([
      for email in var.node_service_accounts :
      contains(local.fleet_projects, trimsuffix(element(split("@", email), 1), ".iam.gserviceaccount.com"))
    ])
    error_message = "node_service_accounts: an account is of a project that is none of the fleet projects (${join(", ", local.fleet_projects)}). Name that project in fleet_projects, or use an account of one of these."
  }
}

variable "verification_networks" {
  description = "The networks that traffic is verified in, by a short name: each has a function of its own, `fleetgate-verification-<name>`. `network` is a name in the home project or projects/P/global/networks/N. The function goes out by `subnetwork` (projects/P/regions/R/subnetworks/S, in the home region); where none is given one is made, of `ip_cidr_range`, a /26 or larger that nothing else uses. An `auto_mode` network keeps 10.128.0.0/9 to itself; unless told, the one that is called `default` is such a network."
  type = map(object({
    network       = string
    subnetwork    = optional(string)
    ip_cidr_range = optional(string, "192.168.255.192/26") # Fleetgate takes its own from 192.168.0.0/16 last, and from the other end
    auto_mode     = optional(bool)
  }))
  default  = { default = { network = "default" } }
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.verification_networks) : can(regex("^[a-z]([a-z0-9-]{0,36}[a-z0-9])?$", name))])
    error_message = "verification_networks: a name has at most 38 lower-case letters, digits and hyphens, for the name of a function, `fleetgate-verification-<name>`, ends at 62 [reported]. Choose a shorter one."
  }

  validation {
    condition = alltrue([
      for each in var.verification_networks :
      can(regex("^(projects/([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]/global/networks/)?[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", each.network))
    ])
    error_message = "verification_networks: a network is a name or projects/PROJECT/global/networks/NAME, with the project's id and not its number. Write it in one of these forms."
  }

  validation {
    condition = length(var.verification_networks) == length(distinct([
      for each in var.verification_networks :
      startswith(each.network, "projects/") ? each.network : "projects/${var.project_id}/global/networks/${each.network}"
    ]))
    error_message = "verification_networks: one network has two names (${join(", ", [for name, each in var.verification_networks : "${name} is ${each.network}"])}). Leave one of them out: a network has one verification function."
  }

  validation {
    condition = alltrue([
      for each in var.verification_networks :
      each.subnetwork == null ? true : can(regex("^projects/([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]/regions/${var.region}/subnetworks/[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", each.subnetwork))
    ])
    error_message = "verification_networks: a subnetwork is projects/PROJECT/regions/${var.region}/subnetworks/NAME, in the home region, with the project's id and not its number. Use one of that region."
  }

  validation {
    condition = alltrue([
      for each in var.verification_networks :
      can(cidrnetmask(each.ip_cidr_range)) && try(cidrsubnet(each.ip_cidr_range, 0, 0) == each.ip_cidr_range, false)
    ])
    error_message = "verification_networks: an ip_cidr_range is of IPv4 and begins at its first address, such as 192.168.255.192/26. Correct the address or the prefix."
  }

  validation {
    condition     = alltrue([for each in var.verification_networks : try(tonumber(split("/", each.ip_cidr_range)[1]) <= 26, true)])
    error_message = "verification_networks: an ip_cidr_range is a /26 or larger: each instance of the function takes addresses from it. Use a larger range."
  }

  validation {
    condition = alltrue(flatten([
      for each in var.verification_networks : [
        for prohibited in ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"] : try(
          cidrhost("${split("/", each.ip_cidr_range)[0]}/${min(split("/", prohibited)[1], split("/", each.ip_cidr_range)[1])}", 0)
          != cidrhost("${split("/", prohibited)[0]}/${min(split("/", prohibited)[1], split("/", each.ip_cidr_range)[1])}", 0),
          true
        )
      ]
    ]))
    error_message = "verification_networks: an ip_cidr_range is one that no network may have: it holds addresses of 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 or 224.0.0.0/4 [documented: vpc/docs/subnets]. Use a private range, such as 192.168.255.192/26."
  }

  # Two ranges overlap where the larger one's prefix is the same in both.
  validation {
    condition = alltrue([
      for each in var.verification_networks : try(
        each.subnetwork != null
        || !coalesce(each.auto_mode, reverse(split("/", each.network))[0] == "default")
        || cidrhost("${split("/", each.ip_cidr_range)[0]}/${min(9, tonumber(split("/", each.ip_cidr_range)[1]))}", 0)
        != cidrhost("10.128.0.0/${min(9, tonumber(split("/", each.ip_cidr_range)[1]))}", 0),
        true
      )
    ])
    error_message = "verification_networks: an ip_cidr_range is in 10.128.0.0/9, which a network in auto mode keeps for its own subnetworks. Use another range, or say auto_mode = false if the network is in custom mode."
  }
}

variable "function_instances" {
  description = "How many instances each function may have at most; a verification function at most 15. An instance serves one message at a time, and an execution asks one step at a time, so this many environments can be at one step in the same second. A message that finds no instance is sent again by the workflow."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.function_instances >= 1 && var.function_instances <= 1000 && floor(var.function_instances) == var.function_instances
    error_message = "function_instances: this is a whole number from 1 to 1000. Use one that the project's quota of processors and memory for Cloud Run has room for."
  }
}

variable "function_cpu" {
  description = "The processors of an instance. With a whole one the libraries of a cold start are imported in seconds, not in half a minute."
  type        = string
  default     = "1"
  nullable    = false

  validation {
    condition     = can(regex("^(0\\.(0[89]|[1-9])[0-9]{0,2}|1|2|4|6|8)$", var.function_cpu))
    error_message = "function_cpu: this is a number of processors, from 0.08 to 0.999, or 1, 2, 4, 6 or 8 [documented: run/docs/configuring/services/cpu]. Use one of these."
  }
}

variable "function_memory" {
  description = "The memory of an instance."
  type        = string
  default     = "512Mi"
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]*[MG]i?$", var.function_memory))
    error_message = "function_memory: this is a quantity such as 512Mi or 1Gi. Correct it."
  }
}

variable "requesters" {
  description = "Who may publish requests, follow them and read the home project's logs, as IAM members: group:platform@example.com."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.requesters : can(regex("^((user|group|serviceAccount):[^@\\s]+@[^@\\s]+|domain:[^@\\s]+|principal(Set)?://\\S+)$", member))])
    error_message = "requesters: each is an IAM member such as group:platform@example.com. Write the kind before the address; allUsers is not accepted."
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
    error_message = "repository: name is projects/P/locations/${var.region}/connections/C/repositories/N. Connect it in the home region."
  }

  validation {
    condition     = var.repository == null ? true : can(regex("^[A-Za-z0-9]([A-Za-z0-9._/+-]*[A-Za-z0-9_+-])?$", var.repository.branch))
    error_message = "repository: branch is the name of a branch, such as main or release/1.0, and no pattern. Write its name."
  }
}

variable "alert_email" {
  description = "Who is told of failed requests. Without one the alerts are raised but sent to nobody."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+$", var.alert_email))
    error_message = "alert_email: this is an e-mail address such as platform@example.com. Correct it."
  }
}

variable "monitor_schedule" {
  description = "When what serves is proven again, as a cron expression in UTC, such as */30 * * * *. An event on the topic fleetgate-events tells what no longer serves, and what does again. Without one nobody looks by themselves."
  type        = string
  default     = null

  validation {
    condition     = var.monitor_schedule == null ? true : can(regex("^\\S+( \\S+){4}$", var.monitor_schedule))
    error_message = "monitor_schedule: a cron expression has five fields, such as */30 * * * *. Write these five."
  }
}

variable "builders" {
  description = "The images that the builds' steps run in: one with Python and make, one with gcloud. A digest pins one for good; docs/deploy.md has the command that finds it."
  type = object({
    python = optional(string, "python:3.12.11-bookworm")
    gcloud = optional(string, "gcr.io/google.com/cloudsdktool/google-cloud-cli:528.0.0-slim")
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for image in values(var.builders) : can(regex("^[a-z0-9][a-z0-9./_-]*(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$", image))])
    error_message = "builders: an image has a tag or a digest, such as python:3.12.11-bookworm or python@sha256:…. Add one."
  }
}

variable "waits" {
  description = "How long to wait until every service of Google's knows an API that was just enabled, or a grant that was just made."
  type = object({
    apis   = optional(string, "60s")
    grants = optional(string, "120s")
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for each in values(var.waits) : can(regex("^[0-9]+(ms|s|m)$", each))])
    error_message = "waits: each is a time such as 90s or 2m. Correct it."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the workflow: its executions would end where they are, and leave their environments half done."
  type        = bool
  default     = true
  nullable    = false
}

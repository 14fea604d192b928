variable "project_id" {
  description = "The project that environments go to, by its id."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id: a project's id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter. Write the id, not the number or the name."
  }
}

variable "home_project_id" {
  description = "The project that Fleetgate lives in; its identities must be there already."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.home_project_id))
    error_message = "home_project_id: a project's id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter. Write the id, not the number or the name."
  }
}

variable "node_service_accounts" {
  description = "Accounts of your own for the nodes of clusters, by e-mail address, besides fleetgate-nodes; of this project."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.node_service_accounts : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]@${var.project_id}\\.iam\\.gserviceaccount\\.com$", email))])
    error_message = "node_service_accounts: each is NAME@${var.project_id}.iam.gserviceaccount.com with a NAME of 6 to 30 characters. Use accounts of this project."
  }
}

variable "waits" {
  description = "How long to wait until every service of Google's knows an API that was just enabled. The bootstrap's `grants` is not used here."
  type = object({
    apis   = optional(string, "60s")
    grants = optional(string)
  })
  default  = {}
  nullable = false
}

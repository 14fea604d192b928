variable "project_id" {
  description = "The project that environments go to, by its id."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "home_project_id" {
  description = "The project that Fleetgate lives in; its identities must be there already."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.home_project_id))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "node_service_accounts" {
  description = "Accounts of your own for the nodes of clusters, by e-mail address, besides fleetgate-nodes; of this project."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.node_service_accounts : can(regex("^[^@ ]+@${var.project_id}\\.iam\\.gserviceaccount\\.com$", email))])
    error_message = "Each is NAME@PROJECT.iam.gserviceaccount.com, of this project."
  }
}

terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.45, < 8"
    }
    google-beta = {
      source  = "hashicorp/google-beta"
      version = ">= 7.45, < 8"
    }
    time = { # what Google needs time for
      source  = "hashicorp/time"
      version = ">= 0.13, < 1"
    }
  }
}

terraform {
  required_version = ">= 1.9" # validations that name other variables

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.45, < 8"
    }
    google-beta = { # service identities alone
      source  = "hashicorp/google-beta"
      version = ">= 7.45, < 8"
    }
    time = { # what Google needs time for
      source  = "hashicorp/time"
      version = ">= 0.13, < 1"
    }
  }

  # The bucket is named by `terraform init -backend-config=bucket=…`: a backend cannot read variables.
  backend "gcs" {
    prefix = "fleetgate"
  }
}

provider "google" {
  project        = var.project_id
  region         = var.region
  default_labels = { app = "fleetgate" }
}

provider "google-beta" {
  project = var.project_id
  region  = var.region
}

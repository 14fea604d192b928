"""The bootstrap's Terraform, held to the provider's schema, to the rest of Fleetgate, and to what it says of itself."""

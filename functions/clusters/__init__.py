"""GKE clusters, side by side."""

"""Fleetgate on a local cloud: installation, run and report."""

"""Fleetgate on a local cloud: install it there, run it, and say what came of it."""

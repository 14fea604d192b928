"""Fleetgate's client: publishes requests, and reads executions and anchors, by the same APIs as anybody."""

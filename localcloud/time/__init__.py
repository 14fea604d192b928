"""Simulated time: the clock, how long the platform takes, the work that takes it, and who moves the clock."""

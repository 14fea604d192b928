"""Faults to order: what a call meets on its way in, and what an operation ends with."""

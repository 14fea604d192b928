"""The gateway step's function."""
